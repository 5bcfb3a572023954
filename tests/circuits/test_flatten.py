"""A flattened deck is the one that ngspice prints for ``listing expand``: device for device, net for net."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faultsim.circuits.circuit import Circuit
from faultsim.circuits.deck import split_cards
from faultsim.circuits.flatten import FlatDevice
from faultsim.circuits.hierarchy import Hierarchy
from faultsim.circuits.parameters import Values, evaluate
from faultsim.errors import SpecError
from tests.decks.ngspice import expanded
from tests.examples import examples

GLOBAL_PARAMETERS = {"g1": "2", "g2": "{g1*1.5}"}
DEEPEST = 2
SHADOWED = ["cell0", "cell1"]
TAIL = """\
.model nm nmos(level=1 vto=0.4)
.model PM pmos
.model dm d
.model qm npn
.model sm sw
.model jm njf
"""
NETS = ["n1", "N2", "mid", "a<1>", "b[0]", "c!", "d.e", "0", "gnd", "GND", "vdd", "VSS"]
PORTS = ["p", "Q", "in<0>", "out[1]", "n1", "vdd", "s.t"]
NAMES = ["1", "2", "load", "A<3>", "b[2]", "c_1", "x", "d.1"]


@dataclass
class Cell:
    """A subcircuit that an instance can be of: its name, its ports, the names of its parameters."""

    name: str
    ports: int
    parameters: list[str]


@dataclass
class Scope:
    """What can be named where a card stands, and whether instances give parameters there."""

    nets: list[str]
    parameters: list[str]
    cells: dict[str, Cell]
    gives: bool = True
    lines: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)


def _expression(draw: st.DrawFn, scope: Scope) -> str:
    name = draw(st.sampled_from(scope.parameters))
    form = draw(st.sampled_from(["{}", "{}*2", "1k + {}", "({}+1)/2", "max({},3)", "{}**2"]))
    return draw(st.sampled_from(["{{{}}}", "'{}'"])).format(form.format(name))


def _value(draw: st.DrawFn, scope: Scope) -> str:
    plain = st.sampled_from(["1k", "2.5meg", "3u", "1e-3", "470", "10p", "2K", "1.5e3"])
    return draw(plain) if draw(st.booleans()) else _expression(draw, scope)


def _device(draw: st.DrawFn, scope: Scope) -> None:
    letter = draw(st.sampled_from("rclrclmmdqvegisfhbjt"))
    name = next((letter + name for name in draw(st.permutations(NAMES)) if letter + name not in scope.used), "")
    source = next((name for name in sorted(scope.used) if name.startswith("v")), "")
    if not name or (letter in "fh" and not source):
        return
    scope.used.add(name)
    count = {"m": 4, "q": draw(st.sampled_from([3, 3, 4])), "s": 4, "j": 3, "t": 4}.get(letter, 2)
    nets = [draw(st.sampled_from(scope.nets)) for _ in range(count)]
    sensed = f"{draw(st.sampled_from(scope.nets))} {draw(st.sampled_from(scope.nets))}"
    match letter:
        case "r" | "c" | "l":
            rest = draw(st.sampled_from(["{}", f"{letter}={{}}", f"{letter.upper()} = {{}}", "{} tc1=1m"]))
            rest = rest.format(_value(draw, scope))
        case "m":
            model = draw(st.sampled_from(["nm", "pm", "NM"]))
            rest = f"{model} w={_value(draw, scope)} L = {_value(draw, scope)}" + draw(st.sampled_from(["", " m=2"]))
        case "d":
            rest = draw(st.sampled_from(["dm", f"dm area={_value(draw, scope)}"]))
        case "q":
            rest = draw(st.sampled_from(["qm", "qm 2", "QM area=3"]))
        case "s":
            rest = "sm"
        case "e":
            rest = draw(st.sampled_from([f"{sensed} 2", f"{sensed} {_value(draw, scope)}", f"vol='v({nets[0]})*2'"]))
        case "g":
            rest = f"{sensed} {_value(draw, scope)}"
        case "f" | "h":
            rest = f"{source} {_value(draw, scope)}"
        case "b":
            rest = draw(st.sampled_from([f"v='v({nets[0]})+1'", f"I = {{v({sensed.replace(' ', ',')})*2}}"]))
        case "j":
            rest = "jm"
        case "t":
            rest = "z0=50 td=1n"
        case _:
            rest = draw(st.sampled_from(["1.5", "dc 2", f"dc {_value(draw, scope)}", "pulse(0 1 1n 1n 1n 5n 10n)"]))
    scope.lines.append(f"{name} {' '.join(nets)} {rest}")


def _instance(draw: st.DrawFn, scope: Scope) -> None:
    name = next((f"x{name}" for name in draw(st.permutations(NAMES)) if f"x{name}" not in scope.used), "")
    if not name or not scope.cells:
        return
    scope.used.add(name)
    cell = scope.cells[draw(st.sampled_from(sorted(scope.cells)))]
    nets = [draw(st.sampled_from(scope.nets)) for _ in range(cell.ports)]
    may_give = cell.parameters if scope.gives else []
    given = draw(st.lists(st.sampled_from(may_give), unique=True, max_size=2)) if may_give else []
    values = " ".join(f"{name}={_value(draw, scope)}" for name in given)
    keyword = draw(st.sampled_from(["", " params:"])) if values else ""
    scope.lines.append(f"{name} {' '.join(nets)} {cell.name}{keyword} {values}")


def _cell(draw: st.DrawFn, name: str, around: dict[str, Cell], depth: int) -> tuple[Cell, list[str]]:
    """Write a definition; what stands in it may be of the cells around it, and of those that are defined in it.

    ngspice mixes up the parameters of a definition inside another with those of one outside of the same name, and does
    not know where those come from that its instances give: it has none here, and gives none.
    """
    nested = depth < DEEPEST
    plain = nested or name in SHADOWED
    ports = draw(st.lists(st.sampled_from(PORTS), min_size=1, max_size=3, unique_by=str.lower))
    formal = [] if plain else draw(st.lists(st.sampled_from(["p1", "p2", "g1"]), max_size=2, unique=True))
    own = [] if plain else draw(st.lists(st.sampled_from(["k1", "k2"]), max_size=2, unique=True))
    scope = Scope([*ports, *NETS], [*formal, *GLOBAL_PARAMETERS], dict(around), not nested)
    defaults = " ".join(f"{name}={draw(st.sampled_from(['3', '4k', '{g2*2}']))}" for name in formal)
    keyword = draw(st.sampled_from(["", "params: "])) if formal else ""
    head = f".subckt {name} {' '.join(ports)} {keyword}{defaults}"
    for parameter in own:
        scope.lines.append(f".param {parameter}={_expression(draw, scope)}")
        scope.parameters.append(parameter)
    inner: list[str] = []
    names = draw(st.lists(st.sampled_from([*SHADOWED, "inner", "in2"]), max_size=2, unique=True)) if depth else []
    for shadowed in names:
        # A name from outside means the inner one, wherever in the body it stands.
        scope.cells.pop(shadowed, None)
    for each in names:
        cell, lines = _cell(draw, each, {key: value for key, value in scope.cells.items() if key != name}, depth - 1)
        scope.cells[each] = cell
        inner += lines
    _fill(draw, scope)
    body = [*inner, *scope.lines] if draw(st.booleans()) else [*scope.lines, *inner]
    return Cell(name, len(ports), formal), [head, *body, draw(st.sampled_from([".ends", f".ends {name}"]))]


def _fill(draw: st.DrawFn, scope: Scope) -> None:
    for _ in range(draw(st.integers(1, 4))):
        _device(draw, scope)
    for _ in range(draw(st.integers(0, 3))):
        _instance(draw, scope)


def _written(draw: st.DrawFn, lines: Sequence[str]) -> str:
    """Write cards in any case, over several lines, with comments."""
    text: list[str] = []
    for line in lines:
        words = draw(st.sampled_from([str, str, str.upper, str.title]))(line).split(" ")
        style = draw(st.integers(0, 9))
        if style < 3 and "'" not in line and "{" not in line and len(words) > 2:
            cut = draw(st.integers(1, len(words) - 1))
            between = draw(st.sampled_from(["", "* between\n", "\n"]))
            text.append(f"{' '.join(words[:cut])}\n{between}+ {' '.join(words[cut:])}")
        else:
            text.append(" ".join(words) + {3: " ; a comment", 4: " $ a comment", 5: "  "}.get(style, ""))
        if style == 9:
            text.append("* R9 a b 1k is a comment")
    return "".join(f"{line}\n" for line in text)


@st.composite
def decks(draw: st.DrawFn) -> str:
    cells: dict[str, Cell] = {}
    definitions: list[list[str]] = []
    for name in [*SHADOWED, "Cell2", "cell3"][draw(st.integers(0, 2)) :]:
        cell, lines = _cell(draw, name, cells, DEEPEST)
        cells[name] = cell
        definitions.append(lines)
    top = Scope(NETS, list(GLOBAL_PARAMETERS), cells)
    _fill(draw, top)
    # ngspice drops a definition that nobody uses, and sometimes one of the same name elsewhere with it.
    top.lines += [f"xx{name} {' '.join(['n1', 'vdd', '0'][: cell.ports])} {name}" for name, cell in cells.items()]
    start = [draw(st.sampled_from([".global vdd", ".global VDD vss", "* no globals"]))]
    start += [f".param {name}={value}" for name, value in GLOBAL_PARAMETERS.items()]
    parts = [top.lines, *draw(st.permutations(definitions))]
    order = parts if draw(st.booleans()) else parts[::-1]
    return "title\n" + _written(draw, [*start, *(line for part in order for line in part)]) + TAIL


def number(text: str) -> float | None:
    return evaluate(text, Values())


def told(words: Sequence[str], nets: int) -> dict[str, float | None]:
    """Return what ngspice says of a device's values: ``w= 1e-6`` and, of a resistor, capacitor or inductor, its own."""
    rest = [word for word in " ".join(words[1 + nets :]).replace("=", " = ").split() if word]
    values = {rest[at - 1]: number(rest[at + 1]) for at in range(1, len(rest) - 1) if rest[at] == "="}
    if words[0][0] in "rcl" and rest and (len(rest) < 2 or rest[1] != "="):
        # A model may stand in front of the value.
        values[words[0][0]] = next((value for value in map(number, rest[:2]) if value is not None), None)
    return values


