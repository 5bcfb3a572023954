"""Checks what a universe's rules name: classes of devices, terminals, kinds of defects, and nothing twice."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from faultsim import library
from faultsim.circuits.device import DeviceClass, device_classes, load_device
from faultsim.circuits.element import MORE_TERMINALS, TERMINALS
from faultsim.circuits.hierarchy import Hierarchy
from faultsim.errors import SpecError, did_you_mean
from faultsim.fault_models.definition import ConnectionEdit, DeviceEdit, load
from faultsim.fault_models.rules import UniverseSpec
from faultsim.specfile import check_table, read_table


class _Wrong(NamedTuple):
    """What is wrong with one value of a file."""

    keys: tuple[int | str, ...]
    value: object
    message: str


@dataclass
class RuleCheck:
    """Checks what a universe's rules name, one file after the other.

    Attributes:
        classes: Class of devices -> the terminals of each kind of device that has it.
        complete: There are no other classes.
        ruled: What is listed by a rule -> the file that the rule stands in.
    """

    classes: Mapping[str, set[tuple[str, ...]]]
    complete: bool
    ruled: dict[Hashable, str] = field(default_factory=dict)

    def file(self, path: Path, table: dict[str, Any]) -> None:
        """Check one file.

        Raises:
            SpecError: Everything that is wrong with it.
        """
        spec = check_table(table, UniverseSpec, path)
        wrong = [check for find in self._finders for check in find(spec, path)]
        if wrong:
            _refuse(path, table, wrong)

    @property
    def _finders(self) -> tuple[Callable[[UniverseSpec, Path], Iterator[_Wrong]], ...]:
        return (self._opens, self._shorts, self._devices, self._others)

    def _opens(self, spec: UniverseSpec, path: Path) -> Iterator[_Wrong]:
        for number, rule in enumerate(spec.opens):
            yield from self._class(("opens", number, "device"), rule.device)
            kinds = self.classes.get(rule.device, {(terminal,) for terminal in rule.terminals})
            edit = load(rule.model).edit
            missing = edit.terminals.difference(*kinds) if isinstance(edit, ConnectionEdit) else set()
            if missing and rule.device in self.classes:
                message = f"uses the nets at {', '.join(sorted(missing))}; {rule.device} has no such terminal"
                yield _Wrong(("opens", number, "model"), rule.model, message)
            for place, terminal in enumerate(rule.terminals):
                # An open of a device with two ends has no terminal in its name.
                ends = {kind if len(kind) == 2 else terminal for kind in kinds if terminal in kind}
                keys = ("opens", number, "terminals", place)
                unknown = self._no_terminal(rule.device, terminal)
                if unknown:
                    yield _Wrong(keys, terminal, unknown)
                else:
                    yield from self._again(keys, terminal, [(rule.device, end) for end in ends], path)

    def _shorts(self, spec: UniverseSpec, path: Path) -> Iterator[_Wrong]:
        for number, rule in enumerate(spec.shorts):
            yield from self._class(("shorts", number, "device"), rule.device)
            for place, pair in enumerate(rule.pairs):
                keys, ends = ("shorts", number, "pairs", place), pair.split("-")
                unknown = next(filter(None, (self._no_terminal(rule.device, end) for end in ends)), "")
                if unknown or ends[0] == ends[1]:
                    yield _Wrong(keys, pair, unknown or "a short is between two terminals")
                else:
                    yield from self._again(keys, pair, [(rule.device, frozenset(ends))], path)

    def _devices(self, spec: UniverseSpec, path: Path) -> Iterator[_Wrong]:
        for number, rule in enumerate(spec.devices):
            yield from self._class(("devices", number, "device"), rule.device)
            for place, model in enumerate(rule.models):
                keys, edit = ("devices", number, "models", place), load(model).edit
                about = edit.devices if isinstance(edit, DeviceEdit) else []
                if rule.device not in about:
                    yield _Wrong(keys, model, f"is about {', '.join(about)}, and not about {rule.device}")
                else:
                    yield from self._again(keys, model, [(rule.device, f"defect {model}")], path)

    def _others(self, spec: UniverseSpec, path: Path) -> Iterator[_Wrong]:
        for number, rule in enumerate(spec.neighbours):
            keys = ("neighbours", number, "relation")
            yield from self._again(keys, rule.relation, [("", rule.relation)], path)
        for number, excluded in enumerate(spec.excluded):
            for place, device in enumerate(excluded.devices):
                yield from self._class(("excluded", number, "devices", place), device)

    def _class(self, keys: tuple[int | str, ...], name: str) -> Iterator[_Wrong]:
        if name not in self.classes and (self.complete or _is_slip(name, self.classes)):
            known = did_you_mean(name.lower(), self.classes)
            yield _Wrong(keys, name, f"no letter and no device file has this class of devices ({known})")

    def _no_terminal(self, device: str, terminal: str) -> str:
        """Return what is wrong with a terminal, if anything; of a class that is not known nothing is."""
        known = set().union(*self.classes.get(device, [(terminal,)]))
        if terminal in known:
            return ""
        remedy = did_you_mean(terminal.lower(), known) if known else "no terminals of this class are known"
        return f"{device} has no terminal {terminal!r} ({remedy})"

    def _again(
        self, keys: tuple[int | str, ...], value: str, names: Sequence[tuple[str, Hashable]], path: Path
    ) -> Iterator[_Wrong]:
        """Note what a rule lists; where another has listed it, two defects would have one id, or only one would count.

        Args:
            keys: Where the rule names it.
            value: As the rule names it.
            names: What it is: class of devices, and terminal, both ends of a device with two, or pair.
            path: The file.
        """
        taken = [name for name in names if name in self.ruled]
        if not taken:
            self.ruled.update(dict.fromkeys(names, path.name))
            return
        where = self.ruled[taken[0]]
        why = ": an open at either end of a device with two is one defect" if isinstance(taken[0][1], tuple) else ""
        remedy = "remove one" if where == path.name else f"to change that rule, extend a copy of {where}"
        yield _Wrong(keys, value, f"a rule in {where} is about it already{why} ({remedy})")


def _refuse(path: Path, table: dict[str, Any], wrong: Iterable[_Wrong]) -> None:
    """Say what is wrong with the values of a file as `check_table` says what is wrong with its shape.

    Raises:
        SpecError: All of it, each with its key and line.
    """
    details = [
        InitErrorDetails(type=PydanticCustomError("rule", "{said}", {"said": message}), loc=keys, input=value)
        for keys, value, message in wrong
    ]

    class Refused(UniverseSpec):
        @model_validator(mode="before")
        @classmethod
        def _all_of_it(cls, _: object) -> object:
            raise ValidationError.from_exception_data(path.name, details)

    check_table(table, Refused, path)


def known_classes(folder: Path, declared: Iterable[DeviceClass]) -> dict[str, set[tuple[str, ...]]]:
    """Return each class of devices with the terminals of each kind of device that has it."""
    found: dict[str, set[tuple[str, ...]]] = {"opaque": set()}
    for letter, device in device_classes(Hierarchy(())).by_letter.items():
        terminals = TERMINALS.get(letter, ())
        kinds = {terminals, (*terminals, *MORE_TERMINALS.get(letter, ()))}
        found.setdefault(device.name, set()).update(kinds)
    shipped = library.root() / "circuits" / "devices"
    for device in (*_device_files(shipped), *_device_files(folder), *declared):
        found.setdefault(device.name, set()).add(device.terminals)
    return found


def _device_files(folder: Path) -> Iterator[DeviceClass]:
    """Yield the classes that a folder's device files declare; what is wrong with other files is no matter of ours."""
    for path in sorted(folder.glob("*.toml")):
        try:
            spec = load_device(path) if "subcircuit" in read_table(path) else None
        except SpecError:
            continue
        if spec is not None:
            yield DeviceClass(spec.device, tuple(terminal.lower() for terminal in spec.terminals))


def _is_slip(name: str, known: Iterable[str]) -> bool:
    """Return whether a class is likely to be meant for a known one: Mos, mosfet, resitor, cap; but not mos-hv."""
    lowered = name.lower()
    longer = any(lowered.startswith(word) and lowered[len(word) :].isalpha() for word in known)
    shorter = any(word.startswith(lowered) for word in known)
    return longer or shorter or bool(get_close_matches(lowered, list(known), cutoff=0.8))
