"""Broken campaigns, sidecars, defects and decks: exit code 3 and everything that is wrong, with place and remedy."""

from __future__ import annotations

import pytest

from tests.cli.conftest import REPOSITORY, TINY, Shell, edit

SHAPE = """\
title = "Wrong in itself"
circuit = "crossbar4"
publishd = "x.toml"
[[windows]]
name = "original"
integrate = "1n"
leaky = "9n"
[[windows]]
name = "other"
integrate = "1x5"
leaky = "-9n"
[[defects]]
kind = "open"
sites = ["Rop3"]
[[tests]]
name = "inference"
pattern = "1111"
windows = ["original"]
observable = "spiked"
[search]
low = 100
high = "10k"
ratio = 0.5
"""
MEANING = """\
title = "Does not fit the circuit"
circuit = "crossbar4"
published = "nowhere.toml"
[[windows]]
name = "original"
integrate = "1n"
leaky = "9n"
[baseline]
patterns = ["11x1"]
[[defects]]
kind = "open"
sites = ["Rap*"]
[[tests]]
name = "inference"
pattern = "111"
windows = ["original"]
observable = "spikd"
[observables]
early = "risen(out, vdd / 2, strobe)"
late = "any(rises(outt, vdd / 2, strobe))"
open = "any(rises(out, vdd / 2, strobe)"
[search]
low = 10
high = 100
ratio = 1.5
"""


def line_of(text: str, part: str) -> int:
    lines = [number for number, line in enumerate(text.splitlines(), start=1) if part in line]
    assert len(lines) == 1, f"{part!r} is on lines {lines}"
    return lines[0]


def test_everything_wrong_in_a_campaign_is_said_at_once_with_its_line_value_and_remedy(shell: Shell) -> None:
    shell.write("bad.toml", SHAPE)
    done = shell("validate", "bad.toml").fails_with(
        3,
        f"bad.toml:{line_of(SHAPE, 'publishd')}: publishd: unknown key (did you mean published?)",
        f"bad.toml:{line_of(SHAPE, '1x5')}: windows.1.integrate: '1x5'",
        f"bad.toml:{line_of(SHAPE, '-9n')}: windows.1.leaky: -9e-09",
        f"bad.toml:{line_of(SHAPE, 'ratio')}: search.ratio: 0.5",
        "16k",
        "greater than",
    )
    assert len(done.err.splitlines()) == 4


def test_run_says_the_same_as_validate_and_leaves_nothing_behind(shell: Shell) -> None:
    shell.write("bad.toml", SHAPE)
    assert shell("run", "bad.toml").fails_with(3).err == shell("validate", "bad.toml").fails_with(3).err
    assert [path.name for path in shell.folder.iterdir()] == ["bad.toml"]


def test_everything_in_a_campaign_that_does_not_fit_its_circuit_is_said_at_once(shell: Shell) -> None:
    shell.write("bad.toml", MEANING)
    shell("validate", "bad.toml").fails_with(
        3,
        "bad.toml: published: no file nowhere.toml",
        "pattern '11x1': does not fit, with 4 symbols (crossbar4 takes 4 symbols out of 0, 1, g)",
        "pattern '111': does not fit",
        "defects.sites: 'Rap*' matches no site of crossbar4",
        "Rop1, Rop2",
        "tests.inference.observable: unknown observable 'spikd' (did you mean spiked?)",
        "observables.early: unknown function 'risen' (did you mean rises?)",
        "observables.late: unknown name 'outt' (did you mean out?)",
        "observables.open: ",
        "never closed",
    )


