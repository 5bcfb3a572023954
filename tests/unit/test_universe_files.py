"""Universe and weights files of one's own: what their values may name, and ids that stay unique."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from faultsim.circuits.circuit import Circuit, of_deck
from faultsim.circuits.device import DeviceClass, device_classes
from faultsim.errors import SpecError
from faultsim.fault_models.globs import matches
from faultsim.fault_models.rules import OverrideSpec, UniverseSpec
from faultsim.fault_models.universe import Universe
from faultsim.fault_models.universe_file import load_universe_file
from faultsim.fault_models.weights import Unmatched

HEAD = 'title = "t"\nsource = "s"\n'
WEIGHED = 'weight = "1"\norigin = "o"\n'


def opens(device: str, *terminals: str, more: str = "") -> str:
    return f'[[opens]]\ndevice = "{device}"\nterminals = {list(terminals)}\n{more}{WEIGHED}'


def shorts(device: str, *pairs: str, more: str = "") -> str:
    return f'[[shorts]]\ndevice = "{device}"\npairs = {list(pairs)}\n{more}{WEIGHED}'


def loaded(folder: Path, rules: str, declared: list[DeviceClass] | None = None) -> UniverseSpec:
    file = folder / "mine.toml"
    file.write_text(rules)
    return load_universe_file(file, declared)


def circuit_of(folder: Path, text: str) -> Circuit:
    file = folder / "deck.cir"
    file.write_text(f"* a deck by hand\n{text}\n.model n nmos\n.model dio d\n.model q npn\n")
    return of_deck(file)


def problems(folder: Path, rules: str, declared: list[DeviceClass] | None = None) -> list[str]:
    with pytest.raises(SpecError) as caught:
        loaded(folder, rules, declared)
    return [str(problem).removeprefix(f"{folder}/") for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        (opens("mosfet", "d"), r"mine.toml:4: opens.0.device: 'mosfet': .*did you mean mos"),
        (opens("MOS", "d"), r"mine.toml:4: opens.0.device: 'MOS': .*did you mean mos"),
        (shorts("resitor", "1-2"), r"mine.toml:4: shorts.0.device: 'resitor': .*did you mean resistor"),
        (opens("cap", "1"), r"mine.toml:4: opens.0.device: 'cap': .*capacitor"),
        ('[[excluded]]\ndevices = ["diode", "sources"]\nreason = "r"\n',
         r"mine.toml:4: excluded.0.devices.1: 'sources': .*did you mean source"),
        (opens("mos", "d", "x"), r"mine.toml:5: opens.0.terminals.1: 'x': mos has no terminal 'x' \(known: b, d, e,"),
        (opens("mos", "D"), r"mine.toml:5: opens.0.terminals.0: 'D': mos has no terminal 'D'"),
        (opens("she-mtj", "pill"), r"mine.toml:5: opens.0.terminals.0: 'pill': .*did you mean pil\?"),
        (opens("she-mtj", "mx"), r"mine.toml:5: .*'mx': she-mtj has no terminal 'mx' \(known: ha, hb, pil\)"),
        (opens("coupling", "1"), r"mine.toml:5: .*'1': .*no terminals of this class are known"),
        (shorts("mos", "d-s", "g-q"), r"mine.toml:5: shorts.0.pairs.1: 'g-q': mos has no terminal 'q'"),
        (shorts("mos", "d-d"), r"mine.toml:5: shorts.0.pairs.0: 'd-d': a short is between two terminals"),
        (opens("mos", "d", more='model = "opn"\n'), r"mine.toml:6: opens.0.model: 'opn': .*did you mean open\?"),
        (opens("mos", "d", more='model = "bridge"\n'),
         r"mine.toml:6: opens.0.model: 'bridge': is about two nets, and not about a connection \(known: open, "),
        (shorts("mos", "d-g", more='model = "open"\n'), r"mine.toml:6: shorts.0.model: 'open': .*about a connection"),
        (opens("resistor", "1", more='model = "open-gate"\n'),
         r"mine.toml:6: opens.0.model: 'open-gate': uses the nets at d, s; resistor has no such terminal"),
        (f'[wires]\nmodel = "open-gate"\n{WEIGHED}', r"mine.toml:4: wires.model: 'open-gate': .*a wire has none"),
        (f'[corners]\nmodel = "open"\n{WEIGHED}', r"mine.toml:4: corners.model: 'open': .*a parameter of the process"),
        (f'[windows]\nmodels = ["shrink", "sretch"]\n{WEIGHED}',
         r"mine.toml:4: windows.models.1: 'sretch': .*did you mean stretch\?"),
        (f'[pairs]\nmodel = "corner"\n{WEIGHED}', r"mine.toml:4: pairs.model: 'corner': .*about two nets"),
    ],
)  # fmt: skip
def test_a_name_that_is_not_there_is_said_with_its_line_and_what_is_meant(
    tmp_path: Path, rules: str, said: str
) -> None:
    (problem,) = problems(tmp_path, HEAD + rules)
    assert re.match(said, problem)


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    rules = HEAD + opens("mosfet", "d") + shorts("diode", "a-x") + opens("bipolar", "f")
    assert [problem.partition(": ")[0] for problem in problems(tmp_path, rules)] == [
        "mine.toml:4",
        "mine.toml:15",
        "mine.toml:10",
    ]


@pytest.mark.parametrize("name", ["memristor", "mos-hv", "stt-mtj", "fefet"])
def test_a_class_that_a_deck_may_declare_is_let_pass_only_while_there_is_no_deck(tmp_path: Path, name: str) -> None:
    rules = HEAD + opens(name, "p", "n")
    loaded(tmp_path, rules)
    (problem,) = problems(tmp_path, rules, [])
    assert f"mine.toml:4: opens.0.device: {name!r}" in problem
    loaded(tmp_path, rules, [DeviceClass(name, ("p", "n", "q"))])
    (problem,) = problems(tmp_path, rules, [DeviceClass(name, ("p", "m", "q"))])
    assert f"mine.toml:5: opens.0.terminals.1: 'n': {name} has no terminal 'n'" in problem


def test_a_device_file_beside_the_universe_or_the_deck_declares_a_class(tmp_path: Path) -> None:
    rules = HEAD + opens("nmos", "p")
    assert "did you mean mos" in problems(tmp_path, rules)[0]
    (tmp_path / "cell.toml").write_text('subcircuit = "cell"\ndevice = "nmos"\nabout = "a"\nterminals = ["P", "Q"]\n')
    (tmp_path / "broken.toml").write_text("subcircuit =\n")
    loaded(tmp_path, rules)
    (tmp_path / "cell.cir").write_text("* a cell\n.subckt cell p q m\nr1 p q 1k\n.ends\n")
    circuit = circuit_of(tmp_path, ".include cell.cir\nX1 a 0 b cell")
    spec = loaded(tmp_path, rules, list(device_classes(circuit.hierarchy).by_scope.values()))
    assert [defect.id for defect in Universe(circuit, spec)] == ["x1:open"]


def test_every_terminal_that_a_card_may_have_may_be_named(tmp_path: Path) -> None:
    spec = loaded(tmp_path, HEAD + opens("mos", "b", "n6") + opens("bipolar", "s") + opens("diode", "tj"))
    circuit = circuit_of(tmp_path, "M1 d g s b e f n\nQ1 c b e sub q\nD1 a c t dio")
    assert {defect.id for defect in Universe(circuit, spec)} == {"m1.b:open", "m1.n6:open", "q1.s:open", "d1.tj:open"}


@pytest.mark.parametrize(
    ("rules", "line", "value"),
    [
        (opens("resistor", "1", "2"), 5, "'2'"),
        (opens("diode", "a", "c"), 5, "'c'"),
        (opens("mtj", "fix", "free"), 5, "'free'"),
        (opens("mos", "d", "d"), 5, "'d'"),
        (opens("memristor", "p", "p"), 5, "'p'"),
        (opens("mos", "d") + opens("mos", "g", "d"), 10, "'d'"),
        (opens("mos", "g") + opens("mos", "g", more='model = "open-gate"\n'), 10, "'g'"),
        (shorts("mos", "d-g") + shorts("mos", "g-d"), 10, "'g-d'"),
        (f'[[neighbours]]\nrelation = "line to rail"\n{WEIGHED}' * 2, 8, "'line to rail'"),
        (f'[windows]\nmodels = ["shrink", "shrink"]\n{WEIGHED}', 4, "['shrink', 'shrink']"),
    ],
)
def test_two_rules_for_one_id_are_refused(tmp_path: Path, rules: str, line: int, value: str) -> None:
    (problem,) = problems(tmp_path, HEAD + rules)
    assert problem.startswith(f"mine.toml:{line}: ")
    assert f": {value}: " in problem


def test_both_ends_are_two_opens_where_a_device_has_more(tmp_path: Path) -> None:
    spec = loaded(tmp_path, HEAD + opens("line", "1", "2") + opens("mos", "d", "s"))
    assert len(spec.opens) == 2


def test_a_rule_that_the_extended_universe_has_is_refused_at_its_own_line(tmp_path: Path) -> None:
    rules = 'extends = "network"\n' + opens("mos", "e") + opens("resistor", "2") + shorts("bipolar", "e-c")
    first, second = problems(tmp_path, rules)
    assert first.startswith("mine.toml:9: opens.1.terminals.0: '2': a rule in 2427.toml is about it already")
    assert "extend a copy of 2427.toml" in first
    assert second.startswith("mine.toml:14: shorts.0.pairs.0: 'e-c': a rule in 2427.toml")
    assert len(loaded(tmp_path, rules[: rules.index('[[opens]]\ndevice = "resistor"')]).shorts) > 5


def test_what_is_wrong_in_a_file_that_extends_another_has_its_own_line(tmp_path: Path) -> None:
    rules = 'extends = "2427"\n' + opens("mos", "e").replace('origin = "o"\n', "")
    assert problems(tmp_path, rules) == ["mine.toml:2: opens.0.origin: is missing"]
    (problem,) = problems(tmp_path, 'extends = "2428"\n')
    assert problem.startswith("mine.toml: extends: no universe named '2428'")


@pytest.mark.parametrize(
    ("identity", "glob", "expected"),
    [
        ("in[0]~in[1]:bridge", "in[0]~in[1]:bridge", True),
        ("in[0]~in[1]:bridge", "IN[0]~*", True),
        ("in[0]~in[1]:bridge", "in[[]0]~*", True),
        ("in[1]~in[2]:bridge", "in[0]~*", False),
        ("r1:open", "r[12]:open", True),
        ("r3:open", "r[!12]:open", True),
        ("r3:open", "r[12]:open", False),
        ("x1.m1.d:open", "X1.M1.*", True),
        ("Rop1", "rop?", True),
        ("r10:open", "r1:open", False),
        ("r1:open", "r1", False),
    ],
)
def test_brackets_are_read_as_they_are_and_case_does_not_matter(identity: str, glob: str, expected: bool) -> None:
    assert matches(identity, glob) is expected


def test_a_weight_of_a_net_with_brackets_counts(tmp_path: Path) -> None:
    weight = OverrideSpec(defects="X[0].R1:open", weight=7.0, origin="layout")
    spec = loaded(tmp_path, HEAD + opens("resistor", "1"))
    circuit = circuit_of(tmp_path, "X[0] a b c\nX1 a b c\n.subckt c p q\nR1 p q 1k\n.ends")
    weights = {defect.id: defect.weight for defect in Universe(circuit, spec, [weight])}
    assert weights == {"x[0].r1:open": 7.0, "x1.r1:open": 1.0}


def test_globs_that_nothing_matches_are_left_in_their_order() -> None:
    unmatched = Unmatched(["r9*", "r1:*", "*:shor", "*"])
    for identity in ("r1:open", "r1:short"):
        unmatched.see(identity)
    assert unmatched.globs == ["r9*", "*:shor"]
