"""``faultsim shmoo``."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from faultsim.campaigns.lab import Lab
from faultsim.campaigns.question import Question
from faultsim.campaigns.recording import Plane
from faultsim.campaigns.shmoo import UNKNOWN, ShmooMap, Subject, Surveyor
from faultsim.campaigns.twin import TwinMaker
from faultsim.circuits import network
from faultsim.circuits.network import Network
from faultsim.circuits.neuron import NotApart
from faultsim.circuits.sidecar import StimulusSpec
from faultsim.circuits.stimulus import Stimulus
from faultsim.circuits.symbols import abridged
from faultsim.cli.output import print_json, say, write_text
from faultsim.cli.progress import ProgressView
from faultsim.cli.quantities import positive
from faultsim.cli.request import Request, asked_conditions, asked_fault, asked_stimulus
from faultsim.errors import FaultsimError, Interrupted, UnknownOutcome, UsageError
from faultsim.magnetics.boundary import Boundary
from faultsim.magnetics.train import Floats
from faultsim.specfile import check_table
from faultsim.spice.pool import WorkerPool
from faultsim.spice.service import SimulationService
from faultsim.spice.store import Store
from faultsim.units import format_quantity

_POINTS, _MOST_POINTS = 40, 1000
_AROUND = (0.5, 2.0)
_STORE = Path("runs") / "store.sqlite"


@dataclass(frozen=True)
class Wanted:
    """What ``shmoo`` is asked for besides the circuit and its stimulus, as typed."""

    iw: str | None
    lw: str | None
    plot: Path | None
    csv: Path | None
    spice: bool
    jobs: int | None


@dataclass(frozen=True, eq=False)
class Axes:
    """The windows of a map."""

    integrate_s: Floats
    leaky_s: Floats

    @property
    def plane(self) -> Plane:
        """Return the rectangle that they span."""
        ends = [(float(values[0]), float(values[-1])) for values in (self.integrate_s, self.leaky_s)]
        return Plane(*ends)


def run(request: Request, wanted: Wanted, json: bool) -> None:
    """Map a circuit over its windows, fault-free and with a defect."""
    circuit = network.load(request.circuit)
    if wanted.plot is not None and wanted.plot.suffix.lower() not in (".svg", ".png"):
        raise UsageError(f"--plot {wanted.plot}: maps are SVG or PNG; give a name that ends in .svg or .png")
    stimulus = asked_stimulus(circuit, request)
    axes = _axes(circuit, stimulus, wanted)
    question = Question(stimulus, asked_conditions(circuit, request))
    fault = asked_fault(circuit, request)
    faulty = replace(question, defect=fault[0], severity=fault[1]) if fault else None
    try:
        subjects, maps, edges = _mapped(circuit, axes, [question, *([faulty] if faulty else [])], wanted)
    except KeyboardInterrupt as error:
        raise Interrupted(
            f"stopped; what was finished is in {_STORE}, and the same command goes on from there"
        ) from error
    titles = ["fault-free", *([_title(faulty)] if faulty is not None else [])]
    _write(wanted, list(zip(titles, maps, strict=True)), question, _asked(circuit, question))
    if json:
        print_json([_table(*one, axes) for one in zip(subjects, titles, maps, edges, strict=True)])
    else:
        _show(subjects, titles, maps, edges, axes)
    failed = sum(int((found.first_spike == UNKNOWN).sum()) for found in maps)
    if failed:
        raise UnknownOutcome(f"{failed} transients ended without a result; what the circuit does there is unknown")


def _mapped(
    circuit: Network, axes: Axes, asked: list[Question], wanted: Wanted
) -> tuple[list[Subject], list[ShmooMap], list[dict[str, Boundary]]]:
    """Return the fault-free circuit and the faulty one, their maps, and where on them a tester's lines end."""
    jobs, simulation = wanted.jobs or os.cpu_count() or 1, circuit.sidecar.simulation
    with SimulationService(WorkerPool(jobs, simulation.timeout), _store()) as service, ProgressView() as view:
        lab = Lab(circuit, service, simulation, circuit.sidecar.observables)
        surveyor = Surveyor(TwinMaker(lab, axes.plane), view, wanted.spice)
        subjects = [surveyor.healthy(asked[0])]
        if subjects[0].twin is None and not wanted.spice:
            points = len(asked) * axes.integrate_s.size * axes.leaky_s.size
            say(f"each of {points} points by a full transient: {subjects[0].reason}")
        subjects += [surveyor.faulty(question, subjects[0]) for question in asked[1:]]
        maps = [surveyor.map(subject, axes.integrate_s, axes.leaky_s) for subject in subjects]
        return subjects, maps, [_edges(surveyor, subject) for subject in subjects]


