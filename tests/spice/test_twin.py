"""Twins against full transients: the same spike, the same magnetisation at every read; what has none is told why."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pytest

from faultsim.campaigns.examiner import Examiner
from faultsim.campaigns.lab import Lab
from faultsim.campaigns.question import Question
from faultsim.campaigns.recording import Plane, at_windows
from faultsim.campaigns.shmoo import UNKNOWN, Subject, Surveyor
from faultsim.campaigns.twin import TwinMaker
from faultsim.campaigns.watcher import Quiet
from faultsim.circuits import bench, network
from faultsim.circuits.circuit import of_network
from faultsim.circuits.network import Network
from faultsim.circuits.stimulus import Stimulus
from faultsim.fault_models.behaviour import Band, load_behaviours
from faultsim.fault_models.naming import find_defect
from faultsim.magnetics.train import Floats, Mark
from faultsim.spice.job import Job, Outcome, Status, Trace
from faultsim.spice.pool import WorkerPool
from faultsim.spice.service import Executor, SimulationService
from faultsim.spice.store import Store

SAME_STATE, SAME_SIGNATURE = 2e-3, 1e-3
NOMINAL = (1e-9, 9e-9)
M = ("mx", "my", "mz")

Windows = tuple[float, float]


def watched(circuit: Network) -> Network:
    """Return a network of which all of the neuron's magnetisation is recorded."""
    sidecar = circuit.sidecar
    probes = {**sidecar.probes, **{name: f"v(xneuron.{name})" for name in M}}
    observables = {**sidecar.observables, **{name: f"at({name}, mid_read)" for name in M}}
    return replace(circuit, sidecar=sidecar.model_copy(update={"probes": probes, "observables": observables}))


@dataclass(frozen=True)
class Bench:
    """A circuit under four black pixels, by full transients and by its twin."""

    circuit: Network
    service: SimulationService

    @cached_property
    def surveyor(self) -> Surveyor:
        sidecar = self.circuit.sidecar
        lab = Lab(self.circuit, self.service, sidecar.simulation, sidecar.observables)
        neuron = network.load("crossbar4-lif").sidecar.neuron
        assert neuron is not None
        return Surveyor(TwinMaker(lab, Plane(neuron.integrate, neuron.leaky)), Quiet())

    @cached_property
    def question(self) -> Question:
        # Three coding windows in place of five, and no long rest before them, for the sake of time.
        spec = self.circuit.sidecar.stimulus.model_copy(update={"start": 1e-9, "pulses": 3})
        return Question(Stimulus("1111", spec), bench.nominal(self.circuit))

    @cached_property
    def healthy(self) -> Subject:
        return self.surveyor.healthy(self.question)

    @cached_property
    def examiner(self) -> Examiner:
        return Examiner(self.surveyor, self.healthy, NOMINAL)

    def asked(self, name: str, severity: float) -> Question:
        return replace(self.question, defect=find_defect(of_network(self.circuit), name), severity=severity)

    def subject(self, name: str, severity: float) -> Subject:
        return self.surveyor.faulty(self.asked(name, severity), self.healthy)

    def in_spice(self, subject: Subject, *windows: Windows) -> list[Outcome]:
        """Return full transients at windows."""
        asked = [replace(subject.question, stimulus=at_windows(subject.question.stimulus, *at)) for at in windows]
        return [answer.result() for answer in [self.surveyor.lab.submit(one) for one in asked]]

    def compare(self, subject: Subject, *windows: Windows) -> list[int]:
        """Check that the twin of a subject does what full transients do; return the pulses of the first spikes."""
        assert subject.twin is not None, subject.reason
        assert subject.twin.serves(*np.transpose(windows)).all()
        found = subject.twin.run(*np.transpose(windows), noted=True)
        for pulse, noted, outcome in zip(found.fired, found.noted, self.in_spice(subject, *windows), strict=True):
            assert pulse == (outcome.values["pulses_to_spike"] or 0)
            assert np.abs(noted[:, Mark.READ] - states(outcome)).max() < SAME_STATE
        return [int(pulse) for pulse in found.fired]


