"""What is written as STIL comes back as it was, is what another parser reads, and is refused where it is damaged."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from Semi_ATE.STIL.parsers.STILDumpCompiler import STILDumpCompiler
from Semi_ATE.STIL.parsers.STILParser import STILParser

from faultsim.errors import SpecError
from faultsim.vectors.program import (
    EVENTS,
    Cycle,
    Edge,
    Level,
    Signal,
    SignalKind,
    TestProgram,
    Vector,
    WaveformTable,
    timeline,
)
from faultsim.vectors.stil_check import Report
from faultsim.vectors.stil_lexer import statements, tokens
from faultsim.vectors.stil_reader import read_stil
from faultsim.vectors.stil_writer import levels_text, quoted, stil_text

LOW = (Edge(0, "D"),)
PULSE = (Edge(0, "U"), Edge(1_000_000, "D"))
LATE = (Edge(0, "D"), Edge(1_050_000, "U"), Edge(1_310_500, "D"))
ODD = (Edge(0, "D"), Edge(5_000_000, "U"), Edge(6_000_001, "D"))
IGNORE = (Edge(0, "X"),)
PROGRAM = TestProgram(
    "crossbar4",
    (
        Signal("in1", SignalKind.IN),
        Signal("in[2]", SignalKind.IN),
        Signal("vdd", SignalKind.SUPPLY),
        Signal("cap", SignalKind.IN),
        Signal("out", SignalKind.OUT),
    ),
    (
        WaveformTable(
            "w1",
            10_000_000,
            {
                "in1": {"0": LOW, "1": PULSE},
                "in[2]": {"0": LOW, "1": PULSE, "g": ODD},
                "cap": {"0": LOW, "1": LATE},
                "out": {"X": IGNORE, "L": (*IGNORE, Edge(1_320_000, "L")), "H": (*IGNORE, Edge(1_320_000, "H"))},
            },
        ),
        WaveformTable(
            "rest", 12_345_678, {"in1": {"0": LOW}, "in[2]": {"0": LOW}, "cap": {"0": LOW}, "out": {"X": IGNORE}}
        ),
    ),
    (
        Level("vdd_1v1", {"vdd_v": 1.1, "edge_s": 2e-11, "high_in[2]": 0.9}),
        Level("vdd_1v0", {"vdd_v": 1.0, "edge_s": 2.5e-11}),
    ),
    (
        Vector(
            "v-001",
            "vdd_1v1",
            (Cycle("rest", "000X"), Cycle("w1", "1g1L"), Cycle("w1", "111H"), Cycle("rest", "000X")),
            ("defects: Rop1>=16k", "needs cap"),
        ),
        Vector("v-002", "vdd_1v0", (Cycle("w1", "111L"),)),
        Vector("v3", "vdd_1v1", (Cycle("w1", "001X"), Cycle("rest", "000X"))),
    ),
)
ONE_PIN = TestProgram(
    "",
    (Signal("all", SignalKind.OUT),),
    (WaveformTable("W", 3, {"all": {"a": (Edge(0, "X"), Edge(1, "H"), Edge(2, "L"))}}),),
    (Level("V", {}),),
    (Vector("Pattern", "V", (Cycle("W", "a"), Cycle("W", "a"))),),
)
WORDS_OF_STIL = TestProgram(
    "Signals { In; }",
    (
        Signal("In", SignalKind.IN),
        Signal("V", SignalKind.OUT),
        Signal("x1.mid#b", SignalKind.IN),
        Signal("a", SignalKind.IN),
    ),
    (
        WaveformTable(
            "1 GHz // {",
            1_000_001,
            {
                "In": {"Z": LOW},
                "V": {"q": (Edge(999_999, "H"),)},
                "x1.mid#b": {"Z": PULSE[:1]},
                "a": {"0": LOW, "7": LOW},
            },
        ),
    ),
    (Level("Typ", {"vdd_v": 0.75, "temperature_c": -40.0, "edge_s": 1e-18}), Level("unused", {})),
    (Vector("Include x", "Typ", (Cycle("1 GHz // {", "ZqZ0"), Cycle("1 GHz // {", "ZqZ7")), ("a { ; \\",)),),
)

printable = st.characters(min_codepoint=32, max_codepoint=126)
lines = st.text(printable, max_size=20).map(lambda text: " ".join(text.split()))
odd_names = st.sampled_from(["all", "all_pins", "In", "V", "a", "x[3]", "x1.mid", "0", "a//b", "};{", "Ann {* *}", " "])
any_names = st.text(printable.filter(lambda c: c not in "\"'\\"), min_size=1, max_size=8)
names = st.one_of(st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True), odd_names, any_names)
values = st.floats(allow_nan=False, allow_infinity=False)
characters = st.sampled_from("01XLHabgZ9")


@st.composite
def waves(draw: st.DrawFn, kind: SignalKind, period_fs: int) -> Mapping[str, tuple[Edge, ...]]:
    times = st.lists(st.integers(0, period_fs - 1), min_size=1, max_size=4, unique=True).map(sorted)
    edges = times.flatmap(
        lambda chosen: st.tuples(*(st.builds(Edge, st.just(time), st.sampled_from(EVENTS[kind])) for time in chosen))
    )
    return draw(st.dictionaries(characters, edges, min_size=1, max_size=3))


@st.composite
def tables(draw: st.DrawFn, name: str, pins: list[Signal]) -> WaveformTable:
    period_fs = draw(st.one_of(st.integers(1, 10**15), st.integers(1, 10**6).map(lambda ps: 1000 * ps)))
    return WaveformTable(name, period_fs, {pin.name: draw(waves(pin.kind, period_fs)) for pin in pins})


@st.composite
def programs(draw: st.DrawFn) -> TestProgram:
    kinds = st.sampled_from(SignalKind)
    signals = [Signal(name, draw(kinds)) for name in draw(st.lists(names, max_size=7, unique=True))]
    used = {signal.name for signal in signals}
    signals.append(Signal(draw(names.filter(lambda name: name not in used)), SignalKind.OUT))
    pins = [signal for signal in signals if signal.kind is not SignalKind.SUPPLY]
    found = [draw(tables(name, pins)) for name in draw(st.lists(names, min_size=1, max_size=3, unique=True))]
    variables = st.one_of(st.sampled_from(["vdd_v", "edge_s", "temperature_c"]), names)
    levels = [
        Level(name, draw(st.dictionaries(variables, values, max_size=3)))
        for name in draw(st.lists(names, min_size=1, max_size=3, unique=True))
    ]
    vectors = []
    for name in draw(st.lists(names, min_size=1, max_size=4, unique=True)):
        cycles = []
        for table in draw(st.lists(st.sampled_from(found), max_size=4)):
            letters = [draw(st.sampled_from(sorted(table.waves[pin.name]))) for pin in pins]
            cycles.append(Cycle(table.name, "".join(letters)))
        level = draw(st.sampled_from(levels)).name
        vectors.append(Vector(name, level, tuple(cycles), tuple(draw(st.lists(lines, max_size=2)))))
    title = draw(lines).replace('"', "").replace("\\", "")
    return TestProgram(" ".join(title.split()), tuple(signals), tuple(found), tuple(levels), tuple(vectors))


def read(text: str | bytes, folder: Path) -> TestProgram:
    path = folder / "vectors.stil"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_stil(path)


def problems(text: str | bytes, folder: Path) -> list[str]:
    """Return what is wrong with a file, each as ``LINE: message (remedy)``."""
    with pytest.raises(SpecError) as refused:
        read(text, folder)
    return [str(problem).removeprefix(f"{folder / 'vectors.stil'}:") for problem in refused.value.problems]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stil")


@settings(max_examples=50, deadline=None)
@given(program=programs())
def test_what_is_written_comes_back(program: TestProgram, folder: Path) -> None:
    assert read(stil_text(program), folder) == program


@pytest.mark.parametrize("program", [PROGRAM, ONE_PIN, WORDS_OF_STIL])
def test_another_parser_reads_the_same_edges_at_the_same_times(program: TestProgram, tmp_path: Path) -> None:
    path = tmp_path / "vectors.stil"
    path.write_text(stil_text(program))
    assert read_stil(path) == program
    compiler = STILDumpCompiler(str(path), str(tmp_path / "dump"), enable_trace=False)
    compiler.compile()
    assert compiler.err_line == -1, compiler.err_msg
    assert flow(tmp_path / "dump") == [quoted(vector.name) for vector in program.vectors]
    waveforms = dumped_waves(tmp_path / "dump")
    for vector in program.vectors:
        assert dumped_timeline(compiler, waveforms, quoted(vector.name)) == {
            quoted(pin): edges for pin, edges in timeline(program, vector).items()
        }


def flow(dump: Path) -> list[str]:
    rows = [row for row in (dump / "pattern_blocks.flow").read_text().splitlines() if not row.startswith("#")]
    return [row.split(" | ")[1] for row in rows]


def dumped_waves(dump: Path) -> dict[tuple[str, str, str], list[tuple[str, int]]]:
    """Return event and time in fs of every edge, by table, signal and character."""
    found = {}
    for row in (dump / "timing.txt").read_text().splitlines()[2:]:
        _, table, signal, character, *edges = row.removesuffix(" | ").split(" | ")
        pairs = [edge.split(":") for edge in edges]
        found[table, signal, character] = [(event, int(time.removesuffix("fs"))) for event, time in pairs]
    return found


def dumped_timeline(
    compiler: STILDumpCompiler, waveforms: dict[tuple[str, str, str], list[tuple[str, int]]], pattern: str
) -> dict[str, tuple[Edge, ...]]:
    name = f"{pattern}-timing-unnamed-unnamed-unnamed.pattern_block".replace('"', "_")
    text = (Path(compiler.out_folder) / name).read_text()
    order = re.search(r"^# SIGNALS_ORDER\|(.*)\|$", text, re.MULTILINE)
    assert order is not None
    pins = order[1].split("+")
    edges: dict[str, list[Edge]] = {pin: [] for pin in pins}
    start_fs, table = 0, ""
    for row in (row for row in text.splitlines() if re.match(r" *\d+\|", row)):
        data, *commands = row.split("|")[3:]
        table = next((word.strip().removeprefix("WFT=") for word in commands if word.startswith("WFT=")), table)
        for pin, character in zip(pins, data.strip(), strict=True):
            edges[pin] += [Edge(start_fs + time_fs, event) for event, time_fs in waveforms[table, pin, character]]
        start_fs += int(compiler.wft2period[f"timing::{table}"].removesuffix("fs"))
    return {pin: tuple(found) for pin, found in edges.items()}


def test_the_other_parser_does_find_an_undefined_table(tmp_path: Path) -> None:
    path = tmp_path / "vectors.stil"
    path.write_text(stil_text(PROGRAM).replace("W rest;", "W nothing;"))
    parser = STILParser(str(path))
    parser.parse_syntax()
    parser.parse_semantic()
    assert "nothing" in parser.err_msg


def test_equal_programs_are_the_same_bytes() -> None:
    table = PROGRAM.tables[0]
    waves = {pin: dict(reversed(drawn.items())) for pin, drawn in reversed(table.waves.items())}
    levels = tuple(Level(level.name, dict(reversed(level.values.items()))) for level in PROGRAM.levels)
    turned = replace(PROGRAM, tables=(replace(table, waves=waves), PROGRAM.tables[1]), levels=levels)
    assert turned == PROGRAM
    assert stil_text(turned) == stil_text(PROGRAM)
    assert levels_text(turned) == levels_text(PROGRAM)


def test_a_table_is_named_where_it_changes() -> None:
    found = re.search(r'Pattern "v-001" \{\n(.*?)\n\}', stil_text(PROGRAM), re.DOTALL)
    assert found is not None
    assert [row.strip() for row in found[1].splitlines()] == [
        "// defects: Rop1>=16k",
        "// needs cap",
        "W rest;",
        "V { all = 000X; }",
        "W w1;",
        "V { all = 1g1L; }",
        "V { all = 111H; }",
        "W rest;",
        "V { all = 000X; }",
    ]


def test_times_are_whole_and_values_exact() -> None:
    text = stil_text(PROGRAM)
    assert "Period '10000ps';" in text and "Period '12345678fs';" in text
    assert "g { '0ps' D; '5000ps' U; '6000001fs' D; }" in text
    assert "edge_s = '20ps';" in text and "vdd_v = '1.1';" in text and "\"high_in[2]\" = '0.9';" in text


def test_levels_are_high_low_and_half() -> None:
    text = levels_text(PROGRAM)
    assert text.startswith("STIL 1.0 { DCLevels 2002; }\n")
    assert text[text.index("DCLevels vdd_1v1") : text.index("DCLevels vdd_1v0")].splitlines() == [
        "DCLevels vdd_1v1 {",
        "   in1 { VIL '0V'; VIH '1.1V'; }",
        "   \"in[2]\" { VIL '0V'; VIH '900mV'; }",
        "   vdd { VForce '1.1V'; }",
        "   cap { VIL '0V'; VIH '1.1V'; }",
        "   out { VOL '550mV'; VOH '550mV'; }",
        "}",
    ]
    assert text.endswith("DCSets set_vdd_1v1 {\n   vdd_1v1;\n}\nDCSets set_vdd_1v0 {\n   vdd_1v0;\n}\n")
    report = Report(Path("levels.stil"))
    assert statements(tokens(text, report), report)
    report.stop()


def test_comments_and_titles_cannot_break_the_file(tmp_path: Path) -> None:
    vector = replace(PROGRAM.vectors[0], comments=("16 kΩ\n} Pattern x {", "", "\x00 /* \\"))
    program = replace(PROGRAM, title='a "b"\n\\ µ', vectors=(vector, *PROGRAM.vectors[1:]))
    found = read(stil_text(program), tmp_path)
    assert found.vectors[0].comments == ("16 k\\u03a9 } Pattern x {", "", "? /* \\")
    assert found.title == "a 'b' / /xb5"
    assert read(stil_text(found), tmp_path) == found


@pytest.mark.parametrize("name", ["", 'a"b', "a'b", "a\\b", "a\nb", "Ω"])
def test_a_name_that_stil_does_not_take_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="name in STIL"):
        quoted(name)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_level_has_a_finite_value(value: float) -> None:
    with pytest.raises(ValueError, match="is no level"):
        stil_text(replace(PROGRAM, levels=(Level("vdd_1v1", {"vdd_v": value}),)))


def test_a_timeline_is_absolute() -> None:
    rest_fs, w1_fs = 12_345_678, 10_000_000
    starts = [0, rest_fs, rest_fs + w1_fs, rest_fs + 2 * w1_fs]
    assert timeline(PROGRAM, PROGRAM.vectors[0])["cap"] == tuple(
        Edge(start + edge.time_fs, edge.event)
        for start, edges in zip(starts, (LOW, LATE, LATE, LOW), strict=True)
        for edge in edges
    )
    assert list(timeline(PROGRAM, PROGRAM.vectors[1])) == ["in1", "in[2]", "cap", "out"]


@pytest.mark.parametrize(
    ("cycle", "error"),
    [(Cycle("w9", "000X"), KeyError), (Cycle("rest", "100X"), KeyError), (Cycle("w1", "000"), ValueError)],
)
def test_a_timeline_of_what_is_not_there(cycle: Cycle, error: type[Exception]) -> None:
    with pytest.raises(error):
        timeline(PROGRAM, Vector("v", "vdd_1v1", (cycle,)))


VARIETY: dict[str, Callable[[str], str]] = {
    "comments": lambda text: text.replace("Timing timing {", "/* { \n */ // }\n Timing timing { // {"),
    "annotations": lambda text: text.replace("W rest;", 'Ann {* it\'s "so" } \n *} W rest; Ann{**}'),
    "line ends": lambda text: text.replace("\n", "\r\n"),
    "no white space": lambda text: re.sub(r" *([{};])\s*(?!\s*//)", r"\1", text),
    "other units": lambda text: text.replace("'10000ps'", "'10ns'").replace("'1310500fs'", "'0.0013105us'"),
    "decimals": lambda text: text.replace("'5000ps'", "'5.ns'").replace("'6000001fs'", "' 6000.001ps '"),
    "units of values": lambda text: text.replace("'1.1'", "'1100mV'").replace("'20ps'", "'2.0e-11'"),
    "long words": lambda text: text.replace("W rest", "WaveformTable rest").replace("V {", "Vector {"),
    "every signal by itself": lambda text: text.replace("all = 1g1L;", 'out = L; cap = 1; "in[2]" = g; in1 = 1;'),
    "spaces in data": lambda text: text.replace("all = 1g1L;", "all = 1g 1 L;"),
    "groups": lambda text: text.replace("all = '", "two = 'in1 + \"in[2]\"'; all = '").replace(
        "all = 1g1L", "two = 1g; cap = 1; out = L"
    ),
    "a group of waveforms": lambda text: re.sub(
        r"in1 \{ 0 .*\n.*\"in\[2\]\" .*\n +cap .*(\n +\"?out\"? \{ X)", r"drive { 0 { '0ps' D; } }\1", text
    ).replace("all = '", "drive = 'in1+\"in[2]\"+cap'; all = '"),
    "several characters": lambda text: text.replace(
        "L { '0ps' X; '1320ps' L; } X { '0ps' X; }", "X { '0ps' X; }"
    ).replace("H { '0ps' X; '1320ps' H; }", "HL { '0ps' X; '1320ps' H/L; }"),
}


@pytest.mark.parametrize("variety", VARIETY)
def test_harmless_variety(variety: str, tmp_path: Path) -> None:
    text = VARIETY[variety](stil_text(PROGRAM))
    assert text != stil_text(PROGRAM)
    assert read(text, tmp_path) == PROGRAM


# What is replaced by what, and what is said of the line with the mark § (of the place itself where there is none).
DAMAGES = [
    ("STIL 1.0;", "STIL 2.0;", "begins with STIL 2.0 ; (a file begins with STIL 1.0;)"),
    ("STIL 1.0;", "STIL 1.0 { Design 2005; }", "begins with STIL 1.0 { (a file begins with STIL 1.0;)"),
    ("STIL 1.0;\n", "", "begins with Header { Title (a file begins with STIL 1.0;)"),
    ("Timing timing {", "Timng timing {", "Timng timing is not known here (did you mean Timing?)"),
    ("Pattern v3 {", "Patern v3 {", "Patern v3 is not known here (did you mean Pattern"),
    ("Spec levels {", "Spec {", "Spec does not read (write Spec NAME {)"),
    ("Signals {", "Signals { x In; }\n§Signals {", "Signals is there twice; first on line 6"),
    ('Header {\n   Title "crossbar4";', "§Header {", "Header has no Title"),
    ("cap In;", "cap Inn;", "kind of signal Inn is not defined (did you mean In?)"),
    ("cap In;", "cap In;\n   §cap In;", "signal cap is there twice; first on line 10"),
    ("cap In;", "cap;", "cap does not read (write NAME NAME ;)"),
    ("'in1+", "'in+", "signal or group in is not defined (did you mean in1?)"),
    ("'in1+", "'in1-", "'in1-\"in[2]\"+cap+out' is not a sum of signals"),
    ("'in1+", "'in1+in1+", "in1 is twice in a group"),
    ("all = '", "cap = '", "group cap has the name of a signal"),
    ("vdd_v = '1.1'", "vdd_v = '1.1s'", "vdd_v = '1.1s' is not a value (write a number, in V)"),
    ("edge_s = '20ps'", "edge_s = 'iw'", "edge_s = 'iw' is not a value (write a number, in s)"),
    ("vdd_v = '1.1'", "vdd_v = '1e999'", "vdd_v = '1e999' is not finite"),
    ("vdd_v = '1.1';", "vdd_v = '1.1'; vdd_v = '1';", "variable vdd_v is there twice; first on line 20"),
    ("Category vdd_1v0 {", "Category vdd_1v1 {", "category vdd_1v1 is there twice; first on line 17"),
    ("vdd_v Typ", "vdd Typ", "variable vdd is not defined (did you mean vdd_v?)"),
    ("vdd_v Typ", "vdd_v Max", "selection Max is not defined (known: Typ)"),
    ("WaveformTable rest", "WaveformTable w1", "table w1 is there twice; first on line 33"),
    ("WaveformTable rest {\n      Period '12345678fs';", "§WaveformTable rest {", "WaveformTable rest has no Period"),
    ("'12345678fs'", "'0.5fs'", "'0.5fs' is not a whole number of femtoseconds"),
    ("'12345678fs'", "'0fs'", "the period is zero"),
    ("'12345678fs'", "'fast'", "'fast' is not a time (write a number with s, ms, us, ns, ps or fs, such as '1.25ns')"),
    ("'1050ps' U", "'1050.0001ps' U", "'1050.0001ps' is not a whole number of femtoseconds"),
    ("'1050ps' U", "'2ns' U", "waveform 1 of cap: '1310500fs' comes after '2ns' (sort the edges by time)"),
    ("'1050ps' U", "'1310500fs' U", "waveform 1 of cap: '1310500fs' comes after '1310500fs' (sort"),
    ("'1310500fs' D", "'10ns' D", "waveform 1 of cap: '10ns' is not before the end of the period, '10000ps'"),
    ("'1050ps' U", "'1050ps' Q", "Q is not an event (known: D, H, L, U, X)"),
    ("'1050ps' U", "'1050ps' H", "H is no event of cap, which is an In (known: D, U)"),
    ("'1320ps' L", "'1320ps' U", "U is no event of out, which is an Out (known: H, L, X)"),
    ("'1050ps' U", "1050ps U", "1050ps U does not begin with a time in quotes (write 'TIME' EVENT ;)"),
    ("'1050ps' U", "'1050ps'", "1050ps does not read (write 'TIME' EVENT ;)"),
    ("'1050ps' U", "'1050ps' U/D", "1050ps U / D has 2 events for 1 characters"),
    ("1 { '0ps' D; '1050ps' U; '1310500fs' D; }", "1 { }", "1 has no edges"),
    ("1 { '0ps' D; '1050ps'", "0 { '0ps' D; '1050ps'", "cap has a second waveform for 0"),
    ("1 { '0ps' D; '1050ps'", "_ { '0ps' D; '1050ps'", "_ are not all letters and digits"),
    ("cap { 0", "cup { 0", "signal or group cup is not defined (did you mean cap?)"),
    ("cap { 0", "vdd { 0", "vdd is a Supply, which has no waveform"),
    ("v3;", "v4;", "pattern v4 is not defined (known: v-001, v-002, v3)"),
    ("v3;", "v3;\n§v3;", "in PatList, pattern v3 is there twice; first on line 76"),
    ("Category vdd_1v0;", "Category vdd_1v2;", "Category vdd_1v2 is not defined (did you mean vdd_1v"),
    ("PatternExec exec_vdd_1v0 {\n   Category vdd_1v0;", "§PatternExec last {", "PatternExec last has no Category"),
    ("Selector typical;", "Selector typical; Selector typical;", "Selector is there twice; first on line 59"),
    ("Timing timing;", "Timing timer;", "Timing timer is not defined (known: timing)"),
    (
        "PatternBurst burst_vdd_1v0;",
        "PatternBurst burst;",
        "PatternBurst burst is not defined (known: burst_vdd_1v0, burst_vdd_1v1, burst_vdd_1v1_2)",
    ),
    ("PatternBurst burst_vdd_1v0;", "PatternBurst burst_vdd_1v1;", "PatternExec of burst_vdd_1v1 is there twice"),
    ("Pattern v3", 'Pattern "v-002"', "pattern v-002 is there twice; first on line 96"),
    ("W rest;\n   V {", "§V {", "Pattern v-001 has a V before any W (say with W which table it is of)"),
    ("W rest;", "W rust;", "table rust is not defined (did you mean rest?)"),
    ("W rest;", "W rest; Loop 3 { }", "Loop 3 is not known here (known: V, Vector, W, WaveformTable)"),
    ("W rest;", "W rest", "; is missing after rest"),
    ("all = 1g1L;", "all = 1g1;", "all = 1g1 has 3 characters for 4 signals"),
    ("all = 1g1L;", "all = gg1L;", "in1 has no waveform for g in table w1 (known: 0, 1)"),
    ("all = 1g1L;", "al = 1g1L;", "signal or group al is not defined (did you mean all?)"),
    ("all = 1g1L;", "in1 = 1; cap = 1;", "no character for in[2], out"),
    ("all = 1g1L;", "all = 1g1L; cap = 0;", "cap has two characters"),
    ("all = 1g1L;", "all = 1g1L; vdd = 0;", "vdd is a Supply, which has no characters"),
    ("all = 1g1L;", "all 1g1L;", "all 1g1L does not read (write NAME = DATA ;)"),
    ("'1050ps' U", "'1050ps U", "' is not closed on its line"),
    ('"crossbar4"', '"crossbar4', '" is not closed on its line'),
    ("W rest;", "/* W rest;", "/* is never closed"),
    ("W rest;", "Ann {* W rest;", "Ann {* is never closed"),
    ("W rest;", "W re$t;", "'$' does not belong here (a name that is no plain word goes in \"quotes\")"),
    ("W rest;", "; W rest;", "an empty statement is not known here"),
    ("all = 1g1L; }", "all = 1g1L }", "; is missing after 1g1L"),
    (
        "Pattern v3 {",
        "§Pattern v3 {\n   V {",
        "Pattern v3 { is not closed before the file ends (add the } that is missing)",
    ),
    ("Header {", "§Header { {", "Header { is not closed before Signals on line 6 (add the } that is missing)"),
    ("Pattern v3 {", "}\nPattern v3 {", "} closes nothing (remove it, or add the { that is missing before)"),
]


def damaged(old: str, new: str) -> tuple[str, int]:
    """Return the program's text with its first ``old`` replaced, and the line with the mark."""
    before, found, after = stil_text(PROGRAM).partition(old)
    assert found
    text = before + (new if "§" in new else f"§{new}") + after
    return text.replace("§", ""), text.count("\n", 0, text.index("§")) + 1