def _store() -> Store:
    """Return the store that run folders in the working folder share: a map that was stopped goes on from there."""
    try:
        _STORE.parent.mkdir(exist_ok=True)
    except OSError as error:
        raise FaultsimError(f"{_STORE.parent}: cannot be made: {error.strerror}; transients are kept there") from error
    return Store(_STORE)


def _axes(circuit: Network, stimulus: Stimulus, wanted: Wanted) -> Axes:
    """Return the windows: as typed, or the range that the sidecar gives, or half to twice the circuit's own.

    Raises:
        UsageError: A range that cannot be read.
        SpecError: Windows into which the edges or the strobe do not fit.
    """
    neuron, spec = circuit.sidecar.neuron, stimulus.spec
    own = (
        (neuron.integrate, neuron.leaky)
        if neuron
        else [(_AROUND[0] * value, _AROUND[1] * value) for value in (spec.integrate, spec.leaky)]
    )
    axes = Axes(_range("--iw", wanted.iw, own[0]), _range("--lw", wanted.lw, own[1]))
    shortest = axes.plane.corner(stimulus, 0).spec
    check_table(shortest.model_dump(), StimulusSpec, Path("--iw, --lw"))
    return axes


def _range(option: str, text: str | None, own: tuple[float, float]) -> Floats:
    """Return the windows of a range A:B:N, or N windows over the circuit's own range."""
    if text is None:
        return np.linspace(*own, _POINTS)
    parts = text.split(":")
    if len(parts) != 3 or not (parts[2].isascii() and parts[2].isdigit()) or not 1 <= int(parts[2]) <= _MOST_POINTS:
        raise UsageError(f"{option} {text}: takes A:B:N, such as 0.5n:2n:40, with N up to {_MOST_POINTS}")
    low, high = (positive(option, part, 0.0) for part in parts[:2])
    if low > high or (low == high) != (int(parts[2]) == 1):
        raise UsageError(f"{option} {text}: A is below B, and N is 1 where they are the same")
    return np.linspace(low, high, int(parts[2]))


def _title(question: Question) -> str:
    assert question.fault is not None
    defect, at = question.fault
    return f"{defect.id} {format_quantity(at, defect.unit)}"


def _edges(surveyor: Surveyor, subject: Subject) -> dict[str, Boundary]:
    """Return the two boundaries that a tester looks for; none where a simulation failed."""
    try:
        return {
            "smallest_integrate": surveyor.smallest_integrate(subject, surveyor.plane.leaky_s[0]),
            "largest_leaky": surveyor.largest_leaky(subject, subject.question.stimulus.spec.integrate),
        }
    except NotApart as reason:
        say(f"no boundaries: {reason}")
        return {}


def _asked(circuit: Network, question: Question) -> str:
    """Return what all maps have in common, in words."""
    stimulus, point = question.stimulus, question.conditions
    weights = f", weights {abridged(stimulus.weights)}" if stimulus.weights else ""
    return f"{circuit.name}, input {abridged(stimulus.pattern)}{weights}, {point.vdd_v:g} V, {point.temperature_c:g} C"


