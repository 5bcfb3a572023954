"""Loads universes and weights from their files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from faultsim import library
from faultsim.circuits.device import DeviceClass
from faultsim.errors import Problem, SpecError, UsageError
from faultsim.fault_models.rule_check import RuleCheck, known_classes
from faultsim.fault_models.rules import OverrideSpec, UniverseSpec, WeightsSpec
from faultsim.specfile import check_table, read_table


def load_universe(name: str, declared: Iterable[DeviceClass] | None = None) -> UniverseSpec:
    """Load a universe by name or path; see `load_universe_file`.

    Raises:
        UsageError: No such universe.
        SpecError: Everything that is wrong with it.
    """
    return load_universe_file(library.find("universes", name), declared)


def load_universe_file(path: Path, declared: Iterable[DeviceClass] | None = None) -> UniverseSpec:
    """Load a universe from its file, with those that it extends.

    Rules are about classes of devices: those of the letters, those of the device files that come with the package or
    lie beside the universe, and those of the deck. Without a deck another class is let pass, because a device file
    beside some deck may declare it, unless it looks like a slip of the pen for one that is known. With a deck every
    class has to be known.

    Args:
        path: The file.
        declared: The classes that the deck's device files declare; None where the deck is not known.

    Raises:
        SpecError: Everything that is wrong with it.
    """
    check = RuleCheck(known_classes(path.parent, declared or ()), declared is not None)
    merged: dict[str, Any] = {}
    problems: list[Problem] = []
    for file, table in _tables(path, ()):
        inherited = {key: merged[key] for key in ("title", "source") if key in merged}
        try:
            check.file(file, inherited | table)
        except SpecError as error:
            problems += error.problems
        merged = _merged(merged, table)
    if problems:
        raise SpecError(problems)
    return check_table(merged, UniverseSpec, path)


def load_weights(path: Path) -> tuple[OverrideSpec, ...]:
    """Load a user's weights.

    Raises:
        SpecError: Everything that is wrong with them.
    """
    return tuple(check_table(read_table(path), WeightsSpec, path).weights)


def _tables(path: Path, open_files: tuple[Path, ...]) -> list[tuple[Path, dict[str, Any]]]:
    """Return a universe's file with those that it extends, the innermost first."""
    table = read_table(path)
    base = table.get("extends")
    if not base or not isinstance(base, str):
        return [(path, table)]
    beside = path.parent / f"{base.removesuffix('.toml')}.toml"
    try:
        target = beside if beside.is_file() else library.find("universes", base)
    except UsageError as error:
        raise SpecError([Problem(f"{path}: extends", str(error))]) from error
    if target.resolve() in open_files or target.resolve() == path.resolve():
        raise SpecError([Problem(f"{path}: extends", f"{base} extends itself in a circle")])
    return [*_tables(target, (*open_files, path.resolve())), (path, table)]


def _merged(base: dict[str, Any], table: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in table.items():
        both = isinstance(value, list) and isinstance(merged.get(key), list)
        merged[key] = [*merged[key], *value] if both else value
    return merged
