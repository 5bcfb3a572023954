"""The circuit map marks every defect once, at its place, whatever the circuit is."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations, pairwise
from math import hypot
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from faultsim import library
from faultsim.campaigns import spec
from faultsim.campaigns.plan import make_plan
from faultsim.circuits import network
from faultsim.circuits.circuit import of_network
from faultsim.circuits.crossbar_plan import CrossbarRequest
from faultsim.circuits.deck import split_cards
from faultsim.circuits.generator import generate_crossbar
from faultsim.circuits.network import Network
from faultsim.circuits.sidecar import LayoutSpec, PortsSpec, Sidecar, WireSpec
from faultsim.circuits.sites import Cut
from faultsim.fault_models.defect import Defect
from faultsim.fault_models.naming import double
from faultsim.fault_models.universe import Universe
from faultsim.fault_models.universe_file import load_universe
from faultsim.reports.circuit_map.drawing import circuit_map

XY = tuple[float, float]
CAMPAIGNS = ["lats2024", "lats2024-weights", "bridges4", "devices4", "behaviours4", "crossbar16", "crossbar64"]


class Map:
    """A drawn map, taken apart."""

    def __init__(self, circuit: Network, defects: Sequence[Defect]) -> None:
        self.text = circuit_map(circuit, defects)
        self.root = ElementTree.fromstring(self.text.replace(' xmlns="http://www.w3.org/2000/svg"', ""))
        assert self.root.tag == "svg"
        self.groups = [group for group in self.root.iter("g") if group.get("class") == "mark"]
        self.at: dict[str, XY] = {str(group.get("data-defect")): moved(group) for group in self.groups}

    @property
    def ids(self) -> Counter[str]:
        return Counter(str(group.get("data-defect")) for group in self.groups)

    def word(self, text: str) -> XY:
        """Where a text is; it is there once."""
        (found,) = [each for each in self.root.iter("text") if each.text == text]
        return float(str(found.get("x"))), float(str(found.get("y")))

    def box(self, title: str) -> tuple[float, float, float, float]:
        """The left, upper, right and lower edge of the box with a title."""
        x, y = self.word(title)
        for box in self.root.iter("rect"):
            left, top, wide, high = (float(str(box.get(key))) for key in ("x", "y", "width", "height"))
            if left < x < left + wide and top < y < top + high:
                return left, top, left + wide, top + high
        raise AssertionError(f"no box around {title}")

    def inside(self, title: str) -> set[str]:
        """The ids of the marks that lie in a box."""
        left, top, right, bottom = self.box(title)
        return {name for name, (x, y) in self.at.items() if left < x < right and top < y < bottom}


def moved(element: ElementTree.Element) -> XY:
    x, y = re.findall(r"-?[\d.]+", str(element.get("transform")))
    return float(x), float(y)


def universe(circuit: Network, name: str = "network") -> list[Defect]:
    return list(Universe(of_network(circuit), load_universe(name)))


def planned(campaign: str) -> tuple[Network, Sequence[Defect]]:
    path, found = spec.load(campaign)
    plan = make_plan(path, found, "*")
    return plan.network, plan.defects


def generated(folder: Path, inputs: int, outputs: int, **more: Any) -> Network:
    made = generate_crossbar(CrossbarRequest(inputs, outputs, **more), folder / "made")
    made.write()
    return network.load(str(made.sidecar))


def by_hand(crossbar: Network, deck: str, wires: Mapping[str, Sequence[str]], **layout: Any) -> Network:
    """A small circuit with inputs a and b, output o and supply vdd."""
    roles: dict[Any, list[str]] = {"input": ["a", "b"], "output": ["o"], "supply": ["vdd"]}
    drivers: dict[str, Any] = {"input": {"driver_ohm": 1.0}}
    said: dict[str, Any] = {
        "sites": {},
        "process": {},
        "initial": {},
        "ports": [PortsSpec(nets=nets, role=role, **drivers.get(role, {})) for role, nets in roles.items()],
        "wires": {net: WireSpec(net=net, order=list(order), driven=net in "ab") for net, order in wires.items()},
        "layout": LayoutSpec(**layout),
    }
    cards = split_cards(deck, "hand.cir", title=True)
    return replace(crossbar, sidecar=crossbar.sidecar.model_copy(update=said), cards=cards)


def of_line(defect: Defect) -> bool:
    return bool(defect.site.wire) if isinstance(defect.site, Cut) else not defect.site.device


@pytest.fixture(scope="module")
def crossbar() -> Network:
    return network.load("crossbar4")


@pytest.fixture(scope="module")
def lines(crossbar: Network) -> Map:
    """What is on and between the lines of crossbar4."""
    return Map(crossbar, [defect for defect in universe(crossbar) if of_line(defect)])


@pytest.mark.parametrize("campaign", CAMPAIGNS)
def test_each_defect_of_a_campaign_has_one_mark_and_it_is_on_the_drawing(campaign: str) -> None:
    circuit, defects = planned(campaign)
    drawn = Map(circuit, defects)
    assert drawn.ids == Counter(defect.id for defect in defects)
    wide, high = (float(size) for size in str(drawn.root.get("viewBox")).split()[2:])
    assert all(4 < x < wide - 4 and 4 < y < high - 4 for x, y in drawn.at.values())
    assert circuit_map(circuit, defects) == drawn.text


@pytest.mark.parametrize("name", ["2427", "network", "all-pairs"])
def test_marks_of_a_whole_universe_do_not_lie_on_each_other(crossbar: Network, name: str) -> None:
    defects = universe(crossbar, name)
    drawn = Map(crossbar, defects)
    assert drawn.ids == Counter(defect.id for defect in defects)
    assert all(hypot(x - u, y - v) >= 10 for (x, y), (u, v) in combinations(drawn.at.values(), 2))


def test_a_mark_says_what_it_is_and_can_be_reached_by_keyboard(crossbar: Network) -> None:
    defects = universe(crossbar)
    groups = {str(group.get("data-defect")): group for group in Map(crossbar, defects).groups}
    for defect in defects:
        group = groups[defect.id]
        said = str(group.findtext("title"))
        assert all(part in said for part in (defect.id, defect.definition.kind, defect.location))
        assert (group.get("tabindex"), group.get("role")) == ("0", "button")
        assert [shape.get("class") for shape in group][-1] == "mark-shape"


def test_kinds_have_shapes_of_their_own(crossbar: Network) -> None:
    defects = {defect.definition.kind: defect for defect in universe(crossbar)}
    _, devices = planned("devices4")
    defects["device"] = devices[0]
    groups = {str(group.get("data-defect")): group[-1] for group in Map(crossbar, list(defects.values())).groups}
    shapes = {kind: groups[defect.id] for kind, defect in defects.items()}
    outlines = {kind: (shape.tag, shape.get("d")) for kind, shape in shapes.items()}
    assert outlines["short"] == outlines["bridge"]
    assert len(set(outlines.values())) == len(outlines) - 1 == 4


def test_opens_of_the_bit_line_lie_on_it_between_the_cells_that_they_part(lines: Map) -> None:
    names = ["xcell1", "xcell2", "xcell3", "xcell4", "xneuron"]
    for open_, (far, near) in zip(["Rop1", "Rop2", "Rop3", "bl.xcell4:open"], pairwise(names), strict=True):
        name = open_ if open_ in lines.at else f"bl.{far}:open"
        x, y = lines.at[name]
        assert x == lines.word("bl")[0]
        # Below the height at which the far cell taps in, above the near one's word line.
        assert lines.box(far)[1] + 8 < y < lines.box(near)[1] - 8


def test_opens_of_a_word_line_lie_on_it_before_what_they_part_from_the_input(lines: Map) -> None:
    for number in (1, 2, 3, 4):
        height = lines.word(f"in{number}")[1] - 4
        driver, segment = (lines.at[f"in{number}.x{what}{number}:open"] for what in ("pot", "cell"))
        assert driver[1] == segment[1] == height
        assert driver[0] < lines.box(f"xpot{number}")[0] + 16 < lines.box(f"xpot{number}")[2] < segment[0]
        assert segment[0] < lines.box(f"xcell{number}")[0] + 16


def test_bridges_lie_where_their_lines_are_near_each_other(lines: Map) -> None:
    heights = {f"in{number}": lines.word(f"in{number}")[1] - 4 for number in (1, 2, 3, 4)}
    for net, height in heights.items():
        assert lines.at[f"{net}~bl:bridge"] == (lines.word("bl")[0], height)
        assert height < lines.at[f"{net}~0:bridge"][1] < height + 20
    for above, below in pairwise(heights):
        assert lines.at[f"{above}~{below}:bridge"][1] == (heights[above] + heights[below]) / 2


def test_what_is_in_an_instance_is_in_its_box(crossbar: Network) -> None:
    defects = universe(crossbar, "all-pairs")
    drawn = Map(crossbar, defects)
    for name in ("xpot2", "xcell1", "xcell4", "xneuron"):
        inner = [defect for defect in defects if defect.site.device.startswith(f"{name}.")]
        pairs = [defect for defect in defects if of_line(defect) and defect.site.nets]
        inner += [defect for defect in pairs if all(net.startswith(f"{name}.") for net in defect.site.nets)]
        found = drawn.inside(name)
        assert {defect.id for defect in inner} <= found
        # What else is there is between nets that have no other instance in common.
        assert all(of_line(defect) for defect in defects if defect.id in found and defect not in inner)


def test_what_is_not_drawn_stands_under_the_drawing_by_where_it_is(crossbar: Network) -> None:
    defects = universe(crossbar)
    drawn = Map(crossbar, defects)
    timing = {defect.id for defect in defects if defect.location.startswith("timing generator")}
    corners = {defect.id for defect in defects if defect.location.startswith("process")}
    assert timing and drawn.inside("timing generator") == timing
    assert corners and drawn.inside("process") == corners
    assert drawn.word("Elsewhere")[1] > drawn.word("out")[1]
    assert "Elsewhere" not in Map(crossbar, []).text


def test_two_defects_at_once_are_marked_where_the_first_is(crossbar: Network) -> None:
    first, second = planned("lats2024")[1][:2]
    both = double(first, second)
    drawn = Map(crossbar, [first, second, both])
    assert drawn.ids == Counter([first.id, second.id, both.id])
    assert drawn.at[both.id][1] == drawn.at[first.id][1] != drawn.at[second.id][1]


@pytest.mark.parametrize("more", [{}, {"wire_ohm": 5.0, "wire_farad": 1e-15}, {"wire_farad": 1e-15}])
def test_several_outputs_are_columns_beside_each_other(tmp_path: Path, more: dict[str, float]) -> None:
    circuit = generated(tmp_path, 5, 3, **more)
    defects = [defect for defect in universe(circuit) if ".m" not in defect.id]
    drawn = Map(circuit, defects)
    assert drawn.ids == Counter(defect.id for defect in defects)
    first, second, third = (drawn.word(f"bl{number}")[0] for number in (1, 2, 3))
    assert first < second < third
    assert first < drawn.at["bl1~bl2:bridge"][0] < second < drawn.at["bl2~bl3:bridge"][0] < third
    segment = "rbl2_3:open" if "wire_ohm" in more else "bl2.xcell3_2:open"
    assert drawn.at[segment][0] == second
    assert drawn.box("xcell3_2")[1] < drawn.at[segment][1] < drawn.box("xcell4_2")[1]
    word = "rin3_2:open" if "wire_ohm" in more else "in3.xcell3_2:open"
    assert first < drawn.at[word][0] < drawn.box("xcell3_2")[2]


def test_rows_and_columns_without_defects_are_folded_where_there_are_many(tmp_path: Path) -> None:
    circuit = generated(tmp_path, 20, 9)
    kept = ["xcell1_1.ma1.d:open", "xcell8_2.ma1.d:open", "in14~in15:bridge", "bl2~bl3:bridge"]
    found = Universe(of_network(circuit), load_universe("network"))
    drawn = Map(circuit, [defect for name in kept if (defect := found.find(name)) is not None])
    words = [str(text.text) for text in drawn.root.iter("text")]
    assert [word for word in words if re.fullmatch(r"in\d+", word)] == ["in1", "in8", "in14", "in15", "in20"]
    assert [word for word in words if "rows" in word] == [
        "in2 … in7: 6 rows without defects",
        "in9 … in13: 5 rows without defects",
        "in16 … in19: 4 rows without defects",
    ]
    assert [word for word in words if word.startswith("bl")] == ["bl1", "bl2", "bl3", "bl4 … bl8", "bl9"]
    assert drawn.ids == Counter(kept)


def test_64_full_rows_stand_beside_each_other_and_500_marks_are_small() -> None:
    circuit = network.load("crossbar64")
    defects = [defect for defect in universe(circuit) if re.fullmatch(r"xcell\d+\.ma1\..*", defect.id)]
    assert len(defects) == 448
    drawn = Map(circuit, defects)
    assert drawn.ids == Counter(defect.id for defect in defects)
    assert float(str(drawn.root.get("width"))) <= 1080
    assert float(str(drawn.root.get("height"))) <= 1500
    assert len(drawn.text.encode()) < 150_000
    # The bit line goes on in the next panel, whose first word line is as high as the first of all.
    assert drawn.word("in1")[1] == drawn.word("in22")[1] == drawn.word("in44")[1]


def test_a_circuit_that_is_no_crossbar_is_a_box_per_instance(crossbar: Network) -> None:
    bare = {"sites": {}, "wires": {}, "layout": LayoutSpec()}
    circuit = replace(crossbar, sidecar=crossbar.sidecar.model_copy(update=bare))
    defects = universe(circuit, "2427")
    drawn = Map(circuit, defects)
    assert drawn.ids == Counter(defect.id for defect in defects)
    for name in ("xpot1", "xcell3", "xneuron"):
        assert drawn.inside(name) == {defect.id for defect in defects if defect.site.device.startswith(f"{name}.")}


MODELS = ".model n nmos\n.subckt cell w l\nm1 w l x 0 n\nr1 x 0 1\n.ends\n.subckt end l o vdd\nm1 vdd l o 0 n\n.ends\n"
ODD = {
    "nothing at the top": ("", {}, {}),
    "flat": (
        "m1 vdd a c 0 n\nm2 c b o 0 n\nr1 c 0 1k\nx1 a c cell",
        {},
        {"word_lines": ["a", "b"], "rails": ["vdd", "0"]},
    ),
    "one cell at both inputs": (
        "x1 a l cell\nx2 a b cell\nm3 vdd a b 0 n\nx9 l o vdd end",
        {"l": ["x1.l", "x9.l"], "a": ["x1.w", "x2.w", "m3.g"], "b": ["x2.l", "m3.s"]},
        {"word_lines": ["a", "b"], "bit_lines": ["l"], "rails": ["vdd", "0"]},
    ),
    "rows crossed": (
        "x1 a l cell\nx2 b l cell\nx3 b k cell\nx4 a k cell\nx8 k o vdd end\nx9 l o vdd end",
        {"l": ["x1.l", "x2.l", "x9.l"], "k": ["x3.l", "x4.l", "x8.l"], "a": ["x1.w", "x4.w"], "b": ["x3.w", "x2.w"]},
        {"word_lines": ["a", "b"], "bit_lines": ["l", "k"], "rails": ["vdd", "0"]},
    ),
    "columns of different length, cells that are transistors": (
        "m1 a l 0 0 n\nm2 b l 0 0 n\nm3 a k 0 0 n\nx8 k o vdd end\nx9 l o vdd end\nc1 l 0 1p",
        {"l": ["m1.g", "c1.1", "m2.g", "x9.l"], "k": ["m3.g", "x8.l"]},
        {"word_lines": ["a", "b"], "bit_lines": ["l", "k"], "rails": ["0"]},
    ),
    "a cell at two bit lines, a neuron that drives a line": (
        "x1 a l cell\nx2 l k cell\nx8 l k vdd end\nx9 k o vdd end",
        {"k": ["x2.l", "x8.o", "x9.l"]},
        {"word_lines": ["a"], "bit_lines": ["l", "k"], "rails": ["vdd", "0"]},
    ),
    "a line with resistance and no order": (
        "x1 a l1 cell\nx2 b l2 cell\nr1 l1 l2 1k\nr2 l2 l 1k\nr3 l3 l1 1k\nx9 l o vdd end",
        {},
        {"word_lines": ["a", "b"], "bit_lines": ["l"], "rails": ["vdd", "0"], "segments": ["r*"]},
    ),
}


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("kind", ["network", "all-pairs"])
def test_each_defect_of_an_odd_circuit_has_one_mark(crossbar: Network, name: str, kind: str) -> None:
    deck, wires, layout = ODD[name]
    circuit = by_hand(crossbar, f"odd\n{MODELS}{deck}\n", wires, **layout)
    defects = universe(circuit, kind)
    drawn = Map(circuit, defects)
    assert drawn.ids == Counter(defect.id for defect in defects)
    assert all(hypot(x - u, y - v) >= 9 for (x, y), (u, v) in combinations(drawn.at.values(), 2))


def renamed(text: str, plain: str, hostile: str) -> str:
    return re.sub(rf"(?i)\b{plain}\b", lambda _: hostile, text)


def test_hostile_names_are_text_and_do_no_harm(crossbar: Network) -> None:
    names = {"xcell2": "x<script>alert</script>&]]>", "in3": "in" + "w" * 300, "dep1": "d\u202e\u00e9\U0001f600"}
    said, deck = crossbar.sidecar.model_dump_json(), "\n".join(card.text for card in crossbar.cards)
    for plain, hostile in names.items():
        said = renamed(said, plain, json.dumps(hostile)[1:-1])
        deck = renamed(deck, plain, hostile)
    circuit = replace(crossbar, sidecar=Sidecar.model_validate(json.loads(said)), cards=split_cards(deck, "x.cir"))
    defects = universe(circuit)
    odd = [replace(defects[0], id=name) for name in ("\x00\x1b", "\ud800", "a\nb\tc", "<g>&'\"")]
    drawn = Map(circuit, [*defects, *odd])
    assert drawn.ids == Counter([*(defect.id for defect in defects), r"\x00\x1b", r"\xd800", "a\nb\tc", "<g>&'\""])
    assert "<script" not in drawn.text
    assert max(len(str(text.text)) for text in drawn.root.iter("text")) < 60
    assert float(str(drawn.root.get("width"))) <= 1080


def test_looks_are_in_the_style_sheet_alone(crossbar: Network) -> None:
    sheet = library.template("circuit_map.css").read_text()
    styled = set(re.findall(r"\.([a-z][a-z-]*)", re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)))
    drawn = list(Map(crossbar, universe(crossbar)).root.iter())
    used = {name for node in drawn for name in str(node.get("class", "")).split()}
    assert {"wire", "box", "label", "mark-shape", "mark-lead", "mark-end", "mark-back"} <= used <= styled
    assert not {"style", "fill", "stroke", "font-size", "opacity"} & {key for node in drawn for key in node.attrib}