def _write(wanted: Wanted, maps: list[tuple[str, ShmooMap]], question: Question, title: str) -> None:
    from faultsim.reports.figures import shmoo as report
    from faultsim.reports.figures.canvas import svg_text

    if wanted.csv is not None:
        names = ["fault_free", "faulty"]
        write_text(wanted.csv, report.shmoo_csv([(name, found) for name, (_, found) in zip(names, maps, strict=False)]))
    if wanted.plot is not None:
        spec = question.stimulus.spec
        figure = report.shmoo_figure(maps, (spec.integrate, spec.leaky), spec.pulses, title)
        if wanted.plot.suffix.lower() == ".svg":
            write_text(wanted.plot, svg_text(figure))
            return
        try:
            figure.savefig(wanted.plot, dpi=150)
        except OSError as error:
            raise FaultsimError(f"{wanted.plot}: cannot be written: {error.strerror}") from error


def _table(subject: Subject, title: str, found: ShmooMap, bounds: dict[str, Boundary], axes: Axes) -> dict[str, Any]:
    """Return a map for scripts; ``first_spike[i][j]`` is at integrate window i and leaky window j, 0 for no spike."""
    question, spec = subject.question, subject.question.stimulus.spec
    fault = question.fault
    return {
        "circuit": title,
        "defect_id": fault[0].id if fault else None,
        "severity": fault[1] if fault else None,
        "unit": fault[0].unit if fault else None,
        "pattern": question.stimulus.pattern,
        "weights": question.stimulus.weights,
        "pulses": spec.pulses,
        "vdd_v": question.conditions.vdd_v,
        "temperature_c": question.conditions.temperature_c,
        "integrate_window_s": found.integrate_s.tolist(),
        "leaky_window_s": found.leaky_s.tolist(),
        "first_spike": found.first_spike.tolist(),
        "in_spice": int(found.in_spice.sum()),
        "reason": found.reason,
        **{name: _boundary(line) | _along(name, spec, axes) for name, line in bounds.items()},
    }


def _along(name: str, spec: StimulusSpec, axes: Axes) -> dict[str, float]:
    """Return which window is held along a line."""
    if name == "smallest_integrate":
        return {"leaky_window_s": axes.plane.leaky_s[0]}
    return {"integrate_window_s": spec.integrate}


def _show(
    subjects: list[Subject], titles: list[str], maps: list[ShmooMap], edges: list[dict[str, Boundary]], axes: Axes
) -> None:
    from faultsim.reports.figures.shmoo import shmoo_text

    for subject, title, found, bounds in zip(subjects, titles, maps, edges, strict=True):
        print(f"{title}: spikes at {found.spiking_share:.1%} of the windows")
        print("\n".join(shmoo_text(found)))
        for name, line in bounds.items():
            [held] = _along(name, subject.question.stimulus.spec, axes).values()
            print(f"{_SAID[name].format(format_quantity(held, 's'))}: {_said(line, name, axes.plane)}")
        if found.in_spice.any():
            say(f"{title}: {int(found.in_spice.sum())} points by full transients: {subject.reason or found.reason}")


_SAID = {
    "smallest_integrate": "smallest integrate window that spikes, at LW {}",
    "largest_leaky": "largest leaky window that spikes, at IW {}",
}


def _boundary(line: Boundary) -> dict[str, Any]:
    """Return a boundary for scripts: a window only where there is one."""
    return {
        "at_s": line.at_s if line.monotone else None,
        "first_change_s": line.at_s,
        "width_s": line.width_s,
        "changes": line.changes,
        "spikes_first": line.spikes_first,
        "monotone": line.monotone,
    }


def _said(line: Boundary, name: str, plane: Plane) -> str:
    """Return a boundary for people: a window, or what there is in place of one."""
    low, high = (
        format_quantity(end, "s") for end in (plane.integrate_s if name == "smallest_integrate" else plane.leaky_s)
    )
    if line.at_s is None:
        return f"it spikes all the way from {low} to {high}" if line.spikes_first else f"no spike from {low} to {high}"
    at = format_quantity(line.at_s, "s")
    if line.monotone:
        return at
    also = f"{line.trouble} from {low} to {high}, first at {at}" if line.changes > 1 else f"at {at} {line.trouble}"
    return f"there is none: {also}"
