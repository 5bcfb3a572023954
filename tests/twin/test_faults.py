"""Faults of functional networks: what each does to a crossbar, how many parts have it, what circuits make of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from faultsim.errors import SpecError, UsageError
from faultsim.learning.twin.crossbar import Crossbar
from faultsim.learning.twin.fault import Fault
from faultsim.learning.twin.fault_kind import FaultKind
from faultsim.learning.twin.fault_map import FaultRow, mean_rows
from faultsim.learning.twin.fault_spec import load_fault_map
from faultsim.learning.twin.network_spec import MOST_JUNCTIONS
from faultsim.learning.twin.severities import read_behaviours, severity_rows
from tests.twin.test_loop import CODING, picture, recipe

COUNTS = {kind: 12 * 5 if kind.of_synapses else 5 for kind in FaultKind}


def crossbar() -> Crossbar:
    return Crossbar.drawn(recipe(), 12, 5, 3)


def faulty(found: Crossbar, good: Crossbar, kind: FaultKind) -> int:
    """Return how many parts differ."""
    if kind is FaultKind.DEAD_SYNAPSE:
        return int((found.synapses.alive == 0).sum())
    if kind.of_synapses:
        return int((found.synapses.free != good.synapses.free).sum())
    changed: dict[FaultKind, Callable[[Crossbar], np.ndarray]] = {
        FaultKind.DEAD_NEURON: lambda one: ~one.neurons.able,
        FaultKind.ALWAYS_SPIKING: lambda one: one.neurons.eager,
        FaultKind.BEHAVIOUR: lambda one: one.neurons.gains != 1,
    }
    return int(changed[kind](found).sum())


@pytest.mark.parametrize("kind", FaultKind)
@pytest.mark.parametrize("share", [0.0, 0.2, 0.6, 1.0])
def test_as_many_parts_have_it_as_are_asked_for_and_nothing_else_changes(kind: FaultKind, share: float) -> None:
    good, found = crossbar(), crossbar()
    Fault("a", kind, gain=0.5).inject(found, share, seed=1)
    assert faulty(found, good, kind) == round(share * COUNTS[kind])
    if share == 0:
        assert all((one == other).all() for one, other in zip(found.synapses, good.synapses, strict=True))
        assert all((one == other).all() for one, other in zip(found.neurons, good.neurons, strict=True))


def test_a_larger_share_has_the_parts_of_a_smaller_one() -> None:
    few, many, other = crossbar(), crossbar(), crossbar()
    dead = Fault("dead", FaultKind.DEAD_SYNAPSE)
    dead.inject(few, 0.1, seed=1)
    dead.inject(many, 0.3, seed=1)
    dead.inject(other, 0.1, seed=2)
    assert ((few.synapses.alive == 0) <= (many.synapses.alive == 0)).all()
    assert (few.synapses.alive != other.synapses.alive).any()


@pytest.mark.parametrize(("kind", "state"), [(FaultKind.STUCK_PARALLEL, 1), (FaultKind.STUCK_ANTIPARALLEL, 0)])
@pytest.mark.parametrize("junctions", [1, 2, 3])
def test_stuck_junctions_keep_their_state_while_others_learn(kind: FaultKind, state: int, junctions: int) -> None:
    found = crossbar()
    Fault("stuck", kind, junctions=junctions).inject(found, 1.0, seed=1)
    for number in range(8):
        found.learn(CODING.trains(picture()), number)
    for junction in range(junctions):
        assert (found.synapses.bits >> np.uint64(junction) & np.uint64(1) == state).all()
    if junctions < 3:
        assert 0 < (found.synapses.bits >> np.uint64(2) & np.uint64(1)).mean() < 1


def test_a_synapse_that_is_stuck_stays_as_it_is() -> None:
    found, other = crossbar(), crossbar()
    Fault("stuck", FaultKind.STUCK, junctions=MOST_JUNCTIONS).inject(found, 1.0, seed=1)
    for number in range(8):
        found.learn(CODING.trains(picture()), number)
        other.learn(CODING.trains(picture()), number)
    assert (found.synapses.bits == crossbar().synapses.bits).all()
    assert (other.synapses.bits != crossbar().synapses.bits).any()


def test_what_a_behaviour_s_file_says_is_the_fault(tmp_path: Path) -> None:
    called = ("Always-Spiking", "Stuck Synapse + Slow-to-Integrate", "Weak-Synapse + Slow-to-Integrate", "Their Own")
    lines = [f"c,r{place}:open,{place}.0,ohm,0.9,1.0,{name}\n" for place, name in enumerate(called)]
    (tmp_path / "behaviours.csv").write_text(HEAD + "".join(lines))
    kinds = [one.fault.kind for one in read_behaviours(tmp_path) if one.fault is not None]
    assert kinds == [FaultKind.ALWAYS_SPIKING, FaultKind.STUCK, FaultKind.BEHAVIOUR, FaultKind.BEHAVIOUR]


def test_a_column_without_synapses_never_spikes_and_one_that_always_spikes_holds_all_others_down() -> None:
    dead, eager = crossbar(), crossbar()
    Fault("dead", FaultKind.DEAD_SYNAPSE).inject(dead, 1.0, seed=1)
    assert dead.recall(CODING.trains(picture())).outputs.size == 0
    Fault("eager", FaultKind.ALWAYS_SPIKING).inject(eager, 0.2, seed=1)
    spikes = eager.recall(CODING.trains(np.zeros(12)))
    assert set(spikes.outputs) == set(np.flatnonzero(eager.neurons.eager))
    assert np.diff(spikes.times_s) == pytest.approx(eager.recipe.output.pause_s, rel=1e-9)


def test_a_slow_output_spikes_later_and_a_fast_one_sooner() -> None:
    instants = {}
    for gain in (0.5, 1.0, 2.0):
        found = Crossbar.drawn(recipe(), 12, 1, 3)
        Fault("gain", FaultKind.BEHAVIOUR, gain=gain).inject(found, 1.0, seed=1)
        instants[gain] = found.recall(CODING.trains(picture())).times_s[0]
    assert instants[2.0] < instants[1.0] < instants[0.5]


def test_what_is_kept_from_one_pulse_to_the_next_is_the_leak() -> None:
    found = crossbar()
    made, period_s = found.recipe, 1 / found.recipe.coding.fastest_hz
    for retention in (0.5, 1.0, 1.2):
        leak = Fault("leak", FaultKind.BEHAVIOUR, retention=retention).leak(found)
        kept = math.exp(-period_s * leak / made.output.leaking_s)
        assert kept == pytest.approx(retention * math.exp(-period_s / made.output.leaking_s))
    assert Fault("leak", FaultKind.BEHAVIOUR, retention=100).leak(found) == 0


def test_means_are_compared_seed_by_seed() -> None:
    rows = [FaultRow("none", "", 0.0, seed, accuracy, 0.0) for seed, accuracy in ((1, 0.81), (2, 0.79))]
    rows += [FaultRow("dead", "after", 0.1, seed, accuracy, 0.0) for seed, accuracy in ((1, 0.71), (2, 0.69))]
    good, dead = mean_rows(rows)
    assert (good.accuracy, good.lost) == (pytest.approx(0.8), 0)
    assert (dead.accuracy, dead.lost) == (pytest.approx(0.7), pytest.approx(0.1))
    # Student's factor for two is 12.706.
    assert dead.high == pytest.approx(0.7 + 12.706 * 0.01, rel=1e-4)
    assert (dead.lost_low, dead.lost_high) == (pytest.approx(0.1), pytest.approx(0.1))
    assert mean_rows(rows[:1])[0].low is None
    wide = [FaultRow("none", "", 0.0, seed, accuracy, 0.0) for seed, accuracy in ((1, 0.9), (2, 0.7))]
    assert (mean_rows(wide)[0].low, mean_rows(wide)[0].high) == (0.0, 1.0)


MAP = """\
kind = "fault-map"
title = "t"
network = "digits"
shares = [0.1, 0.5]
moments = ["after"]
[[faults]]
name = "dead"
kind = "dead-synapse"
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[0.1, 0.5]", "[0.1, 0.5, 0.1]", "shares: 0.1 more than once"),
        ('["after"]', '["after", "after"]', "moments: after more than once"),
        ("[[faults]]", '[[faults]]\nname = "dead"\nkind = "dead-neuron"\n[[faults]]', "faults: dead more than once"),
        ('"dead-synapse"', '"dead-synapse"\ngain = 0.5', "a dead-synapse takes no gain"),
        ('"dead-synapse"', '"dead-neuron"\njunctions = 2', "a dead-neuron takes no junctions"),
        ('"dead-synapse"', '"behaviour"', "needs a gain or a retention other than 1"),
        ('"dead-synapse"', '"stuck"\njunctions = 9', "dead: 9 junctions (synapses of"),
        ('"digits"', '"letters"', "letters.toml is no functional network"),
        ('"digits"', '"none.toml"', "map.toml: network: no training named 'none.toml'"),
    ],
)
def test_a_map_that_would_mislead_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    (tmp_path / "map.toml").write_text(MAP)
    load_fault_map(tmp_path / "map.toml")
    (tmp_path / "map.toml").write_text(MAP.replace(old, new))
    with pytest.raises(SpecError) as refused:
        load_fault_map(tmp_path / "map.toml")
    assert said in str(refused.value)