@pytest.mark.parametrize(("old", "new", "message"), DAMAGES)
def test_damage_is_told_with_its_line(old: str, new: str, message: str, tmp_path: Path) -> None:
    text, line = damaged(old, new)
    told = problems(text, tmp_path)
    assert any(problem.startswith(f"{line}: {message}") for problem in told), told


@pytest.mark.parametrize("block", ["Header", "Signals", "SignalGroups", "Spec", "Selector", "Timing"])
def test_a_block_that_is_missing_is_the_only_thing_told(block: str, tmp_path: Path) -> None:
    text, count = re.subn(rf"(?ms)^{block}\b.*?^}}\n", "", stil_text(PROGRAM), count=1)
    assert count == 1
    assert problems(text, tmp_path) == [f"1: there is no {block} block"]


def test_a_pattern_in_no_list(tmp_path: Path) -> None:
    text = stil_text(PROGRAM).replace("      v3;\n", "")
    line = text[: text.index("Pattern v3")].count("\n") + 1
    assert problems(text, tmp_path) == [f"{line}: Pattern v3 is in no PatList (add it to the PatList of its level)"]


def test_a_level_that_comes_back_is_executed_again_whatever_its_name_is(tmp_path: Path) -> None:
    levels = tuple(replace(PROGRAM.levels[0], name=name) for name in ("a", "a_2", "b"))
    [vector] = PROGRAM.vectors[2:]
    order = [("v1", "a"), ("v2", "b"), ("v3", "a"), ("v4", "a_2"), ("v5", "a"), ("v6", "a_2")]
    vectors = tuple(replace(vector, name=name, level=level) for name, level in order)
    program = replace(PROGRAM, levels=levels, vectors=vectors)
    text = stil_text(program)
    bursts = re.findall(r"PatternBurst (\S+) \{", text)
    assert len(bursts) == len(set(bursts)) == 6
    assert read(text, tmp_path).vectors == vectors