def difference(device: FlatDevice, words: Sequence[str]) -> str:
    """Return in what ngspice and the flattener differ about a device."""
    if list(device.nets) != words[1 : 1 + len(device.nets)]:
        return f"{device.path} is on {device.nets}; ngspice: {' '.join(words)}"
    if device.element.model and device.element.model != words[1 + len(device.nets)].rpartition(":")[2]:
        return f"{device.path} is of {device.element.model}; ngspice: {' '.join(words)}"
    if device.element.letter not in "rclmd":
        return ""
    theirs = told(words, len(device.nets) + bool(device.element.model))
    for name in {"r", "c", "l", "w", "area", "m"} & {*device.values, *theirs}:
        our, their = device.values.get(name), theirs.get(name)
        if our != their and (our is None or their is None or not math.isclose(our, their, rel_tol=1e-9)):
            return f"{device.path}: {name} = {our}; ngspice: {' '.join(words)}"
    return ""


def differences(folder: Path, text: str) -> list[str]:
    """Return in what ngspice and the flattener differ about a deck."""
    cards = split_cards(text, "deck.cir", title=True)
    hierarchy = Hierarchy(cards)
    ours = {hierarchy.spice_name(device.path): device for device in Circuit("deck", cards, hierarchy).devices}
    theirs = {words[0]: words for words in expanded(folder, text) if words[0][0].isalpha()}
    # An expression becomes a source of its own: b.x1.be1 beside e.x1.e1.
    helpers = {name for name in theirs if name.startswith("b") and name.endswith(tuple(expressions(ours)))}
    found = [f"{name} is not in ngspice's" for name in sorted(ours.keys() - theirs.keys())]
    found += [f"{name} is not in ours" for name in sorted(theirs.keys() - ours.keys() - helpers)]
    return found + [text for name in ours.keys() & theirs.keys() if (text := difference(ours[name], theirs[name]))]


