"""Everything that a tester could try: families of patterns, windows, and tests of campaigns."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from faultsim import library
from faultsim.campaigns import spec
from faultsim.campaigns.plan import Plan, make_plan
from faultsim.circuits import network
from faultsim.circuits.network import Network
from faultsim.errors import SpecError
from faultsim.vectors.candidate import SPIKE, Candidate, candidates
from faultsim.vectors.patterns import FAMILIES, rows_of, spelled
from faultsim.vectors.space import SpaceSpec, check_space, load_space
from faultsim.vectors.tester import load_tester

CIRCUIT = network.load("crossbar4")
BENCH = load_tester("bench")


def plan(name: str) -> Plan:
    return make_plan(*spec.load(name))


def of(space: SpaceSpec, circuit: Network = CIRCUIT, plans: tuple[Plan, ...] = ()) -> list[Candidate]:
    found, refused = candidates(circuit, space, BENCH, plans, [])
    assert not refused
    return found


@pytest.mark.parametrize("name", library.names("candidates"))
def test_every_space_of_the_library_fits_a_circuit(name: str) -> None:
    path, space = load_space(name)
    circuit = network.load("crossbar4" if name == "small" else "crossbar16")
    check_space(path, space, circuit)
    tried, refused = candidates(circuit, space, BENCH, [], [])
    assert tried and not refused
    assert len({one.id for one in tried}) == len(tried)


@pytest.mark.parametrize(
    ("family", "patterns"),
    [
        ("full", ["1111"]),
        ("silent", ["0000"]),
        ("single", ["1000", "0100", "0010", "0001"]),
        ("walking", ["0111", "1011", "1101", "1110"]),
        ("cumulative", ["1000", "1100", "1110", "1111"]),
        ("checkerboard", ["1010", "0101"]),
        ("staggered", ["1ggg", "g111", "1g1g", "g1g1"]),
        ("all", ["".join(bits) for bits in product("01", repeat=4)]),
        ("0g10", ["0g10"]),
    ],
)
def test_families_of_patterns(family: str, patterns: list[str]) -> None:
    assert spelled(CIRCUIT, [family], []) == patterns


def test_every_family_is_tried_here() -> None:
    tried = {"full", "silent", "single", "walking", "cumulative", "checkerboard", "staggered", "all", "targeted"}
    assert set(FAMILIES) == tried


def test_of_many_inputs_all_patterns_are_a_few_and_those_that_are_aimed_at_defects() -> None:
    circuit = network.load("crossbar64")
    defects = plan("crossbar64").simulated
    patterns = spelled(circuit, ["all"], defects)
    assert len(patterns) < 2 + 3 * 64 + 8 + 3 * len(defects)
    assert "1" * 64 in patterns and "0" * 64 in patterns
    for defect in defects:
        rows = rows_of(circuit, defect)
        aimed = spelled(circuit, ["targeted"], [defect])
        assert {pattern.count("1") for pattern in aimed} <= {1, len(rows), 64 - len(rows)}
        assert all("0" * row + "1" + "0" * (63 - row) in aimed for row in rows)
        assert bool(aimed) == bool(rows)


@pytest.mark.parametrize(
    ("campaign", "defect", "rows"),
    [
        ("bridges4", "in1~in2:bridge", [0, 1]),
        ("bridges4", "in3~vdd:bridge", [2]),
        ("bridges4", "bl~0:bridge", []),
        ("bridges4", "xcell1.ma1.d-g:short", [0]),
        ("lats2024", "Rop4", [0]),
        ("lats2024", "Rop2", [1]),
        ("devices4", "xcell1.xmtj:pinhole", [0]),
        ("devices4", "xneuron.xmtj:pinhole", []),
    ],
)
def test_which_rows_a_defect_touches(campaign: str, defect: str, rows: list[int]) -> None:
    assert rows_of(CIRCUIT, plan(campaign).known[defect]) == rows


def test_spikes_are_tried_at_all_pairs_of_windows_ends_of_the_neuron_s_range_with_them() -> None:
    part = {
        "patterns": ["full"],
        "integrate": [0.5, 1],
        "leaky": ["shortest", 1, "longest"],
        "vdd": [1, 1.1],
        "pulses": 5,
    }
    found = of(SpaceSpec.model_validate({"title": "t", "rest": 0, "spikes": [part]}))
    assert {one.observable for one in found} == {SPIKE}
    windows = {(one.stimulus.spec.integrate, one.stimulus.spec.leaky, one.conditions.vdd_v) for one in found}
    assert windows == set(product([0.5e-9, 1e-9], [3e-9, 9e-9, 14e-9], [1.1, 1.21]))
    assert {one.stimulus.spec.pulses for one in found} == {5}


def test_writes_begin_with_the_deck_s_weights_and_read_what_was_written_alone() -> None:
    part = {"cells": ["each", "all"], "programs": ["0", "01"], "observable": "im_wr_a", "stimulus": {"pulses": 1}}
    found = of(SpaceSpec.model_validate({"title": "t", "rest": 0, "writes": [part]}))
    assert [(one.stimulus.program, one.stimulus.pattern) for one in found[:2]] == [
        ("0---", "1000"),
        ("0---,1---", "1000"),
    ]
    assert found[-1].stimulus.program == "0000,1111"
    assert found[-1].stimulus.pattern == "1111"
    assert {one.stimulus.weights for one in found} == {""}


def test_a_campaign_s_tests_are_candidates_that_write_the_weights_that_they_need() -> None:
    empty = SpaceSpec.model_validate({"title": "t", "rest": 0})
    found = {one.id: one for one in of(empty, plans=(plan("lats2024"), plan("devices4")))}
    written = found["lats2024, program-then-read, original"]
    assert (written.stimulus.weights, written.stimulus.program) == ("", "0---,1---")
    assert found["devices4, write 0, read, original"].stimulus.program == "0---"
    # The pulse of the first spike says more than whether there is one, and both campaigns ask for the same stimulus.
    assert found["lats2024, inference, original"].observable == SPIKE
    assert "devices4, inference, original" not in found


def test_what_the_tester_cannot_apply_is_said_of_each_candidate() -> None:
    _, space = load_space("small")
    tried, refused = candidates(CIRCUIT, space, load_tester("production"), [], [])
    assert not tried
    assert all("read pulse" in one.reason for one in refused)
    strict = replace(BENCH, spec=BENCH.spec.model_copy(update={"shortest_pulse": 0.9e-9}))
    assert any("integrate window" in one.reason for one in candidates(CIRCUIT, space, strict, [], [])[1])


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"currents": [{"patterns": ["full"], "observable": "im_wr"}]}, "observable 'im_wr': is not in the sidecar"),
        ({"spikes": [{"patterns": ["fulll"], "pulses": 1}]}, "did you mean full"),
        ({"spikes": [{"patterns": ["11"], "pulses": 1}]}, "with 2 symbols"),
        ({"writes": [{"cells": ["each"], "programs": ["2"], "observable": "im_wr_a"}]}, "programs '2': are 0s and 1s"),
        ({}, "names no candidates"),
    ],
)
def test_a_space_that_does_not_fit_the_circuit(table: dict[str, object], said: str) -> None:
    space = SpaceSpec.model_validate({"title": "t", "rest": 0, **table})
    with pytest.raises(SpecError) as caught:
        check_space(Path("mine.toml"), space, CIRCUIT)
    assert said in str(caught.value)


def test_a_circuit_without_a_neuron_or_programming_takes_less() -> None:
    bare = CIRCUIT.sidecar.model_copy(
        update={"neuron": None, "stimulus": CIRCUIT.sidecar.stimulus.model_copy(update={"program": None})}
    )
    _, space = load_space("small")
    with pytest.raises(SpecError) as caught:
        check_space(Path("mine.toml"), space, replace(CIRCUIT, sidecar=bare))
    assert "cannot be programmed" in str(caught.value)
    assert "has no [neuron] with a range" in str(caught.value)