def test_vectors_are_in_the_order_in_which_they_are_executed(tmp_path: Path) -> None:
    blocks = re.findall(r"(?ms)^Pattern .*?^}\n", stil_text(PROGRAM))
    head = stil_text(PROGRAM).removesuffix("".join(blocks))
    assert read(head + "".join(reversed(blocks)), tmp_path) == PROGRAM
    turned = head.replace('"v-001"', "?").replace("v3", '"v-001"').replace("?", "v3")
    assert [vector.name for vector in read(turned + "".join(blocks), tmp_path).vectors] == ["v3", "v-002", "v-001"]


def test_what_was_read_says_where(tmp_path: Path) -> None:
    found, path = read(stil_text(PROGRAM), tmp_path), tmp_path / "vectors.stil"
    rows = path.read_text().splitlines()
    assert found.where == str(path)
    for one, head in [(found.levels[1], "Category vdd_1v0 {"), (found.vectors[2], "Pattern v3 {")]:
        assert one.where == f"{path}:{[row.strip() for row in rows].index(head) + 1}"


CAUSES = {
    "a semicolon less": (("W w1;", "W w1"), ["; is missing after w1"]),
    "two semicolons less": (("W w1;", "W w1 W w1"), ["; is missing after w1"]),
    "a table without a name": (("W w1;", "W 1;"), ["W 1 does not read (write W NAME ;)"]),
    "a semicolon less in a list": (("'20ps';", "'20ps'"), ["; is missing after 20ps"]),
    "a signal more": (
        ("out Out;", "out Out;\n   foo In;"),
        ["no character for foo; the same on 6 more lines, up to 105 (give one, by the signal or its group"],
    ),
    "a waveform less": (
        (" 1 { '0ps' U; '1000ps' D; }", ""),
        ["in1 has no waveform for 1 in table w1; the same on 2 more lines, up to 98 (known: 0)"],
    ),
}