def states(outcome: Outcome) -> Floats:
    """Return the magnetisation at each read, shape (pulses, 3)."""
    assert outcome.ok, outcome.log_tail
    return np.array([outcome.values[name] for name in M], dtype=float).T


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulationService]:
    store = Store(tmp_path_factory.mktemp("twin") / "store.sqlite")
    with SimulationService(WorkerPool(2, timeout_s=60.0), store) as service:
        yield service


@pytest.fixture(scope="module")
def lif(service: SimulationService) -> Bench:
    return Bench(watched(network.load("crossbar4-lif")), service)


def test_the_fault_free_twin_does_what_spice_does_all_over_the_plane(lif: Bench) -> None:
    plane = lif.surveyor.plane
    shortest = plane.integrate_s[0], plane.leaky_s[0]
    assert lif.compare(lif.healthy, shortest, (1.4e-9, 12e-9)) == [0, 2]


def test_on_both_sides_of_the_boundary_spice_agrees(lif: Bench) -> None:
    edge = lif.surveyor.smallest_integrate(lif.healthy, 9e-9)
    assert edge.monotone
    assert edge.at_s is not None
    silent, spiking = lif.compare(lif.healthy, (0.98 * edge.at_s, 9e-9), (1.02 * edge.at_s, 9e-9))
    assert silent == 0 < spiking


@pytest.mark.parametrize(
    ("name", "severity", "windows"),
    [
        ("Rop1", 20e3, (1.3e-9, 9e-9)),
        ("bl~0:bridge", 10e3, NOMINAL),
        ("xneuron.xmtj:redeposition", 0.3, (1.1e-9, 12e-9)),
        ("Tiw:shrink", 0.1e-9, (1.3e-9, 6e-9)),
    ],
)
def test_the_twin_of_a_defect_does_what_spice_does(lif: Bench, name: str, severity: float, windows: Windows) -> None:
    subject = lif.subject(name, severity)
    [pulse] = lif.compare(subject, windows)
    assert pulse > 0
    # The defect does something there.
    assert lif.healthy.twin is not None
    ours, healthy = (one.run(*windows, noted=True).noted[0, :, Mark.READ] for one in (subject.twin, lif.healthy.twin))
    assert np.abs(ours - healthy).max() > 5 * SAME_STATE


def test_a_fixed_layer_that_is_turned_over_makes_it_spike_at_every_read(lif: Bench) -> None:
    subject = lif.subject("xneuron.xmtj:saf-flip", 1.0)
    assert lif.compare(subject, NOMINAL, (0.2e-9, 14e-9)) == [1, 1]
    found = lif.examiner.signature(subject.question, pulse=1)
    assert (found.by, found.measured["spikes_when_silent"], found.measured["spikes_anywhere"]) == ("twin", True, True)
    assert (found.measured["level_shift"], found.notes["level_shift"]) == (None, "its fixed layer points elsewhere")


def test_a_twin_that_spikes_on_another_pulse_than_its_circuit_is_none(lif: Bench) -> None:
    asked = lif.asked("Rop1", 20e3)
    found = lif.examiner.signature(asked, pulse=1)
    assert (found.by, found.measured["integration_gain"]) == ("SPICE", None)
    assert found.notes["integration_gain"] == "apart from its circuit it does not spike, in it it spikes on pulse 1"


def test_close_to_the_boundary_either_verdict_may_be_the_circuit_s(lif: Bench) -> None:
    subject = lif.subject("Rop1", 20e3)
    edge = lif.surveyor.smallest_integrate(subject, 9e-9)
    assert subject.twin is not None
    assert edge.at_s is not None
    [pulse] = lif.compare(subject, (1.02 * edge.at_s, 9e-9))
    for windows, may in (((1.0005, 9e-9), True), ((1.05, 9e-9), False)):
        assert subject.twin.spikes_on(pulse, windows[0] * edge.at_s, windows[1])
        assert subject.twin.spikes_on(0, windows[0] * edge.at_s, windows[1]) is may


def with_pattern(lif: Bench, pattern: str) -> Subject:
    question = replace(lif.question, stimulus=replace(lif.question.stimulus, pattern=pattern))
    return replace(lif.surveyor, _met={}).healthy(question)


