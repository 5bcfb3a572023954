"""Where a tester's program is not what was certified: each cause once, levels first."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from faultsim.circuits import network
from faultsim.vectors.assemble import INITIAL, Assembler
from faultsim.vectors.candidate import candidates
from faultsim.vectors.check import Check, spike_check
from faultsim.vectors.differences import beyond, changes, differences
from faultsim.vectors.program import TestProgram, edge_pairs
from faultsim.vectors.record import SetRecord, VectorRecord
from faultsim.vectors.recorder import applied_records
from faultsim.vectors.space import SpaceSpec
from faultsim.vectors.stil_reader import read_stil
from faultsim.vectors.stil_writer import stil_text
from faultsim.vectors.tester import load_tester
from faultsim.vectors.vector_set import in_turn

CIRCUIT = network.load("crossbar4")
BENCH = load_tester("bench")


def checks_of(vdd: list[float], patterns: list[str]) -> list[Check]:
    space = {"title": "some", "rest": "1u", "spikes": [{"patterns": patterns, "vdd": vdd, "pulses": 3}]}
    tried, _ = candidates(CIRCUIT, SpaceSpec.model_validate(space), BENCH, [], [])
    found = [spike_check(one, [3], 3) for one in tried]
    return [check for check in found if check is not None]


ROWS = checks_of([1, 1.1], ["1111", "0111"])
PROGRAM = Assembler(CIRCUIT, BENCH, 1e-6).program("some", ROWS, [["it"]] * len(ROWS))


def record_of(program: TestProgram) -> SetRecord:
    edges = {vector.name: edge_pairs(program, vector) for vector in program.vectors}
    return SetRecord.model_construct(
        tester="bench",
        tester_v=(-1.0, 2.5),
        applied=list(applied_records(CIRCUIT, program)),
        initial=edges[INITIAL],
        vectors=[VectorRecord.model_construct(name=name, edges=own) for name, own in edges.items() if name != INITIAL],
    )


RECORD = record_of(PROGRAM)
TEXT = stil_text(PROGRAM)


def told(text: str, folder: Path) -> list[str]:
    path = folder / "it.stil"
    path.write_text(text)
    found = differences(CIRCUIT, RECORD, read_stil(path))
    return [re.sub(rf"{re.escape(str(path))}:\d+", "LINE", line) for line in found]


def swapped(one: str, other: str) -> Callable[[str], str]:
    return lambda text: text.replace(one, "?").replace(other, one).replace("?", other)


def without(pattern: str) -> Callable[[str], str]:
    """Return what removes the first cycle that fits."""
    return lambda text: re.sub(rf"\n *V {{ all = {pattern}; }}", "", text, count=1)


CHANGES: dict[str, tuple[Callable[[str], str], list[str]]] = {
    "the supply": (
        lambda text: text.replace("vdd_v = '1.1';", "vdd_v = '1.105';"),
        ["v000, v001, v002: vdd_v is 1.105 V (LINE), certified with 1.1 V"],
    ),
    "both supplies": (
        lambda text: text.replace("vdd_v = '1.1';", "vdd_v = '-5';").replace("vdd_v = '1.21';", "vdd_v = '-5';"),
        [
            "v000, v001, v002: vdd_v is -5 V (LINE), certified with 1.1 V",
            "v003, v004: vdd_v is -5 V (LINE), certified with 1.21 V",
        ],
    ),
    "the edges": (
        lambda text: text.replace("edge_s = '20ps'", "edge_s = '40ps'", 1),
        ["v000, v001, v002: edge_s is 40 ps (LINE), certified with 20 ps"],
    ),
    "a level of one net": (
        lambda text: text.replace("high_rd = '1.65'", "high_rd = '0.3'"),
        ["v000, v001, v002: high_rd is 300 mV (LINE), certified with 1.65 V"],
    ),
    "a level that no net has": (
        lambda text: text.replace("high_rd = '1.65'", "high_rd = '1.65'; high_cap = '0.5'"),
        [
            "v000, v001, v002: high_cap is 500 mV (LINE), certified with 1.1 V; crossbar4 has no net cap, so that its "
            "verdicts do not show it"
        ],
    ),
    "the rest": (
        lambda text: text.replace("Period '1000000ps'", "Period '1ps'"),
        ["all vectors: rests 1 ps at its end, certified with 1 us"],
    ),
    "a long rest": (
        lambda text: text.replace("Period '1000000ps'", "Period '1000000s'"),
        ["all vectors: rests 1 Ms at its end, certified with 1 us"],
    ),
    "the rest in two pieces": (
        lambda text: re.sub(r"W rest_1us;\n *(V .*)", r"W half; \1 \1", text).replace(
            "WaveformTable rest_1us {\n      Period '1000000ps'", "WaveformTable half {\n      Period '500ns'"
        ),
        [],
    ),
    "the order": (
        swapped("v001;", "v002;"),
        ["the order is another: v002 comes after v000, where v001 was certified"],
    ),
    "the weights last": (
        swapped("v000;", "v002;"),
        ["the order is another: v002 comes first, where v000 was certified"],
    ),
    "a window less": (
        without(r"[01]*H"),
        ["v001: has 3 cycles before its rest, certified with 4"],
    ),
    "a pause that is longer": (
        lambda text: text.replace("Period '10000ps'", "Period '11ns'", 1),
        ["all vectors: a cycle of rest_10ns lasts 11 ns, certified with 10 ns"],
    ),
    "an edge of a table": (
        lambda text: text.replace(
            "rd { 0 { '0ps' D; } 1 { '0ps' D; '1050ps' U;", "rd { 0 { '0ps' D; } 1 { '0ps' D; '1040ps' U;"
        ),
        ["v001, v002, v003 and 1 more: rd: U at 1.04 ns of iw_1ns_lw_9ns, certified with U at 1.05 ns"],
    ),
    "another pixel": (
        lambda text: re.sub(r"(W iw.*\n *V { all = )1", r"\g<1>0", text, count=1),
        ["v001: in1: no edge of iw_1ns_lw_9ns, certified with U at 0 s"],
    ),
    "a comparison": (
        lambda text: re.sub(r"(all = 1111[01]*)H", r"\1X", text, count=1),
        ["v001: out: no edge of iw_1ns_lw_9ns, certified with H at 1.321 ns"],
    ),
    "edges that change nothing": (
        lambda text: text.replace("'0ps' D; '1050ps' U;", "'0ps' D; '7ps' D; '1050ps' U; '1060ps' U;"),
        [],
    ),
    "nothing": (lambda text: text + "\n// nothing\n", []),
}


@pytest.mark.parametrize("name", CHANGES)
def test_every_cause_is_told_and_each_once(name: str, tmp_path: Path) -> None:
    change, wanted = CHANGES[name]
    text = change(TEXT)
    assert text != TEXT
    assert told(text, tmp_path) == wanted


def test_vectors_that_are_missing_or_more() -> None:
    odd = replace(PROGRAM.vectors[1], name="v009")
    program = replace(PROGRAM, vectors=(PROGRAM.vectors[0], odd, *PROGRAM.vectors[2:]))
    assert differences(CIRCUIT, RECORD, program) == [
        "v001 is not in the file",
        "v009 is in the file, and not among the vectors",
    ]


def test_levels_come_before_what_follows_from_them(tmp_path: Path) -> None:
    text = CHANGES["the rest"][0](
        CHANGES["another pixel"][0](swapped("v001;", "v002;")(CHANGES["the supply"][0](TEXT)))
    )
    assert [line.partition(" ")[2][:9] for line in told(text, tmp_path)] == [
        "v001, v00",
        "order is ",
        "vectors: ",
        "in1: no e",
    ]


def test_a_level_beyond_the_tester_is_named(tmp_path: Path) -> None:
    levels = [replace(level, values={**level.values, "high_vb": -3.0}, where="it:5") for level in PROGRAM.levels[:1]]
    program = replace(PROGRAM, levels=(*levels, *PROGRAM.levels[1:]))
    assert beyond(RECORD, PROGRAM) == []
    assert beyond(RECORD, program) == ["it:5: high_vb of -3 V is outside of what tester bench drives, -1 V to 2.5 V"]
    unused = [replace(vector, level=PROGRAM.levels[1].name) for vector in program.vectors]
    assert beyond(RECORD, replace(program, vectors=tuple(unused))) == []


def test_what_drives_is_what_changes() -> None:
    edges = [(0, "D"), (1, "U"), (2, "U"), (3, "D"), (4, "X"), (5, "H"), (6, "X"), (7, "H"), (8, "D")]
    assert changes(edges) == [(1, "U"), (3, "D"), (5, "H"), (7, "H")]


def test_each_level_is_applied_in_one_go_and_what_detects_comes_first() -> None:
    one, other, third = (checks_of([vdd], ["1111", "0111", "1011"]) for vdd in (1, 1.1, 0.9))
    detecting = [one[0], other[0], one[1]]
    assert in_turn(detecting, [third[0], one[2], other[2], third[1]]) == (
        one[0],
        one[1],
        other[0],
        other[2],
        third[0],
        third[1],
        one[2],
    )
    assert in_turn((), ()) == ()