@pytest.mark.parametrize("name", CAUSES)
def test_a_cause_is_told_once(name: str, tmp_path: Path) -> None:
    (old, new), wanted = CAUSES[name]
    told = problems(damaged(old, new)[0], tmp_path)
    assert [problem.partition(": ")[2][: len(said)] for problem, said in zip(told, wanted, strict=True)] == wanted


def test_everything_is_told_at_once_by_line(tmp_path: Path) -> None:
    text = (
        stil_text(PROGRAM).replace("'1050ps' U", "'1050ps' Q").replace("1g1L", "gg1L").replace("vdd_v Typ", "vdd_v Max")
    )
    told = [problem.split(":")[1] for problem in problems(text, tmp_path)]
    assert told == [
        " selection Max is not defined (known",
        " Q is not an event (known",
        " in1 has no waveform for g in table w1 (known",
    ]


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    text = stil_text(PROGRAM).encode().replace(b"W rest", b"W \xff")
    line = text[: text.index(b"\xff")].count(b"\n") + 1
    assert problems(text, tmp_path)[0].startswith(f"{line}: cannot be read: 'utf-8' codec can't decode byte 0xff")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"none\.stil: cannot be read: No such file or directory"):
        read_stil(tmp_path / "none.stil")


def test_words_without_end_are_told_at_once(tmp_path: Path) -> None:
    text = damaged("in1 In;", "in1 In " * 100_000)[0]
    told = problems(text, tmp_path)
    assert any(re.fullmatch(r"7: (in1 In ){10}\.\.\. does not read \(write NAME NAME ;\)", one) for one in told)