def test_the_level_is_that_of_each_pattern(lif: Bench) -> None:
    subject = with_pattern(lif, "0000,1111")
    assert subject.twin is not None
    reader = subject.twin.neuron.reader
    # Four spikes charge the read path before it is asked.
    assert 0.005 < reader.shifts[1] - reader.shifts[0] < 0.02
    edge = lif.surveyor.smallest_integrate(subject, 3e-9)
    assert edge.at_s is not None
    assert lif.compare(subject, (0.99 * edge.at_s, 3e-9), (1.01 * edge.at_s, 3e-9)) == [0, 2]


def test_spikes_that_are_not_sent_at_the_shortest_windows_do_no_harm(lif: Bench) -> None:
    # Grey spikes 5 ns late; the plane begins at a leaky window of 3 ns.
    subject = with_pattern(lif, "11gg")
    lif.compare(subject, (1e-9, 6e-9), (1.3e-9, 9e-9))
    assert subject.twin is not None
    assert not subject.twin.serves(1e-9, 3e-9)
    notes = replace(lif.examiner, healthy=subject).inside(subject).notes
    assert notes["leak_retention"] == "not all inputs spike when the integrate window begins"


def test_windows_that_a_defect_of_the_timing_makes_are_those_of_the_fault_free_circuit(lif: Bench) -> None:
    subject = lif.subject("Tiw:shrink", 0.1e-9)
    assert subject.twin is not None and lif.healthy.twin is not None
    assert subject.twin.shift_s == (pytest.approx(-0.1e-9), 0.0)
    faulty = subject.twin.run([0.9e-9, 1.3e-9], 6e-9, noted=True).noted
    healthy = lif.healthy.twin.run([0.8e-9, 1.2e-9], 6e-9, noted=True).noted
    assert np.abs(faulty - healthy).max() < SAME_STATE


@pytest.mark.parametrize(("name", "severity"), [("Rop1", 1e-3), ("xneuron.xmtj:redeposition", 1e-9)])
def test_a_null_defect_has_the_signature_of_the_fault_free_circuit(lif: Bench, name: str, severity: float) -> None:
    found = lif.examiner.signature(lif.asked(name, severity), pulse=3)
    assert (found.by, found.notes, found.causes) == ("twin", {}, ())
    nominal = lif.examiner.measured(lif.healthy).measured
    nominal = {
        **nominal,
        "spikes_when_driven": True,
        "spikes_when_silent": False,
        "weakest_synapse": 1.0,
        "switched_synapse": 1.0,
    }
    assert set(found.measured) == set(nominal)
    for quantity, value in nominal.items():
        assert found.measured[quantity] == (
            value if isinstance(value, bool) else pytest.approx(value, rel=SAME_SIGNATURE, abs=SAME_SIGNATURE)
        ), quantity


def test_the_fault_free_circuit_is_nominal(lif: Bench) -> None:
    measured = lif.examiner.measured(lif.healthy).measured
    for quantity in ("integration_gain", "leak_retention", "integrate_ratio", "leak_ratio"):
        assert measured[quantity] == pytest.approx(1.0, abs=1e-9)
    assert measured["phase_advance_rad"] == measured["level_shift"] == 0.0
    assert measured["spikes_anywhere"] is True
    assert measured["spikes_at_any_state"] is measured["spikes_at_no_state"] is False


@pytest.fixture(scope="module")
def quant(service: SimulationService) -> Bench:
    return Bench(network.load("crossbar4"), service)


def test_a_neuron_that_spikes_only_where_it_precesses_right_is_not_dead(quant: Bench) -> None:
    # Silent at the longest integrate and the shortest leaky window.
    subject = quant.subject("xneuron.xmtj:redeposition", 0.5)
    at_the_corner, own = quant.in_spice(subject, (2e-9, 3e-9), NOMINAL)
    assert (at_the_corner.values["pulses_to_spike"], own.values["pulses_to_spike"]) == (None, 3)
    assert quant.examiner.measured(subject).measured["spikes_anywhere"] is True


