"""A tester's program as it comes back from its STIL file drives the circuit as the certificates were simulated."""

from __future__ import annotations

import re
import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from faultsim.campaigns import spec
from faultsim.campaigns.limits import Range
from faultsim.campaigns.plan import make_plan
from faultsim.circuits import bench, network
from faultsim.circuits.network import Network
from faultsim.circuits.program import restoring
from faultsim.circuits.stimulus import Stimulus
from faultsim.errors import SpecError
from faultsim.vectors.assemble import CAPTURE, INITIAL, TRIGGER, Assembler
from faultsim.vectors.candidate import SPIKE, Candidate, candidates
from faultsim.vectors.check import Check
from faultsim.vectors.fit import check_fit
from faultsim.vectors.played import play
from faultsim.vectors.program import Edge, Signal, SignalKind, TestProgram, Vector
from faultsim.vectors.replay import shown
from faultsim.vectors.space import SpaceSpec, load_space
from faultsim.vectors.stil_reader import read_stil
from faultsim.vectors.stil_writer import stil_text
from faultsim.vectors.tester import load_tester

CIRCUIT = network.load("crossbar4")
BENCH = load_tester("bench")
ENDS = ("shortest", "longest")


def every_candidate(circuit: Network, campaign: str, space: str = "small") -> list[Candidate]:
    plan = make_plan(*spec.load(campaign))
    return candidates(circuit, load_space(space)[1], BENCH, [plan], [])[0]


@cache
def first_candidate() -> Candidate:
    return every_candidate(CIRCUIT, "lats2024")[0]


def check_of(candidate: Candidate, low: float = 1, high: float | None = None) -> Check:
    limits = Range(low, candidate.stimulus.spec.pulses if high is None else high)
    return Check(candidate, limits, limits, None)


def program_of(circuit: Network, checks: list[Check], rest_s: float = 1e-6) -> TestProgram:
    return Assembler(circuit, BENCH, rest_s).program("all", checks, [["what it covers"]] * len(checks))


def chosen(program: TestProgram) -> list[Vector]:
    """Return the vectors but for the one that writes the weights."""
    return [vector for vector in program.vectors if vector.name != INITIAL]


def at_level(program: TestProgram, **changes: float | None) -> TestProgram:
    """Return a program with variables of all its levels changed, or taken away."""
    values = [{**level.values, **changes} for level in program.levels]
    levels = [
        replace(level, values={name: value for name, value in own.items() if value is not None}, where="it.stil:7")
        for level, own in zip(program.levels, values, strict=True)
    ]
    return replace(program, levels=tuple(levels), where="it.stil")


def written_and_read(program: TestProgram, folder: Path) -> TestProgram:
    path = folder / "vectors.stil"
    path.write_text(stil_text(program))
    return read_stil(path)


@pytest.mark.parametrize(
    ("name", "campaign"), [("crossbar4", "lats2024"), ("crossbar4-lif", "lats2024-lif"), ("crossbar16", "crossbar16")]
)
def test_every_candidate_makes_the_same_deck_by_way_of_the_file(name: str, campaign: str, tmp_path: Path) -> None:
    circuit = network.load(name)
    checks = [check_of(one) for one in every_candidate(circuit, campaign, "large" if name == "crossbar16" else "small")]
    program = written_and_read(program_of(circuit, checks), tmp_path)
    simulation = circuit.sidecar.simulation
    for check, vector in zip(checks, chosen(program), strict=True):
        ready, candidate = play(circuit, program, vector), check.candidate
        asked = bench.job(circuit, candidate.stimulus, candidate.conditions, simulation)
        played = bench.job(circuit, ready.stimulus, ready.conditions, simulation)
        assert played.deck == asked.deck, candidate.id
        assert played.stop_s == pytest.approx(asked.stop_s, abs=1e-18)
        assert ready.measures == candidate.measures
        times = [played.scope["mid_integrate"][0], asked.scope["mid_integrate"][0]]
        assert times[0] == pytest.approx(times[1], abs=1e-18)