@pytest.mark.parametrize("text", ["{" * 20_000, "STIL 1.0;" + "{" * 20_000 + "}" * 20_000, "STIL 1.0;" + "'" * 9999])
def test_what_is_nested_deeply_is_no_harm(text: str, tmp_path: Path) -> None:
    assert problems(text, tmp_path)


def read_or_refuse(data: bytes, folder: Path) -> None:
    """What is read is consistent, so that its timelines are there, or it is refused with lines."""
    try:
        program = read(data, folder)
    except SpecError as refused:
        assert all(re.match(r".*vectors\.stil:\d+$", problem.where) for problem in refused.problems)
    else:
        for vector in program.vectors:
            timeline(program, vector)


@settings(max_examples=200, deadline=None)
@given(data=st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda text: ("STIL 1.0;" + text).encode())))
def test_no_bytes_at_all_crash_the_reader(data: bytes, folder: Path) -> None:
    read_or_refuse(data, folder)


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_no_mutation_crashes_the_reader(data: st.DataObject, folder: Path) -> None:
    text = stil_text(data.draw(st.sampled_from([PROGRAM, ONE_PIN, WORDS_OF_STIL])))
    pieces = re.findall(r"\w+|\s+|.", text)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(pieces) - 1))
        other = st.one_of(st.sampled_from(pieces), st.text(max_size=3), st.just(""))
        pieces[at : at + data.draw(st.integers(0, 3))] = [data.draw(other)]
    read_or_refuse("".join(pieces).encode(), folder)