def test_validate_gives_the_problems_as_json_too(shell: Shell) -> None:
    shell.write("bad.toml", SHAPE)
    done = shell("validate", "bad.toml", "--json")
    assert done.code == 3
    assert done.json["kind"] == "campaign"
    problems = {problem["where"].rpartition(" ")[2]: problem for problem in done.json["problems"]}
    assert set(problems) == {"publishd", "windows.1.integrate", "windows.1.leaky", "search.ratio"}
    assert problems["publishd"]["remedy"] == "did you mean published?"
    assert all(problem["message"] for problem in problems.values())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"title = [", "not valid TOML"),
        (b"\xff\xfe", "cannot be read"),
        (b"", "none of the files that faultsim reads"),
        (b"colour = 'blue'", "none of the files that faultsim reads"),
    ],
    ids=["no TOML", "no text", "empty", "something else"],
)
def test_a_file_that_is_nothing_of_ours_is_refused_in_words_and_in_json(
    shell: Shell, content: bytes, said: str
) -> None:
    (shell.folder / "odd.toml").write_bytes(content)
    shell("validate", "odd.toml").fails_with(3, "odd.toml", said)
    done = shell("validate", "odd.toml", "--json")
    assert done.code == 3
    assert [said in problem["message"] for problem in done.json["problems"]] == [True]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('leaky = "9n"', 'leaky = "0.2n"', "the strobe into the leaky window"),
        ("low = 100", 'low = "20k"', "low has to be below high"),
        ('windows = ["original"]', 'windows = ["orignal"]', "unknown windows ['orignal']; there are ['original']"),
        ("pulses = 1", "pulse = 1", "pulse: unknown key (did you mean pulses?)"),
        ("per_decade = 1", "per_decade = 0", "currents.per_decade: 0"),
        ('observable = "im_wr_a"\nper', 'observable = "im_wr"\nper', "currents.observable: unknown observable 'im_wr'"),
    ],
    ids=["window too short", "search upside down", "window unknown", "stimulus key", "no points", "observable"],
)
def test_each_way_to_break_a_campaign_has_its_message(shell: Shell, old: str, new: str, said: str) -> None:
    edit(shell.write("bad.toml", TINY), old, new)
    done = shell("validate", "bad.toml").fails_with(3, "bad.toml", said)
    assert "{'" not in done.err, "a whole table was printed"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('circuit = "crossbar4"', 'circuit = "crossbra4"', "did you mean crossbar4 or crossbar"),
        ('kind = "open"', 'kind = "opn"', "did you mean open?"),
    ],
)
def test_an_unknown_name_inside_a_campaign_is_the_fault_of_the_file(
    shell: Shell, old: str, new: str, said: str
) -> None:
    edit(shell.write("bad.toml", TINY), old, new)
    shell("validate", "bad.toml").fails_with(3, "bad.toml", said)


def test_everything_in_a_sidecar_that_does_not_fit_its_deck_is_said_at_once(shell: Shell) -> None:
    sidecar = shell.copy_circuits()
    edit(sidecar, 'nets = ["rd"]', 'nets = ["rdd"]')
    edit(sidecar, "spikes = { 1111 = 3 }", "spikes = { 111 = 3 }")
    edit(sidecar, 'device = "xcell1.ma3"', 'device = "xcell1.ma9"')
    edit(sidecar, '"any(rises(out, vdd/2, strobe))"', '"any(rises(ot, vdd/2, strobe))"')
    said = [
        str(sidecar),
        "no top-level net 'rdd' (did you mean rd ",
        "sites.Rop5: xcell1.ma9: xcell1 has no element 'ma9' (did you mean",
        "observables.spiked: unknown name 'ot' (did you mean out?)",
        "baseline.spikes: pattern '111': does not fit",
    ]
    shell("validate", sidecar).fails_with(3, *said)
    shell("simulate", "crossbar4").fails_with(3, *said)


def test_everything_wrong_in_the_keys_of_a_sidecar_is_said_at_once(shell: Shell) -> None:
    sidecar = shell.copy_circuits()
    edit(sidecar, 'driver_ohm = "1k"', 'driver_ohm = "1 kilo"')
    edit(sidecar, 'role = "read"', 'role = "reed"')
    edit(sidecar, 'edge = "20p"', "egde = 20")
    text = sidecar.read_text()
    shell("validate", sidecar).fails_with(
        3,
        f":{line_of(text, '1 kilo')}: ports.1.driver_ohm: '1 kilo'",
        f":{line_of(text, 'reed')}: ports.6.role: 'reed'",
        f":{line_of(text, 'egde')}: stimulus.egde: unknown key (did you mean edge?)",
        "stimulus.edge: is missing",
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('deck = "crossbar4.cir"', 'deck = "crossbar5.cir"', "no file crossbar5.cir"),
        ('"../devices/mos40.cir"', '"../devices/mos28.cir"', "no file ../devices/mos28.cir"),
        ('order = ["xcell1.bl", "xcell2.bl"', 'order = ["xcell2.bl"', "order and deck disagree about xcell1.bl"),
    ],
    ids=["deck", "transistors", "wire"],
)
def test_each_way_to_break_a_sidecar_has_its_message(shell: Shell, old: str, new: str, said: str) -> None:
    sidecar = shell.copy_circuits()
    edit(sidecar, old, new)
    shell("sites", "crossbar4").fails_with(3, said)