WINDOWS = """\
circuit,defect_id,severity,unit,window,integration_gain,leak_retention,behaviours
c,a:open,1.0,ohm,original,0.8,1.0,Slow-to-Integrate
c,a:open,1.0,ohm,longer,0.9,1.0,Slow-to-Integrate
"""


def test_of_several_windows_the_first_counts_and_is_named(tmp_path: Path) -> None:
    (tmp_path / "behaviours.csv").write_text(WINDOWS)
    (one,) = read_behaviours(tmp_path)
    assert one.fault is not None
    assert (one.window, one.fault.gain) == ("original", 0.8)


HEAD = "circuit,defect_id,severity,unit,integration_gain,leak_retention,behaviours\n"
TABLE = (
    f"{HEAD}c,a:open,1000.0,ohm,0.8,0.99,Slow-to-Integrate\nc,a:open,1000.0,ohm,0.8,0.99,Slow-to-Integrate\n"
    "c,b:open,5.0,ohm,,,Dead Neuron\nc,d:open,5.0,ohm,,,Dead Synapse\nc,e:open,5.0,ohm,,,Unclassifiable\n"
)


def test_behaviours_of_a_run_are_faults_each_once(tmp_path: Path) -> None:
    (tmp_path / "behaviours.csv").write_text(TABLE)
    slow, dead, synapse, unknown = read_behaviours(tmp_path)
    assert slow.fault == Fault("a:open 1000 ohm", FaultKind.BEHAVIOUR, gain=0.8, retention=0.99)
    assert dead.fault is not None
    assert dead.fault.kind is FaultKind.DEAD_NEURON
    assert synapse.fault is not None
    assert synapse.fault.kind is FaultKind.DEAD_SYNAPSE
    assert unknown.fault is None
    rows = [FaultRow("none", "", 0.0, 1, 0.9, 0.0), FaultRow("a:open 1000 ohm", "after", 0.1, 1, 0.7, 0.0)]
    first, *_, last = severity_rows([slow, unknown], mean_rows(rows))
    assert (first.severity, first.integration_gain, first.accuracy) == (1000, 0.8, 0.7)
    assert (first.moment, first.share) == ("after", 0.1)
    assert (last.defect_id, last.accuracy) == ("e:open", None)


def test_a_folder_without_behaviours_and_a_table_of_something_else_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no behaviours\.csv there"):
        read_behaviours(tmp_path)
    (tmp_path / "behaviours.csv").write_text("circuit,defect_id\n")
    with pytest.raises(SpecError, match="has no column severity, unit, integration_gain"):
        read_behaviours(tmp_path)