@given(
    update=st.fixed_dictionaries(
        {
            "time_resolution": st.sampled_from([1e-15, 1e-12, 2e-12, 5e-12, 1e-11, 3.9e-11]),
            "edge_accuracy": st.floats(0, 1e-11),
            "strobe_guard": st.floats(0, 3e-11),
            "shortest_pulse": st.floats(5e-11, 3e-10),
            "shortest_period": st.floats(1e-10, 3e-9),
            "longest_period": st.floats(1.2e-8, 1e-5),
            "voltage_resolution": st.floats(1e-4, 0.2),
            "voltage_accuracy": st.floats(0, 0.05),
            "current_resolution": st.sampled_from([1e-9, 1e-8]),
        }
    ),
    first=st.integers(0, 39),
)
@settings(max_examples=12, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
def test_whatever_the_tester_what_it_can_apply_is_what_was_simulated(update: dict[str, float], first: int) -> None:
    tester = replace(BENCH, spec=BENCH.spec.model_copy(update=update))
    space, plan = load_space("small")[1], make_plan(*spec.load("lats2024"))
    usable, refused = candidates(CIRCUIT, space, tester, [plan], [])
    assert all(one.reason for one in refused)
    checks = [check_of(one) for one in usable[first::40]]
    if not checks:
        return
    program = Assembler(CIRCUIT, tester, 1e-6).program("all", checks, [["what it covers"]] * len(checks))
    with tempfile.TemporaryDirectory() as folder:
        program = written_and_read(program, Path(folder))
    step_fs, ends_fs = round(update["time_resolution"] * 1e15), [update[f"{end}_period"] * 1e15 for end in ENDS]
    written = {cycle.table for cycle in program.vectors[0].cycles}
    for table in program.tables:
        # The weights that all begin with are written by another vector, which is refused as a whole.
        assert table.name in written or ends_fs[0] - 1 <= table.period_fs <= ends_fs[1] + 1
        edges = [edge.time_fs for waves in table.waves.values() for wave in waves.values() for edge in wave]
        assert all(edge % step_fs == 0 and 0 <= edge < table.period_fs for edge in edges)
    for check, vector in zip(checks, chosen(program), strict=True):
        ready, candidate = play(CIRCUIT, program, vector), check.candidate
        asked, played = (
            bench.job(CIRCUIT, one.stimulus, one.conditions, CIRCUIT.sidecar.simulation) for one in (candidate, ready)
        )
        assert played.deck == asked.deck, candidate.id


def test_a_circuit_with_clocks_and_patterns_that_take_turns(tmp_path: Path) -> None:
    circuit = network.load("crossbar4-train")
    stimulus = Stimulus("1ggg,0101,1111", circuit.sidecar.stimulus.model_copy(update={"pulses": 5}))
    fitted, point = BENCH.fitted(stimulus, bench.nominal(circuit))
    check = check_of(Candidate("turns", fitted, point, SPIKE))
    program = written_and_read(program_of(circuit, [check]), tmp_path)
    ready = play(circuit, program, chosen(program)[0])
    simulation = circuit.sidecar.simulation
    decks = [bench.job(circuit, one, point, simulation).deck for one in (fitted, ready.stimulus)]
    # The title alone differs: the file does not say that patterns take turns.
    assert decks[0].splitlines()[1:] == decks[1].splitlines()[1:]


@pytest.mark.parametrize(
    ("low", "high", "pulses", "events"),
    [(2, 4, 4, "LXXH"), (1, 1, 1, "H"), (3, 3, 3, "LLH"), (5, float("inf"), 4, "LLLL")],
)
def test_the_output_is_compared_with_the_limits_and_nothing_else(
    low: float, high: float, pulses: int, events: str
) -> None:
    first = first_candidate()
    timing = first.stimulus.spec.model_copy(update={"pulses": pulses})
    check = check_of(replace(first, stimulus=replace(first.stimulus, spec=timing)), low, high)
    program = program_of(CIRCUIT, [check])
    ready = play(CIRCUIT, program, chosen(program)[0])
    wanted = [(pulse, event) for pulse, event in enumerate(events, start=1) if event != "X"]
    assert [(compare.pulse, compare.event) for compare in ready.compares] == wanted
    for value in (None, *range(1, pulses + 1)):
        assert shown(ready.compares, value) == check.limits.passes(None, value)
    for compare in ready.compares:
        assert compare.time_s > ready.stimulus.strobes_s[compare.pulse - 1][1]


def test_a_vector_ends_with_its_rest_in_periods_that_the_tester_has() -> None:
    first = first_candidate()
    assert BENCH.spec.longest_period == 10e-6
    for rest_s, count in ((0.0, 0), (1e-6, 1), (25e-6, 3)):
        program = program_of(CIRCUIT, [check_of(first)], rest_s)
        tables = {table.name: table for table in program.tables}
        idle = chosen(program)[0].cycles[4:]
        assert len(idle) == count
        assert sum(tables[cycle.table].period_fs for cycle in idle) >= rest_s * 1e15


@pytest.mark.parametrize(
    ("program", "restores"),
    [("", ""), ("0---", "1---"), ("0---,1---", ""), ("00--,1---", "-1--"), ("1---", ""), ("0000,---1", "111-")],
)
def test_the_weights_of_the_deck_are_written_first_and_written_back(program: str, restores: str) -> None:
    stimulus = Stimulus("1000", CIRCUIT.sidecar.stimulus, program=program)
    [candidate] = [
        one
        for one in candidates(CIRCUIT, space_of(program), BENCH, [], [])[0]
        if one.stimulus.program == program and len(one.stimulus.pattern) == 4
    ][:1] or [Candidate("plain", stimulus, bench.nominal(CIRCUIT), SPIKE, restoring("1111", program))]
    assert candidate.restores == restores
    made = program_of(CIRCUIT, [check_of(candidate)])
    first, second = made.vectors
    assert [cycle.table for cycle in first.cycles[1:-1]] == ["write_1"]
    tail = [cycle.table for cycle in second.cycles if cycle.table.startswith("write")]
    steps = [symbol for step in program.split(",") for symbol in "01" if symbol in step]
    assert len(tail) == len(steps) + len(set(restores) & {"0", "1"})
    longer = check_of(candidate).time_s(BENCH, 0.0) - check_of(replace(candidate, restores="")).time_s(BENCH, 0.0)
    assert (longer > 0) == bool(restores)


def space_of(program: str) -> SpaceSpec:
    part = {"cells": ["each"], "programs": ["0", "01"], "observable": "im_wr_a", "stimulus": {"pulses": 1}}
    return SpaceSpec.model_validate({"title": program, "rest": 0, "writes": [part]})


def test_what_drives_is_all_that_is_in_the_program() -> None:
    first = first_candidate()
    program = program_of(CIRCUIT, [check_of(first)])
    kinds = {signal.name: signal.kind for signal in program.signals}
    assert [kinds[name] for name in ("in1", "rd", "pe", "dep1", "sl", CAPTURE, TRIGGER)] == [SignalKind.IN] * 7
    assert (kinds["out"], kinds["vdd"], kinds["vb"]) == (SignalKind.OUT, SignalKind.SUPPLY, SignalKind.SUPPLY)
    assert program.levels[0].values["high_rd"] == pytest.approx(1.65)


def deck_of(program: TestProgram) -> str:
    [vector] = chosen(program)
    ready = play(CIRCUIT, program, vector)
    return bench.job(CIRCUIT, ready.stimulus, ready.conditions, CIRCUIT.sidecar.simulation).deck


@pytest.mark.parametrize(
    ("variable", "value", "driven"),
    [
        ("high_vb", 0.1, "VFS_vb vb 0 0.1"),
        ("high_vb", -3.0, ".ic v(vb)=-3"),
        ("high_rd", 0.3, r"VFS_rd rd 0 PWL\(0 0 [\d.e-]+ 0 [\d.e-]+ 0.3 "),
        ("high_pe", 0.2, r"VFS_pe pe 0 PWL\(0 0 [\d.e-]+ 0 [\d.e-]+ 0.2 "),
        ("high_in2", 0.9, r"VFS_in2 in2_drv 0 PWL\(0 0 [\d.e-]+ 0 [\d.e-]+ 0.9 "),
        ("high_vdd", 1.0, "VFS_vdd vdd 0 1\n"),
        ("vdd_v", 1.105, "VFS_vdd vdd 0 1.105"),
        ("edge_s", 30e-12, "VFS_pe pe 0 PWL(0 0 1.0085e-08 0 1.0115e-08 1.65 "),
    ],
)
def test_every_level_of_the_file_drives_the_circuit(variable: str, value: float, driven: str, tmp_path: Path) -> None:
    first = first_candidate()
    candidate = replace(first, stimulus=replace(first.stimulus, pattern="1111", program="0---"))
    program = program_of(CIRCUIT, [check_of(candidate)])
    changed = written_and_read(at_level(program, **{variable: value}), tmp_path)
    found, own = deck_of(changed), deck_of(program)
    pattern = driven if "\\" in driven else re.escape(driven)
    assert re.search(pattern, found) and not re.search(pattern, own)
    if variable.startswith("high_"):
        # The other levels are as they were, and small steps do not rest on a firing level that may have moved.
        signal = variable.removeprefix("high_")
        others = [
            [row for row in deck.splitlines() if row.startswith(("VFS_", ".ic")) and signal not in row]
            for deck in (found, own)
        ]
        assert others[0] == others[1]
        assert "u(1)" in found and "u(1)" not in own


def test_levels_with_edges_of_their_own_are_levels_of_their_own() -> None:
    first = first_candidate()
    slow = replace(first.stimulus, spec=first.stimulus.spec.model_copy(update={"edge": 30e-12}))
    program = program_of(CIRCUIT, [check_of(first), check_of(replace(first, stimulus=slow)), check_of(first)])
    levels = {level.name: level.values["edge_s"] for level in program.levels}
    assert [levels[vector.level] for vector in chosen(program)] == [20e-12, 30e-12, 20e-12]


def refused(circuit: Network, program: TestProgram) -> str:
    with pytest.raises(SpecError) as error:
        check_fit(circuit, program, [vector.name for vector in program.vectors])
    return str(error.value)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"high_vb": None}, "it.stil:7: Category vdd_1v1 has no high_vb, the high level of vb (add it)"),
        ({"vdd_v": None}, "it.stil:7: Category vdd_1v1 has no vdd_v, the supply (add it)"),
        ({"edge_s": None}, "it.stil:7: Category vdd_1v1 has no edge_s, the time of an edge (add it)"),
        ({"edge_s": 0.0}, "it.stil:7: edge_s is 0 s (an edge takes some time)"),
        ({"edge_s": 2e-10}, "it.stil:7: edge_s is 200 ps, and a pulse of rd in v001 is 200 ps long"),
        ({"high_bv": 1.0}, "it.stil:7: high_bv drives nothing (did you mean high_vb or"),
        ({"high_out": 1.0}, "it.stil:7: high_out drives nothing (did you mean"),
    ],
)
def test_levels_that_cannot_drive_the_circuit_are_refused(changes: dict[str, float | None], said: str) -> None:
    first = first_candidate()
    program = at_level(program_of(CIRCUIT, [check_of(first)]), **changes)
    assert refused(CIRCUIT, program).startswith(said)