def test_a_verdict_that_changes_the_wrong_way_round_is_no_boundary(quant: Bench) -> None:
    # This neuron precesses: between 8 and 9 ns of leaky window it begins to spike.
    maker = replace(quant.surveyor.maker, plane=Plane((0.9e-9, 1.5e-9), (8e-9, 9e-9)))
    surveyor = replace(quant.surveyor, maker=maker, _met={})
    found = surveyor.largest_leaky(surveyor.healthy(quant.question), 1e-9)
    assert (found.changes, found.spikes_first, found.monotone) == (1, False, False)
    assert found.at_s == pytest.approx(8.05e-9, rel=0.01)


def mapped_by_spice(circuit: Bench, pulse: int) -> str:
    """Check that a circuit has no twin, and that its map is what a full transient says; return the reason."""
    subject = circuit.healthy
    assert subject.twin is None
    found = circuit.surveyor.map(subject, *(np.array([window]) for window in NOMINAL))
    assert (found.first_spike.tolist(), found.in_spice.tolist()) == ([[pulse]], [[True]])
    assert found.reason == subject.reason
    return found.reason


def test_a_circuit_with_clocks_cannot_be_taken_apart(service: SimulationService) -> None:
    circuit = network.load("crossbar4-train")
    timing = circuit.sidecar.stimulus.model_copy(update={"pulses": 3})
    train = Bench(replace(circuit, sidecar=circuit.sidecar.model_copy(update={"stimulus": timing})), service)
    assert mapped_by_spice(train, 3) == "clocks act on the neuron besides the reads"


def without_neuron(lif: Bench) -> Bench:
    sidecar = lif.circuit.sidecar.model_copy(update={"neuron": None})
    return Bench(replace(lif.circuit, sidecar=sidecar), lif.service)


def test_a_circuit_whose_neuron_nobody_names_cannot_be_taken_apart(lif: Bench) -> None:
    assert mapped_by_spice(without_neuron(lif), 3) == "the sidecar names no [neuron]"


def test_where_everything_is_asked_of_spice_there_is_no_twin(lif: Bench) -> None:
    asked = replace(lif.surveyor, always_spice=True)
    subject = asked.healthy(lif.question)
    assert (subject.twin, subject.reason) == (None, "asked for")
    assert asked.faulty(lif.asked("Rop1", 1.0), subject).reason == "asked for"


@dataclass
class Failing:
    """Runs nothing; every simulation ends without a result."""

    simulator: str = "none"

    def submit(self, job: Job, with_waveforms: bool = False) -> Future[Trace]:
        answer: Future[Trace] = Future()
        answer.set_result(Trace(Outcome(Status.BAD_OUTPUT, log_tail="no"), {}))
        return answer

    def close(self) -> None:
        pass


@pytest.fixture
def failed(lif: Bench, tmp_path: Path) -> Iterator[Bench]:
    executor: Executor = Failing()
    with SimulationService(executor, Store(tmp_path / "store.sqlite")) as service:
        yield Bench(lif.circuit, service)


def test_a_simulation_that_fails_is_on_the_map_as_unknown(failed: Bench) -> None:
    assert failed.healthy.reason.startswith("the simulation that ")
    found = failed.surveyor.map(failed.healthy, np.array([1e-9, 2e-9]), np.array([9e-9]))
    assert (found.first_spike == UNKNOWN).all()
    assert found.spiking_share == 0


def test_a_simulation_that_fails_is_no_dead_neuron(failed: Bench) -> None:
    found = failed.examiner.signature(failed.asked("Rop1", 20e3))
    assert found.measured["spikes_anywhere"] is None
    assert "spikes_anywhere" in found.notes
    bands = dict.fromkeys(found.measured, Band(0.0, 1.0))
    assert load_behaviours().names("tester", found.measured, bands) == ("Unclassifiable",)


def test_a_line_on_which_simulations_fail_is_not_one_without_spikes(failed: Bench) -> None:
    found = failed.examiner.signature(failed.asked("Rop1", 20e3))
    assert found.measured["integrate_ratio"] is None
    assert "spikes nowhere" not in found.notes["integrate_ratio"]


def test_a_window_of_which_a_defect_leaves_nothing_ends_no_examination(lif: Bench) -> None:
    # The plane begins at an integrate window of 0.2 ns.
    assert lif.examiner.signature(lif.asked("Tiw:shrink", 0.5e-9)).notes
