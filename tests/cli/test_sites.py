"""What ``faultsim sites`` and ``inject`` do with circuits and with any deck."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import jsonschema
import networkx as nx
import pytest

from faultsim.circuits.graph import cut_off
from tests.cli.conftest import REPOSITORY, Shell

SCHEMAS = REPOSITORY / "fault_models" / "schema"
DECK = """\
an amplifier that nobody here wrote
.subckt half in out
Q1 out in 0 qn
R1 out vcc 10k
.ends
.global vcc
X1 a b half
X2 b c half
R2 a vcc 100k
C1 c 0 1p
V1 vcc 0 5
.model qn npn
.op
.print op v(c)
.end
"""
HOSTILE = """\
names that do something elsewhere
R1 -cmd|'/c'!a1 0 1k
R2 -in <script> 1k
R3 <script> @sum 1k
R"4 a&b 0 1k
R5 |touch&& 0 1k
R6 `touch` 0 1k
R7 \x1b[31m 0 1k
"""


def schema(name: str) -> dict[str, object]:
    return json.loads((SCHEMAS / f"{name}.schema.json").read_text())


def test_each_universe_holds_the_one_before(shell: Shell) -> None:
    listed = {
        name: {row["id"]: row for row in shell("sites", "crossbar4", "--universe", name, "--json").succeeds().json}
        for name in ("named", "2427", "network", "all-pairs")
    }
    assert set(listed["named"]) <= set(listed["network"])
    assert set(listed["2427"]) <= set(listed["network"]) < set(listed["all-pairs"])
    assert {row["kind"] for row in listed["2427"].values()} == {"open", "short"}
    assert {row["kind"] for row in listed["network"].values()} == {"open", "short", "bridge", "parametric"}
    assert (
        listed["network"].keys()
        == {row["id"]: row for row in shell("sites", "crossbar4", "--json").succeeds().json}.keys()
    )


def test_an_open_of_a_segment_says_which_cells_it_cuts_off(shell: Shell) -> None:
    rows = {row["id"]: row for row in shell("sites", "crossbar4", "--json").succeeds().json}
    assert rows["Rop2"]["cuts_off"] == ["xcell1", "xcell2"]
    assert rows["in1.xpot1:open"]["cuts_off"] == ["xcell1", "xpot1"]
    shell("sites", "crossbar4", "--summary", "--graphml", "g.graphml").succeeds()
    graph = nx.read_graphml(shell.folder / "g.graphml", force_multigraph=True)
    for row in rows.values():
        if row["cuts_off"]:
            wire, _, tap = row["location"].rstrip("|").partition(":")
            assert cut_off(graph, f"{wire}.{tap}") == set(row["cuts_off"])


def test_a_bare_deck_has_the_standard_s_universe_and_is_injected_as_it_is(shell: Shell) -> None:
    deck = shell.write("amplifier.sp", DECK)
    rows = shell("sites", deck, "--json").succeeds().json
    assert {row["id"] for row in rows if row["device"] == "x2.q1"} == {
        *(f"x2.q1.{end}:open" for end in "cbe"),
        *(f"x2.q1.{ends}:short" for ends in ("c-b", "b-e", "c-e")),
    }
    assert shell("sites", deck, "--excluded", "--json").succeeds().json == [
        {"device": "v1", "reason": rows and shell("sites", deck, "--excluded", "--json").json[0]["reason"]}
    ]
    shell("inject", deck, "x2.r1:open", "--ohm", "1meg", "-o", "faulty.sp").succeeds()
    faulty = (shell.folder / "faulty.sp").read_text()
    assert [line for line in DECK.splitlines() if line not in faulty.splitlines()] == ["X2 b c half"]
    done = subprocess.run(["ngspice", "-n", "-b", "faulty.sp"], cwd=shell.folder, capture_output=True, text=True)
    assert "rfault" in done.stdout.lower() or done.returncode == 0
    shell("inject", deck, "x2.r1:open", "--pulses", "2").fails_with(2, "stimulus and conditions of its own")


def test_the_record_keeps_to_its_schema(shell: Shell) -> None:
    for circuit in ("crossbar4", shell.write("amplifier.sp", DECK)):
        shell("sites", circuit, "--summary", "--record", "record.json").succeeds()
        record = json.loads((shell.folder / "record.json").read_text())
        jsonschema.validate(record, schema("universe"))
        assert record["counts"]["defects"] == len(record["defects"]) > 0


@pytest.mark.parametrize(
    ("name", "change"),
    [("universe", {"kind": "gap"}), ("universe", {"weight": 0.0}), ("universe", {"more": 1}), ("universe", {"id": ""})],
)
def test_a_record_that_breaks_a_rule_is_refused_by_the_schema(
    shell: Shell, name: str, change: dict[str, object]
) -> None:
    shell("sites", shell.write("amplifier.sp", DECK), "--summary", "--record", "record.json").succeeds()
    record = json.loads((shell.folder / "record.json").read_text())
    record["defects"][0] |= change
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(record, schema(name))


def test_weights_are_the_user_s_where_he_gives_them_and_zero_needs_a_reason(shell: Shell) -> None:
    deck = shell.write("amplifier.sp", DECK)
    shell.write("weights.toml", '[[weights]]\ndefects = "x1.*"\nweight = 3\norigin = "layout"\n')
    rows = {row["id"]: row for row in shell("sites", deck, "--weights", "weights.toml", "--json").succeeds().json}
    assert {(row["weight"], row["weight_origin"]) for name, row in rows.items() if name.startswith("x1.")} == {
        (3.0, "layout")
    }
    assert rows["r2:open"]["weight"] == pytest.approx(125)
    shell.write("weights.toml", '[[weights]]\ndefects = "*"\nweight = 0\norigin = "layout"\n')
    shell("sites", deck, "--weights", "weights.toml").fails_with(3, "weights.toml:1", "zero_reason")


def test_names_of_a_deck_do_nothing_where_they_are_written(shell: Shell) -> None:
    deck = shell.write("hostile.cir", HOSTILE)
    listed = shell("sites", deck, "--svg", "d.svg", "--csv", "t.csv", "--graphml", "g.graphml").succeeds()
    assert "\x1b" not in listed.out + listed.err
    ElementTree.parse(shell.folder / "d.svg")
    nx.read_graphml(shell.folder / "g.graphml")
    with (shell.folder / "t.csv").open(newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert any(cell.startswith("'") for cell in cells)
    assert not [cell for cell in cells if cell[:1] in ("=", "+", "-", "@")]
    shell("inject", deck, "r5:open", "-o", "faulty.cir").succeeds()
    assert sorted(path.name for path in shell.folder.iterdir()) == [
        "d.svg",
        "faulty.cir",
        "g.graphml",
        "hostile.cir",
        "t.csv",
    ]


def test_code_in_a_deck_is_refused_and_read_only_when_it_is_trusted(shell: Shell) -> None:
    text = DECK.replace(".end\n", ".control\nshell touch done\nwrite out.raw\n.endc\n*# shell touch done\n.end\n")
    deck = shell.write("amplifier.sp", text.replace("Q1", ".include ../outside.lib\nQ1"))
    (shell.folder.parent / "outside.lib").write_text("* nothing\n")
    for words in (("sites", deck), ("inject", deck, "r2:open"), ("validate", deck)):
        done = shell(*words).fails_with(
            3, "amplifier.sp:3: ../outside.lib lies outside", "amplifier.sp:16: .control", "--trust"
        )
        assert "amplifier.sp:20: *#" in done.err
        shell(*words, "--trust").succeeds()
    assert not (shell.folder / "done").exists()
    assert ".control\nshell touch done" in shell("inject", deck, "r2:open", "--trust").succeeds().out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("sites", "crossbar4", "--universe", "2428"), 2, "did you mean 2427?"),
        (("sites", "crossbar4", "--only", "xcell9*"), 2, "matches no defect of crossbar4"),
        (("sites", "crossbar4", "--svg", "d.png"), 2, "give a name that ends in .svg"),
        (("sites", "gone.cir"), 2, "no circuit named 'gone.cir'"),
        (("sites", "."), 2, "is a folder"),
        (("inject", "crossbar4", "xcell1.ma1.q:open"), 2, "did you mean xcell1.ma1"),
        (("inject", "crossbar4", "Rop1+Rop1"), 2, "these are one defect"),
        (("inject", "crossbar4", "Rop1+in1~in2:bridge"), 2, "Rop1+in1~in2:bridge@100"),
    ],
)
def test_what_does_not_fit_is_said_with_a_way_out(shell: Shell, words: tuple[str, ...], code: int, said: str) -> None:
    shell(*words).fails_with(code, said)


def test_a_universe_of_one_s_own_is_a_file(shell: Shell) -> None:
    rules = Path(REPOSITORY, "fault_models", "universes", "2427.toml")
    shutil.copy(rules, shell.folder / "mine.toml")
    mine = shell.folder / "mine.toml"
    mine.write_text(mine.read_text().replace('terminals = ["d", "s"]', 'terminals = ["d"]'))
    shell("validate", "mine.toml").succeeds()
    rows = shell("sites", "crossbar4", "--universe", "mine.toml", "--json").succeeds().json
    assert not [row for row in rows if row["terminals"] == ["xcell1.ma2.s"]]
    # What is not in it has no name there; what it has is injected and simulated.
    shell("inject", "crossbar4", "xcell1.ma2.s:open", "--universe", "mine.toml").fails_with(2, "'xcell1.ma2.s:open'")
    own = shell("inject", "crossbar4", "xcell1.ma2.d:open", "--universe", "mine.toml").succeeds().out
    assert own == shell("inject", "crossbar4", "xcell1.ma2.d:open").succeeds().out
    asked = ("--defect", "xcell1.ma2.d:open", "--pattern", "0000", "--pulses", "1", "--universe")
    assert shell("simulate", "crossbar4", *asked, "mine.toml", "--json").succeeds().json["status"] == "ok"
    shell("simulate", "crossbar4", *asked, "other.toml").fails_with(2, "other.toml")
    shell("simulate", "crossbar4", "--universe", "mine.toml").fails_with(2, "--universe needs --defect")


@pytest.mark.parametrize(("old", "new", "said"), [
    ('device = "diode"\nterminals', 'device = "dioda"\nterminals', "opens.7.device: 'dioda'"),
    ('pairs = ["a-c"]', 'pairs = ["a-k"]', "shorts.7.pairs.0: 'a-k': diode has no terminal 'k' (known: a, c, tj)"),
    ('model = "open-gate"', 'model = "open-gat"', "did you mean open-gate"),
])  # fmt: skip
def test_validate_and_sites_say_what_is_wrong_with_a_universe(shell: Shell, old: str, new: str, said: str) -> None:
    text = Path(REPOSITORY, "fault_models", "universes", "2427.toml").read_text()
    mine = shell.write("mine.toml", text.replace(old, new))
    line = text[: text.index(old)].count("\n") + 1
    for words in (("validate", mine), ("sites", shell.write("amplifier.sp", DECK), "--universe", mine)):
        shell(*words).fails_with(3, f"mine.toml:{line}: ", said)


def test_a_class_that_the_deck_does_not_know_is_refused_and_a_device_file_of_the_deck_declares_it(shell: Shell) -> None:
    mine = shell.write(
        "rules/mine.toml",
        'extends = "2427"\n[[opens]]\ndevice = "memristor"\nterminals = ["p"]\nweight = "1"\norigin = "o"\n',
    )
    assert "a valid universe" in shell("validate", mine).succeeds().err
    shell.write("memristor.cir", "* a device\n.subckt mem p n w\nr1 p n 1k\n.ends\n")
    deck = shell.write("a.cir", "* a deck\n.include memristor.cir\nX1 a 0 w mem\nR1 a 0 1k\n")
    shell("sites", deck, "--universe", mine).fails_with(3, "mine.toml:3: opens.0.device: 'memristor'", "resistor?")
    shell.write("memristor.toml", 'subcircuit = "mem"\ndevice = "memristor"\nabout = "a"\nterminals = ["p", "n"]\n')
    rows = shell("sites", deck, "--universe", mine, "--json").succeeds().json
    assert {row["id"] for row in rows} == {"x1:open", "r1:open", "r1:short"}


def test_validate_knows_what_extends_a_universe_and_weights(shell: Shell) -> None:
    shell.write("mine.toml", 'extends = "network"\n[wires]\nweight = "2"\norigin = "o"\n')
    assert "a valid universe" in shell("validate", "mine.toml").succeeds().err
    shell.write("w.toml", '[[weights]]\ndefects = ""\nweight = -1\norigin = "layout"\n')
    shell("validate", "w.toml").fails_with(3, "w.toml:2: weights.0.defects: ''", "w.toml:3: weights.0.weight: -1")
    shell.write("w.toml", '[[weights]]\ndefects = "r1*"\nweight = 1\norigin = "layout"\n')
    assert "a valid weights file" in shell("validate", "w.toml").succeeds().err


def test_a_glob_of_the_weights_that_matches_nothing_is_said_after_the_list(shell: Shell) -> None:
    deck = shell.write("amplifier.sp", DECK)
    weight = '[[weights]]\ndefects = "{}"\nweight = 3\norigin = "layout"\n'
    shell.write("weights.toml", "".join(map(weight.format, ("x9.*", "x1.*", "R2:OPEN", "r2:opens"))))
    for more in ((), ("--summary",), ("--json",), ("--only", "r2:*")):
        done = shell("sites", deck, "--weights", "weights.toml", *more).succeeds()
        said = [line for line in done.err.splitlines() if line.startswith("weights.toml: ")]
        assert said == [
            f"weights.toml: {glob} matches no defect of amplifier in universe 2427" for glob in ("'x9.*'", "'r2:opens'")
        ]
        assert done.err.splitlines()[-2:] == said
    rows = {row["id"]: row for row in shell("sites", deck, "--weights", "weights.toml", "--json").json}
    assert rows["r2:open"]["weight"] == 3.0


def test_weights_hold_for_what_the_sidecar_names_and_it_has_its_own_title(shell: Shell) -> None:
    shell.write("weights.toml", '[[weights]]\ndefects = "rop1"\nweight = 0.1\norigin = "layout"\n')
    words = ("sites", "crossbar4", "--universe", "named", "--weights", "weights.toml")
    rows = {row["id"]: row for row in shell(*words, "--json").succeeds().json}
    assert (rows["Rop1"]["weight"], rows["Rop1"]["weight_origin"]) == (0.1, "layout")
    assert rows["Rop2"]["weight"] == 1.0
    said = shell(*words, "--summary").succeeds().err
    assert said.startswith("What the sidecar names: 15 defects")
    assert "IEEE" not in said


def test_a_name_with_brackets_is_that_of_a_net_and_case_does_not_matter(shell: Shell) -> None:
    deck = shell.write("bus.cir", "* a bus\nR1 in[0] 0 1k\nR2 in[1] 0 1k\nR3 in0 in1 1k\n")

    def chosen(glob: str) -> set[str]:
        rows = shell("sites", deck, "--universe", "all-pairs", "--only", glob, "--json").succeeds().json
        return {row["id"] for row in rows}

    assert chosen("IN[0]~in[1]:bridge") == {"in[0]~in[1]:bridge"}
    assert chosen("in[[]0]~*") == chosen("in[0]~*") - {"in0~in1:bridge"} >= {"in[0]~in[1]:bridge", "in[0]~0:bridge"}
    assert chosen("R[12]:*") == {"r1:open", "r1:short", "r2:open", "r2:short"}
    shell("sites", deck, "--only", "in[0]~in[1]:bridge").fails_with(2, "--only 'in[0]~in[1]:bridge' matches no defect")
    shell.write("w.toml", '[[weights]]\ndefects = "in[0]~in[1]:bridge"\nweight = 9\norigin = "layout"\n')
    rows = shell("sites", deck, "--universe", "all-pairs", "--weights", "w.toml", "--json").succeeds().json
    assert [row["id"] for row in rows if row["weight"] == 9] == ["in[0]~in[1]:bridge"]


def test_of_a_large_deck_the_part_is_drawn_that_the_chosen_defects_touch(shell: Shell) -> None:
    cell = ".subckt inv a y\nmp y a vdd vdd p\nmn y a 0 0 n\n.ends\n.global vdd\n.model n nmos\n.model p pmos\n"
    chain = "".join(f"xi{number} n{number} n{number + 1} inv\nr{number} n{number} 0 1k\n" for number in range(300))
    deck = shell.write("large.cir", f"* large\n{cell}v1 vdd 0 1\n{chain}")
    draw = ("sites", deck, "--universe", "all-pairs", "--summary", "--svg", "d.svg")
    shell(*draw).fails_with(2, "601 devices and instances at its top level", "--only GLOB draws the part")
    shell(*draw, "--only", "r*:open").fails_with(2, "--only GLOB draws the part", "up to 120 devices")
    shell(*draw, "--only", "nothing").fails_with(2, "matches no defect")
    assert not (shell.folder / "d.svg").exists()
    for glob, ids, tracks in (
        ("xi7.mn.*", 7, {"n6", "n7", "n8", "n9", "vdd", "0"}),
        ("n3~n200:bridge", 1, {"n2", "n3", "n4", "n199", "n200", "n201", "vdd", "0"}),
    ):
        shell(*draw, "--only", glob).succeeds()
        root = ElementTree.parse(shell.folder / "d.svg").getroot()
        groups = [group for group in root.iter() if group.get("data-name")]
        assert {group.get("data-name") for group in groups if group.get("class") == "track"} == tracks
        marks = [group for group in groups if group.get("class") in ("open", "short", "bridge")]
        assert sum(len(str(group[0].text).splitlines()) for group in marks) == ids
        assert "of 901 devices" in str(root[0].text)


def test_a_summary_is_one_object_of_sums_and_a_table_has_no_noise(shell: Shell) -> None:
    deck = shell.write("three.cir", "* three\nV1 a 0 1\nR1 a b 1k\nR2 b c 1k\nR3 c 0 1k\n")
    shell.write("w.toml", '[[weights]]\ndefects = "*"\nweight = 0.1\norigin = "layout"\n')
    words = ("sites", deck, "--weights", "w.toml", "--summary")
    found = shell(*words, "--json").succeeds().json
    assert list(found) == ["circuit", "universe", "defects", "circuits", "weight", "kinds"]
    assert (found["circuit"], found["universe"], found["defects"]) == ("three", "2427", 6)
    assert [(row["kind"], row["defects"]) for row in found["kinds"]] == [("open", 3), ("short", 3)]
    assert found["weight"] == pytest.approx(0.6)
    done = shell(*words).succeeds()
    assert [line.split() for line in done.out.splitlines()[1:]] == [["open", "3", "0.3"], ["short", "3", "0.3"]]
    assert "weight 0.6\n" in done.err
    assert "\n1 device has no defects;" in done.err
