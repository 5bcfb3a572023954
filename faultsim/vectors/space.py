"""The file model of a candidate space: everything that a tester could try on a circuit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from faultsim import library
from faultsim.circuits.network import Network
from faultsim.errors import Problem, SpecError, did_you_mean
from faultsim.specfile import Quantity, Spec, read_spec
from faultsim.vectors.patterns import FAMILIES

KIND = "candidates"

Leaky = Quantity | Literal["shortest", "longest"]
Positive = Annotated[Quantity, Field(gt=0)]


class _Applied(Spec):
    """What all candidates have: patterns, supply, and overrides of the sidecar's timing."""

    patterns: list[str] = Field(min_length=1, description=f"patterns, or families of them: {', '.join(FAMILIES)}")
    vdd: list[Positive] = Field(default=[1.0], min_length=1, description="supply voltages, in the circuit's own")
    stimulus: dict[str, Any] = Field(default_factory=dict, description="overrides of the sidecar's stimulus")


class SpikesSpec(_Applied):
    """Vectors that compare the output: every pattern at every pair of windows."""

    integrate: list[Positive] = Field(
        default=[1.0], min_length=1, description="integrate windows, in the circuit's own"
    )
    leaky: list[Leaky] = Field(
        default=[1.0], min_length=1, description="leaky windows, in the circuit's own, or an end of its neuron's range"
    )
    pulses: int = Field(ge=1, le=1000, description="coding windows in which a spike is waited for")


class CurrentsSpec(_Applied):
    """Vectors that measure a current and compare it with limits."""

    observable: str = Field(description="a measured quantity of the sidecar")


class WritesSpec(Spec):
    """Vectors that write weights, then read the cells that were written, alone, by a measured quantity."""

    cells: list[Literal["each", "all"]] = Field(min_length=1, description="one cell after the other, or all at once")
    programs: list[str] = Field(min_length=1, description="what is written, 0s and 1s one after the other, such as 01")
    observable: str = Field(description="a measured quantity of the sidecar")
    stimulus: dict[str, Any] = Field(default_factory=dict, description="overrides of the sidecar's stimulus")


class SpaceSpec(Spec):
    """A candidate space.

    A defect that no candidate of it sees counts as undetected, and the space says what was tried.
    """

    title: str
    about: str = ""
    rest: Quantity = Field(ge=0, description="between two vectors, so that the neuron comes to rest, s")
    spikes: list[SpikesSpec] = Field(default_factory=list)
    currents: list[CurrentsSpec] = Field(default_factory=list)
    writes: list[WritesSpec] = Field(default_factory=list)


def load_space(name: str) -> tuple[Path, SpaceSpec]:
    """Load a candidate space by name or path.

    Raises:
        UsageError: There is none.
        SpecError: Everything that is wrong with the file.
    """
    path = library.find(KIND, name)
    return path, read_spec(path, SpaceSpec)


def check_space(path: Path, space: SpaceSpec, network: Network) -> None:
    """Check a candidate space against a circuit.

    Raises:
        SpecError: Everything that does not fit.
    """
    problems = [*_measured(path, space, network), *_patterns(path, space, network), *_windows(path, space, network)]
    if not (space.spikes or space.currents or space.writes):
        problems.append(Problem(str(path), "names no candidates", "add [[spikes]], [[currents]] or [[writes]]"))
    if problems:
        raise SpecError(problems)


def _measured(path: Path, space: SpaceSpec, network: Network) -> Iterator[Problem]:
    known = network.sidecar.observables
    names = [part.observable for part in space.currents] + [part.observable for part in space.writes]
    for name in dict.fromkeys(names):
        if name not in known:
            yield Problem(f"{path}: observable {name!r}", "is not in the sidecar", did_you_mean(name, known))
    if space.writes and network.sidecar.stimulus.program is None:
        yield Problem(f"{path}: writes", f"{network.name} cannot be programmed", "leave writes away")
    for text in dict.fromkeys(text for part in space.writes for text in part.programs):
        if not text or set(text) - {"0", "1"}:
            yield Problem(f"{path}: programs {text!r}", "are 0s and 1s, such as 01")


def _patterns(path: Path, space: SpaceSpec, network: Network) -> Iterator[Problem]:
    applied: list[_Applied] = [*space.spikes, *space.currents]
    for name in dict.fromkeys(name for part in applied for name in part.patterns if name not in FAMILIES):
        try:
            network.check_pattern(name)
        except SpecError as error:
            families = did_you_mean(name, FAMILIES)
            for one in error.problems:
                yield Problem(f"{path}: {one.where}", one.message, f"{one.remedy}; of families {families}")


def _windows(path: Path, space: SpaceSpec, network: Network) -> Iterator[Problem]:
    ends = [end for part in space.spikes for end in part.leaky if isinstance(end, str)]
    if ends and network.sidecar.neuron is None:
        yield Problem(f"{path}: leaky {ends[0]!r}", f"the sidecar of {network.name} has no [neuron] with a range")
