"""Every file of a defect, at every kind of device that it names: injected, simulated, null at no severity."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from faultsim import library
from faultsim.circuits import bench, network
from faultsim.circuits.circuit import Circuit, of_network
from faultsim.circuits.deck import text_of
from faultsim.circuits.learning_generator import generate_learning
from faultsim.circuits.learning_network import load_learning
from faultsim.circuits.learning_plan import LearningRequest
from faultsim.circuits.network import Network
from faultsim.circuits.stimulus import Stimulus
from faultsim.fault_models.defect import Defect
from faultsim.fault_models.definition import DeviceEdit, load
from faultsim.fault_models.universe import Universe
from faultsim.fault_models.universe_file import load_universe
from faultsim.spice.job import Job, Trace
from faultsim.spice.pool import WorkerPool

PLACES = ["xcell1.xmtj", "xneuron.xmtj", "xneuron.xref"]
"""A junction of the bit-cell, that of the neuron, and its reference."""
NULL = 1e-13
OF_RANGE = 1e-6
TIMES_S = np.linspace(0.5e-9, 21.5e-9, 2101)


@pytest.fixture(scope="module")
def crossbar() -> Network:
    return network.load("crossbar4")


@pytest.fixture(scope="module")
def circuit(crossbar: Network) -> Circuit:
    return of_network(crossbar)


@pytest.fixture(scope="module")
def defects(circuit: Circuit) -> dict[str, Defect]:
    return {defect.id: defect for defect in Universe(circuit, load_universe("devices"))}


@pytest.fixture(scope="module")
def pool() -> Iterator[WorkerPool]:
    with WorkerPool(2, timeout_s=120.0) as workers:
        yield workers


def job(crossbar: Network, defect: Defect | None = None, severity: float = 0.0) -> Job:
    """Program a zero into the first cell, then read with all inputs: what is written and what is read count."""
    spec = crossbar.sidecar.stimulus.model_copy(update={"pulses": 1, "start": 1e-9})
    # Steps that the circuit has no say in: else two runs differ by where their steps are.
    options = crossbar.sidecar.simulation.options | {"trtol": "1e6"}
    simulation = crossbar.sidecar.simulation.model_copy(update={"options": options})
    faulty = defect.inject(crossbar.cards).at(severity) if defect is not None else None
    stimulus = Stimulus("1111", spec, "1111", "0---")
    return bench.job(crossbar, stimulus, bench.nominal(crossbar), simulation, faulty)


@pytest.fixture(scope="module")
def healthy(crossbar: Network, pool: WorkerPool) -> Trace:
    return pool.submit(job(crossbar), with_waveforms=True).result()


def largest_move(trace: Trace, healthy: Trace) -> float:
    """Return by how much of its range any probe has moved."""
    assert trace.outcome.ok, trace.outcome.log_tail
    moves = (
        np.abs(trace.waveforms[probe].at(TIMES_S) - wave.at(TIMES_S)).max() / np.ptp(wave.values)
        for probe, wave in healthy.waveforms.items()
        if np.ptp(wave.values) > 0
    )
    return float(max(moves))


def kinds_at(defects: dict[str, Defect], place: str) -> list[Defect]:
    return [defect for defect in defects.values() if defect.site.device == place and defect.definition.kind == "device"]


def test_every_file_is_used_at_every_kind_of_device_that_it_names(defects: dict[str, Defect], tmp_path: Path) -> None:
    learning = generate_learning(LearningRequest((1.0,), junctions=1), tmp_path / "learns")
    learning.write()
    of_learning = Universe(load_learning(learning.sidecar).circuit, load_universe("devices"))
    used = Counter((defect.model, getattr(defect.site, "kind", "")) for defect in (*defects.values(), *of_learning))
    for name in library.names("defects"):
        edit = load(name).edit
        named = edit.devices if isinstance(edit, DeviceEdit) else [""]
        if edit.at == "device parameter":
            named = ["she-mtj", "mtj", "two-state-mtj"]
        for kind in named:
            assert used[name, kind], f"{name} at {kind or 'any place'}"


@pytest.mark.parametrize("place", PLACES)
def test_every_defect_of_a_junction_is_simulated_and_is_none_at_no_severity(
    crossbar: Network, defects: dict[str, Defect], pool: WorkerPool, healthy: Trace, place: str
) -> None:
    found = kinds_at(defects, place)
    assert len(found) == (9 if place.endswith("xref") else 11)
    asked = [(defect, severity) for defect in found for severity in (NULL, defect.definition.severity.high)]
    traces = [pool.submit(job(crossbar, *question), with_waveforms=True) for question in asked]
    moves = {
        (defect.id, severity): largest_move(trace.result(), healthy)
        for (defect, severity), trace in zip(asked, traces, strict=True)
    }
    for defect in found:
        assert moves[defect.id, NULL] < OF_RANGE, defect.id
    inert = {defect.id for defect in found if moves[defect.id, defect.definition.severity.high] < 1e-5}
    # The reference's layer lies still, whatever its anisotropy and damping.
    still = ("redeposition", "stuck-parallel", "rim-damage", "thin-layer")
    assert inert <= {f"xneuron.xref:{kind}" for kind in still}


def test_every_corner_of_a_junction_is_simulated_and_is_none_at_no_severity(
    crossbar: Network, defects: dict[str, Defect], pool: WorkerPool, healthy: Trace
) -> None:
    corners = [each for each in defects.values() if each.model == "device-corner" and each.site.device in PLACES]
    by_place = Counter(defect.site.device for defect in corners)
    assert by_place == {"xcell1.xmtj": 26, "xneuron.xmtj": 24, "xneuron.xref": 16}
    ends = [defect for defect in corners if defect.id.endswith(":max")]
    traces = [
        pool.submit(job(crossbar, defect, severity), with_waveforms=True) for defect in ends for severity in (NULL, 1.0)
    ]
    moves = [largest_move(trace.result(), healthy) for trace in traces]
    assert max(moves[::2]) < OF_RANGE
    assert sum(move > 1e-5 for move in moves[1::2]) > 0.7 * len(ends)


@pytest.mark.parametrize("place", PLACES)
def test_no_other_card_changes(crossbar: Network, defects: dict[str, Defect], place: str) -> None:
    for defect in kinds_at(defects, place):
        mild, severe = (
            text_of(defect.inject(crossbar.cards).at(severity).cards).splitlines() for severity in (0.1, 0.2)
        )
        assert len(mild) == len(severe)
        changed = [(one, other) for one, other in zip(mild, severe, strict=True) if one != other]
        assert changed
        for one, other in changed:
            assert {one.split()[0].lower()[:1], other.split()[0].lower()[:1]} <= {"x", "+", "g", "b"}