def test_everything_wrong_in_a_defect_is_said_at_once(shell: Shell) -> None:
    text = (REPOSITORY / "fault_models" / "defects" / "open.toml").read_text()
    defect = shell.write("bad.toml", text)
    edit(defect, 'direction = "fails_above"', 'direction = "fails_sideways"')
    edit(defect, "{severity}", "{value}")
    edit(defect, 'kind = "open"', 'kind = "opne"')
    shell("validate", "bad.toml").fails_with(
        3,
        f"bad.toml:{line_of(text, 'direction')}: severity.direction: 'fails_sideways'",
        "elements have to use {near}, {far} and {severity}",
        f"bad.toml:{line_of(text, 'kind')}: kind: 'opne'",
    )


def test_everything_wrong_in_a_deck_is_said_at_once_with_its_line(shell: Shell) -> None:
    shell.write("part.cir", "* part\n.subckt divider top out\nR1 top out 1k\nR2 out 0\n.ends\n")
    deck = shell.write("bad.cir", "* bad\n.include part.cir\n.include gone.cir\nX1 a b divder\nR1 a 0 1k\nR1 b 0 1k\n")
    shell("validate", "bad.cir").fails_with(3, "bad.cir:3: no file gone.cir")
    edit(deck, ".include gone.cir\n", "")
    shell("validate", "bad.cir").fails_with(
        3,
        "part.cir:4: r2 needs 2 nets and a model or value",
        "bad.cir:3: no subcircuit 'divder' (did you mean divider?)",
        "bad.cir:5: r1 is already defined at bad.cir:4",
    )


def test_a_pattern_that_does_not_fit_says_what_the_circuit_takes(shell: Shell) -> None:
    for verb, pattern in ((("simulate", "crossbar4"), "111"), (("inject", "crossbar4", "Rop3"), "11x1")):
        done = shell(*verb, "--pattern", pattern)
        done.fails_with(3, f"pattern '{pattern}': does not fit", "4 symbols out of 0, 1, g")


def test_windows_on_the_command_line_that_leave_no_room_for_the_strobe_are_refused(shell: Shell) -> None:
    done = shell("simulate", "crossbar4", "--lw", "0.1n").fails_with(3, "--lw", "the strobe into the leaky window")
    assert "{'" not in done.err, "a whole table was printed"


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('[probes]\nfoo = "v(nosuchnet)"\n', "probes.foo: the deck has no net 'nosuchnet'"),
        ('[probes]\nfoo = "i(v.xneuron.nosuch)"\n', "probes.foo: xneuron.nosuch: xneuron has no element"),
        ('[probes]\nfoo = "hello"\n', "probes.foo: 'hello' is no vector"),
        ('[probes]\nim_wr = "v(out)"\n', "probes.im_wr: the sidecar records i(v.xneuron.vwr) by this name"),
        ('[resistors]\nobservables = ["im_wr_a"]\ntolerance = 0.1\n', "resistors: no defect of a junction's physics"),
        (
            '[resistors]\nobservables = ["im_wr"]\ntolerance = 0.1\n',
            "resistors.observables: unknown observable 'im_wr'",
        ),
        ("[equivalent]\ntolerance = 0\n", "equivalent.tolerance"),
        ("[equivalent]\nsamples = 3\n", "equivalent.samples"),
        (
            '[[defects]]\npairs = ["xcell1.xmtj:pinhole@3+Rop3"]\n',
            "xcell1.xmtj:pinhole: a severity of 3 of area is outside",
        ),
    ],
)
def test_each_way_to_misuse_a_table_has_its_message(table: str, said: str, shell: Shell) -> None:
    shell.write("tiny.toml", TINY + table)
    shell("validate", "tiny.toml").fails_with(3, said)


def test_all_patterns_of_many_inputs_are_refused_before_anything_runs(shell: Shell) -> None:
    shell("generate", "crossbar", "--inputs", 40, "-o", "forty").succeeds()
    text = TINY.replace('"crossbar4"', '"forty.toml"').replace('patterns = ["0000"]', 'patterns = "all"')
    text = text.replace('"1111"', '"1{40}"').replace('"Rop3", "Rop5"', '"bl.xcell1:open"')
    shell.write("tiny.toml", text.replace('kind = "open"', 'kind = "open"\nuniverse = "network"'))
    shell("run", "tiny.toml", "--dry-run").fails_with(3, "baseline.patterns: all patterns of 40 inputs are 2^40")