def test_programs_that_do_not_fit_the_circuit_are_refused() -> None:
    first = first_candidate()
    program = at_level(program_of(CIRCUIT, [check_of(first)]))
    check_fit(CIRCUIT, program, [vector.name for vector in program.vectors])
    assert "it.stil: there is no signal in5, the In of crossbar16 for input" in refused(
        network.load("crossbar16"), program
    )
    signals = (*program.signals, Signal("foo", SignalKind.SUPPLY))
    assert refused(CIRCUIT, replace(program, signals=signals)).startswith(
        "it.stil: crossbar4 has no net for signal foo"
    )
    signals = tuple(
        replace(signal, kind=SignalKind.IN) if signal.name == "vb" else signal for signal in program.signals
    )
    assert "it.stil: signal vb is In, and has to be Supply for crossbar4" in refused(
        CIRCUIT, replace(program, signals=signals)
    )
    tables = tuple(
        replace(table, waves={**table.waves, CAPTURE: {"0": (Edge(0, "D"),), "1": (Edge(0, "D"),)}})
        for table in program.tables
    )
    vectors = tuple(replace(vector, where=f"it.stil:{vector.name}") for vector in program.vectors)
    said = refused(CIRCUIT, replace(program, tables=tables, vectors=vectors))
    assert said.startswith("it.stil:v001: vector v001 never opens the capture, signal cap")