def expressions(ours: dict[str, FlatDevice]) -> set[str]:
    return {f"b{device.element.card.name}" for device in ours.values() if "vol" in device.element.texts}


@settings(max_examples=examples(60), deadline=None)
@given(text=decks())
def test_a_flattened_deck_is_the_one_that_ngspice_has(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    found = differences(tmp_path_factory.getbasetemp(), text)
    assert not found, "\n".join([*found, text])


@pytest.mark.parametrize(
    ("instance", "head", "device", "multiplier"),
    [
        ("m=3", ".subckt s p", "R1 p 0 1k", 3.0),
        ("m={k}", ".subckt s p", "M1 p p 0 0 nm w=1u l=1u", 2.0),
        ("", ".subckt s p", "R1 p 0 1k m=5", 5.0),
        ("k=4", ".subckt s p k=1", "R1 p 0 1k m={k}", 4.0),
        # A subcircuit with a parameter m makes of it what it likes.
        ("m=3", ".subckt s p m=1", "R1 p 0 1k", 1.0),
        ("m=3", ".subckt s p m=1", "R1 p 0 1k m={m*2}", 6.0),
        ("", ".subckt s p m=4", "R1 p 0 1k m={m}", 4.0),
        ("", ".subckt s p m=4", "R1 p 0 1k", 1.0),
    ],
)
def test_a_device_stands_for_as_many_as_ngspice_makes_of_it(
    tmp_path: Path, instance: str, head: str, device: str, multiplier: float
) -> None:
    text = f"title\n.param k=2\nX1 1 s {instance}\n{head}\n{device}\n.ends\n{TAIL}"
    cards = split_cards(text, "deck.cir", title=True)
    (ours,) = Circuit("deck", cards, Hierarchy(cards)).devices
    (words,) = (words for words in expanded(tmp_path, text) if words[0][0].isalpha())
    their = told(words, len(ours.nets) + bool(ours.element.model)).get("m", 1.0)
    assert (ours.multiplier, their) == (multiplier, multiplier)


def test_a_multiplier_inside_another_multiplies(tmp_path: Path) -> None:
    # ngspice 39 forgets the inner one.
    cards = split_cards(
        "t\nX1 a s m=3\n.subckt s p\nX2 p t m=2\n.ends\n.subckt t p\nR1 p 0 1 m=5\n.ends\n", "deck", title=True
    )
    (device,) = Circuit("deck", cards, Hierarchy(cards)).devices
    assert (device.multiplier, device.counts) == (30, 3)


def test_devices_of_a_deep_chain_of_parameters_have_their_values() -> None:
    chain = "".join(f".param p{number}={{p{number + 1}+1}}\n" for number in range(3000))
    body = "".join(f".param q{number}={{q{number + 1}+1}}\n" for number in range(3000))
    text = f"t\n{chain}.param p3000=1\nR1 1 0 {{p0}}\nX1 1 s\n.subckt s a\n{body}.param q3000=1\nR1 a 0 {{q0}}\n.ends\n"
    cards = split_cards(text, "deck.cir", title=True)
    assert [device.values["r"] for device in Circuit("deck", cards, Hierarchy(cards)).devices] == [3001.0, 3001.0]


def test_parameters_that_name_each_other_in_a_circle_have_no_value() -> None:
    cards = split_cards("t\n.param a={b} b={a+1} c={c} d=5\nR1 1 0 {a}\nR2 1 0 {c}\nR3 1 0 {d}\n", "deck", title=True)
    assert [device.values.get("r") for device in Circuit("deck", cards, Hierarchy(cards)).devices] == [None, None, 5.0]


@pytest.mark.parametrize(
    "head", [".subckt", ".subckt =", ".subckt = 1", ".subckt a=1", ".subckt ( )", ".macro params:"]
)
def test_a_definition_without_a_name_is_refused(head: str) -> None:
    with pytest.raises(SpecError) as refused:
        Hierarchy(split_cards(f"t\n{head}\n.ends\n", "deck.cir", title=True))
    assert str(refused.value) == "deck.cir:2: .subckt has no name (name it)"
