"""A track diagram shows every net of metal and marks every defect once, whatever the deck is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import combinations, pairwise
from typing import Any
from xml.etree import ElementTree

import pytest

from faultsim.circuits import network
from faultsim.circuits.circuit import Circuit, of_network
from faultsim.circuits.deck import split_cards
from faultsim.circuits.hierarchy import Hierarchy
from faultsim.circuits.sidecar import WireSpec
from faultsim.circuits.sites import Cut, Pair
from faultsim.errors import UsageError
from faultsim.fault_models.accounting import Accounting, Detectability
from faultsim.fault_models.defect import Defect
from faultsim.fault_models.definition import load
from faultsim.fault_models.naming import double, named_defects
from faultsim.fault_models.universe import Universe
from faultsim.fault_models.universe_file import load_universe
from faultsim.reports.figures.palette import DEFECT
from faultsim.reports.tracks import view as track_view
from faultsim.reports.tracks.drawing import MOST_BRIDGES, tracks_drawing
from faultsim.reports.tracks.view import MOST_COLUMNS, MOST_DEVICES

SMALL = """\
a small deck
.model nch nmos
.model pch pmos
.subckt inv a y vdd
mp y a vdd vdd pch
mn y a 0 0 nch
.ends
.subckt buf a y vdd
x1 a m vdd inv
x2 m y vdd inv
.ends
v1 vdd 0 1.8
v2 ideal 0 1
v3 in 0 1
r1 in a 1k
xbuf1 a b vdd buf
xbuf2 b out vdd buf
c1 out 0 1p
.end
"""
ROW = """\
three taps
.model nch nmos
xfar w d1 cell
xnear w d2 cell
xmid w d3 cell
.subckt cell a d
m1 d a 0 0 nch
r1 a 0 1k
.ends
.end
"""
HOSTILE = ["m<x>", "m&amp", "m\"'", "m]]>", "m\x01\x1b", "m\ud800\u202e", "m" + "w" * 500, "m.a"]
MARKS = ("open", "segment", "short", "bridge", "inside")


def deck(text: str, **more: Any) -> Circuit:
    cards = split_cards(text, "small.cir", title=True)
    return Circuit("small", cards, Hierarchy(cards), **more)


def universe(circuit: Circuit, name: str = "network") -> list[Defect]:
    return list(Universe(circuit, load_universe(name)))


def drawn(circuit: Circuit, defects: Iterable[Defect] = ()) -> ElementTree.Element:
    root = ElementTree.fromstring(tracks_drawing(circuit, defects).replace(' xmlns="http://www.w3.org/2000/svg"', ""))
    assert root.tag == "svg"
    return root


def named(root: ElementTree.Element, kind: str) -> dict[str, ElementTree.Element]:
    return {str(group.get("data-name")): group for group in root.findall(f"g[@class='{kind}']")}


def titles(root: ElementTree.Element) -> list[str]:
    """The ids in the titles of all marks."""
    groups = [group for kind in MARKS for group in root.findall(f"g[@class='{kind}']")]
    lines = [line for group in groups for line in str(group.findtext("title")).split("\n")]
    return [line.partition(" (structurally")[0] for line in lines]


def placed(defects: Iterable[Defect]) -> list[str]:
    """The ids of those that are somewhere in the circuit."""
    return [defect.id for defect in defects if isinstance(defect.site, Cut | Pair)]


def texts(root: ElementTree.Element) -> list[str]:
    return [str(text.text) for text in root.iter("text")]


def points(group: ElementTree.Element) -> list[tuple[float, float]]:
    numbers = re.compile(r"(-?[\d.]+),(-?[\d.]+)")
    return [(float(x), float(y)) for path in group.findall("path") for x, y in numbers.findall(str(path.get("d")))]


def dots(group: ElementTree.Element) -> list[tuple[float, float]]:
    return [(float(str(dot.get("cx"))), float(str(dot.get("cy")))) for dot in group.findall("circle")]


def height(root: ElementTree.Element, net: str) -> float:
    return points(named(root, "track")[net])[0][1]


@pytest.fixture(scope="module")
def crossbar() -> Circuit:
    return of_network(network.load("crossbar4"))


@pytest.mark.parametrize("name", ["2427", "network", "all-pairs"])
def test_each_defect_is_in_exactly_one_title(crossbar: Circuit, name: str) -> None:
    defects = universe(crossbar, name)
    root = drawn(crossbar, defects)
    assert Counter(titles(root)) == Counter(placed(defects))
    below = [f"{defect.id}: {defect.location}" for defect in defects if not isinstance(defect.site, Cut | Pair)]
    assert [text for text in texts(root) if text in below] == below


def test_each_net_of_metal_is_a_track_and_each_device_of_metal_a_column(crossbar: Circuit) -> None:
    root = drawn(crossbar)
    assert set(named(root, "track")) == crossbar.metal
    metal = {device.path for device in crossbar.devices if device.device.name != "source"}
    # The ammeter joins two nets of metal; a source that sets a quantity of the model joins none.
    assert set(named(root, "device")) == metal | {"xneuron.vwr"}
    assert any("not drawn" in text and "xcell1.vstray" in text for text in texts(root))


def test_a_terminal_has_its_dot_on_its_track(crossbar: Circuit) -> None:
    root = drawn(crossbar)
    columns = named(root, "device")
    for device in crossbar.devices:
        if device.path in columns:
            at = [net for terminal, net in crossbar.terminals(device) if device.device.is_metal(terminal)]
            assert [y for _, y in dots(columns[device.path])] == [height(root, net) for net in at]
    for net, track in named(root, "track").items():
        (start, y), (end, same) = points(track)
        touching = [x for column in columns.values() for x, at in dots(column) if at == y]
        assert y == same and start < end and touching, net


def test_tracks_of_one_row_do_not_meet(crossbar: Circuit) -> None:
    rows: dict[float, list[tuple[float, float]]] = {}
    for track in named(drawn(crossbar, universe(crossbar, "all-pairs")), "track").values():
        (start, y), (end, _) = points(track)
        rows.setdefault(y, []).append((start, end))
    shared = named(drawn(crossbar), "track")
    assert len({points(track)[0][1] for track in shared.values()}) < len(shared)
    for spans in rows.values():
        ordered = sorted(spans)
        assert all(before[1] < after[0] for before, after in pairwise(ordered))


def test_supplies_are_on_top_and_ground_at_the_bottom(crossbar: Circuit) -> None:
    root = drawn(crossbar)
    heights = {net: height(root, net) for net in crossbar.metal}
    assert heights["vdd"] == min(heights.values())
    assert heights["0"] == max(heights.values())
    order = ["vdd", "in1", "in2", "in3", "in4", "bl"]
    assert sorted(heights, key=lambda net: heights[net])[:6] == order


def test_a_segment_is_cut_between_the_columns_of_its_sides(crossbar: Circuit) -> None:
    root = drawn(crossbar, universe(crossbar))
    cuts = [mark for mark in root.findall("g[@class='segment']") if mark.get("data-name") == "bl"]
    places = {str(mark.findtext("title")): middle(mark) for mark in cuts}
    columns = {path: dots(group)[0][0] for path, group in named(root, "device").items()}
    for number, name in enumerate(["Rop1", "Rop2", "Rop3"], start=1):
        x, y = places[name]
        assert columns[f"xcell{number}.mdep"] < x < columns[f"xcell{number + 1}.ma1"]
        assert y == pytest.approx(height(root, "bl"))
    (start, _), (end, _) = points(named(root, "track")["bl"])
    assert start < min(x for x, _ in places.values()) and max(x for x, _ in places.values()) < end


def middle(mark: ElementTree.Element) -> tuple[float, float]:
    """The middle of a cross."""
    xs, ys = zip(*points(mark), strict=True)
    return sum(xs) / len(xs), sum(ys) / len(ys)


def test_a_driven_wire_goes_on_behind_its_last_segment(crossbar: Circuit) -> None:
    root = drawn(crossbar, named_defects(crossbar).values())
    assert [len(named(root, "track")[net].findall("circle")) for net in ("in1", "bl")] == [1, 0]
    root = drawn(crossbar, [defect for defect in universe(crossbar) if defect.id == "in1.xpot1:open"])
    (cut,) = root.findall("g[@class='segment']")
    last = max(dots(named(root, "device")["xpot1.cpot"]))[0]
    assert last < middle(cut)[0] < points(named(root, "track")["in1"])[1][0]


@pytest.mark.parametrize(("order", "first"), [("xmid.a xnear.a xfar.a", "xmid"), ("xfar.a xnear.a xmid.a", "xfar")])
def test_columns_are_in_the_order_of_the_taps(order: str, first: str) -> None:
    circuit = deck(ROW, wires={"w": WireSpec(net="w", order=order.split())})
    root = drawn(circuit, universe(circuit))
    taps = [tap.partition(".")[0] for tap in order.split()]
    columns = {path: dots(group)[0][0] for path, group in named(root, "device").items()}
    assert sorted(columns, key=lambda path: columns[path]) == [f"{tap}.{part}" for tap in taps for part in ("m1", "r1")]
    cuts = {str(mark.findtext("title")): middle(mark)[0] for mark in root.findall("g[@class='segment']")}
    assert columns[f"{first}.r1"] < cuts[f"w.{first}:open"] < columns["xnear.m1"] < cuts["w.xnear:open"]


def test_wires_that_contradict_each_other_are_written_below() -> None:
    orders = {"w": ["xfar.a", "xnear.a", "xmid.a"], "g": ["xmid.d", "xnear.d", "xfar.d"]}
    text = ROW.replace("w d1", "w g").replace("w d2", "w g").replace("w d3", "w g")
    circuit = deck(text, wires={net: WireSpec(net=net, order=order) for net, order in orders.items()})
    defects = universe(circuit)
    root = drawn(circuit, defects)
    below = [defect for defect in defects if any(text.startswith(f"{defect.id}: ") for text in texts(root))]
    assert below
    assert Counter(titles(root)) == Counter(defect.id for defect in defects if defect not in below)


def test_shorts_and_bridges_end_on_the_tracks_of_their_nets(crossbar: Circuit) -> None:
    defects = universe(crossbar)
    root = drawn(crossbar, defects)
    nets = {defect.id: defect.site.nets for defect in defects}
    columns = {path: dots(group)[0][0] for path, group in named(root, "device").items()}
    marks = [*root.findall("g[@class='short']"), *root.findall("g[@class='bridge']")]
    lines: dict[float, list[tuple[float, float]]] = {}
    for mark in marks:
        (x, top), (same, bottom) = dots(mark)
        names = str(mark.findtext("title")).split("\n")
        assert all({top, bottom} == {height(root, net) for net in nets[name]} for name in names)
        assert x == same and (mark.get("class") == "short" or x > max(columns.values()))
        lines.setdefault(x, []).append((top, bottom))
    for spans in lines.values():
        ordered = sorted(spans)
        assert all(before[1] < after[0] for before, after in pairwise(ordered))


def test_named_sites_and_counts_are_visible(crossbar: Circuit) -> None:
    defects = list(named_defects(crossbar).values())
    seen = texts(drawn(crossbar, defects))
    marked = [name for name, site in crossbar.sites.items() if site.nets]
    assert marked and set(marked) <= set(seen)
    assert {"Tiw:shrink: timing generator:integrate window", "Tlw:stretch: timing generator:leaky window"} <= set(seen)
    assert {"open of a terminal (8)", "open of a wire's segment (3)", "without a place in the drawing (4):"} <= set(
        seen
    )


def test_what_nothing_could_detect_is_grey_and_hollow() -> None:
    circuit = deck(SMALL)
    hidden = Accounting(detectability=Detectability.STRUCTURALLY, reason="held by a source")
    first, *others = [replace(defect, accounting=Accounting()) for defect in universe(circuit)]
    root = drawn(circuit, [replace(first, accounting=hidden), *others])
    grey = [mark for kind in MARKS for mark in root.findall(f"g[@class='{kind}']") if mark.get("stroke") != DEFECT]
    assert [mark.findtext("title") for mark in grey] == [f"{first.id} (structurally undetectable: held by a source)"]
    assert [dot.get("fill") for dot in grey[0].findall("circle")] == ["white"]
    assert "grey and hollow: structurally undetectable (1)" in texts(root)


def test_two_defects_at_one_place_share_a_mark() -> None:
    circuit = deck(SMALL)
    first = universe(circuit)[0]
    (mark,) = drawn(circuit, [first, replace(first, id="again")]).findall("g[@class='open']")
    assert mark.findtext("title") == f"{first.id}\nagain"


def test_two_defects_at_once_and_nets_that_are_not_there_are_written_below() -> None:
    circuit = deck(SMALL)
    known = {defect.id: defect for defect in universe(circuit)}
    opens = [defect for name, defect in known.items() if name.endswith(":open")]
    unknown = Defect("b", load("bridge"), Pair("b", ("a", "ideal")), "bridge")
    root = drawn(circuit, [double(opens[0], opens[1]), unknown])
    assert titles(root) == []
    assert {"b: a~ideal", f"{opens[0].id}+{opens[1].id}: {opens[0].location} + {opens[1].location}"} <= set(texts(root))


def test_instances_are_bands_with_their_names() -> None:
    root = drawn(deck(SMALL))
    assert list(named(root, "group")) == ["xbuf1", "xbuf2"]
    seen = texts(root)
    assert {"xbuf1", "x1.mp · mos", "r1 · resistor", "v1 · source", "in", "m"} <= set(seen)
    assert not any(name.startswith("xbuf1.") for name in seen)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_valid_xml(name: str) -> None:
    text = f"title\n.model nch nmos\n{name} n{name} g{name} 0 0 nch\nr1 n{name} g{name} 1k\n.end\n"
    circuit = replace(deck(text), name=f"deck {name}")
    defects = universe(circuit)
    root = drawn(circuit, defects)
    assert len(titles(root)) == len(defects)
    assert set(re.findall(r"[^ -~·…]", ElementTree.tostring(root, encoding="unicode"))) <= {"\n"}
    width = float(str(root.get("width")))
    assert 0 < width < 5000
    if name == "m<x>":
        assert {"m<x>.d:open", "m<x>.g-s:short"} <= set(titles(root))


def test_devices_whose_names_look_like_paths_end_the_drawing_too() -> None:
    circuit = deck("title\nr1 a b 1k\nr1.r1 b c 1k\nr1.r1.r1 c d 1k\nr1..r1 d 0 1k\n.end\n")
    assert len(named(drawn(circuit), "device")) == 4


def test_the_same_input_gives_the_same_bytes(crossbar: Circuit) -> None:
    again = of_network(network.load("crossbar4"))
    assert tracks_drawing(crossbar, universe(crossbar)) == tracks_drawing(again, universe(again))


def boxes(root: ElementTree.Element) -> list[tuple[float, float, float, float, str]]:
    """About where each text is: left, top, right, bottom."""
    found = []
    for text in root.iter("text"):
        x, y, size = (float(str(text.get(name))) for name in ("x", "y", "font-size"))
        length = 0.6 * size * len(str(text.text))
        start = {"start": 0.0, "middle": -length / 2, "end": -length}[str(text.get("text-anchor"))]
        across = (x + start, y - 0.7 * size, x + start + length, y)
        found.append((*((x - 0.7 * size, y - length, x, y) if text.get("transform") else across), str(text.text)))
    return found


@pytest.mark.parametrize(
    "text", ["crossbar4", "crossbar4-lif", "crossbar4-train", SMALL, ROW, "title\nv1 a 0 1\n.end\n"]
)
def test_all_text_is_inside_the_drawing_and_apart(text: str) -> None:
    circuit = of_network(network.load(text)) if text.startswith("crossbar4") else deck(text)
    root = drawn(circuit, universe(circuit))
    width, tall = float(str(root.get("width"))), float(str(root.get("height")))
    assert root.get("viewBox") == f"0 0 {width:g} {tall:g}"
    placed_texts = boxes(root)
    for left, top, right, bottom, _ in placed_texts:
        assert left >= 0 and top >= 0 and right <= width and bottom <= tall
    for one, other in combinations(placed_texts, 2):
        apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
        assert apart, (one, other)


def test_terminals_of_a_device_on_one_net_stand_side_by_side(crossbar: Circuit) -> None:
    for column in named(drawn(crossbar), "device").values():
        assert len(set(dots(column))) == len(dots(column))


def many(buffers: int, resistors: int = 0) -> Circuit:
    lines = [f"xs{number} n{number} n{number + 1} vdd buf" for number in range(buffers)]
    lines += [f"rs{number} n{number} 0 1k" for number in range(resistors)]
    return deck(SMALL.removesuffix(".end\n") + "\n".join([*lines, ".end", ""]))


def test_a_circuit_of_many_devices_is_drawn_at_its_top_level() -> None:
    circuit = many(30, 2)
    assert len(circuit.devices) > MOST_DEVICES
    defects = universe(circuit)
    root = drawn(circuit, defects)
    assert set(named(root, "track")) == {net for net in circuit.metal if "." not in net}
    assert set(named(root, "device")) == {element.card.name for element in circuit.hierarchy.inside[""]} - {"v2"}
    inside = named(root, "inside")
    assert list(inside) == ["xbuf1", "xbuf2", *(f"xs{number}" for number in range(30))]
    of_one = [defect for defect in defects if defect.site.device.startswith("xs7.")]
    opens = [defect.id for defect in of_one if defect.definition.kind == "open"]
    assert inside["xs7"].findtext("text") == f"{len(opens)} opens, {len(of_one) - len(opens)} shorts"
    title = str(inside["xs7"].findtext("title")).split("\n")
    assert title == [*(defect.id for defect in of_one[:8]), f"and {len(of_one) - 8} more"]
    assert {"r1:open", "c1:short", "rs1:open"} <= set(titles(root))
    # Ground reaches an instance without a port.
    assert height(root, "0") in [y for _, y in dots(named(root, "device")["xs7"])]


def test_the_top_level_keeps_what_is_between_instances(monkeypatch: pytest.MonkeyPatch, crossbar: Circuit) -> None:
    monkeypatch.setattr(track_view, "MOST_DEVICES", 10)
    defects = universe(crossbar)
    root = drawn(crossbar, [defect for defect in defects if not defect.site.device or not defect.site.terminals])
    assert Counter(titles(root)) == Counter(placed(defect for defect in defects if not defect.site.device))
    places = [middle(mark)[0] for mark in drawn(crossbar, defects).findall("g[@class='segment']")]
    assert len(places) == 12
    assert any("Rop4" in text for text in texts(drawn(crossbar, defects)))


def test_what_has_too_much_at_its_top_level_is_refused() -> None:
    most = many(0, MOST_COLUMNS - 7)
    assert len(named(drawn(most), "device")) == MOST_COLUMNS - 1
    with pytest.raises(UsageError, match=rf"{MOST_COLUMNS + 1} devices and instances at its top level.* part of it"):
        tracks_drawing(many(0, MOST_COLUMNS - 6), [])


def test_too_many_bridges_are_refused() -> None:
    circuit = many(0, 70)
    bridges = universe(circuit, "all-pairs")
    assert sum(defect.definition.kind == "bridge" for defect in bridges) > MOST_BRIDGES
    with pytest.raises(UsageError, match="bridges are too many to draw; choose some"):
        tracks_drawing(circuit, bridges)


def test_a_long_list_below_is_cut() -> None:
    circuit = deck(SMALL)
    lost: Sequence[Defect] = [
        Defect(f"b{number}", load("bridge"), Pair("b", ("a", "nowhere")), "bridge") for number in range(100)
    ]
    seen = texts(drawn(circuit, lost))
    assert {"b0: a~nowhere", "b59: a~nowhere", "and 40 more"} <= set(seen)
    assert "b60: a~nowhere" not in seen


def test_a_deck_without_metal_is_drawn() -> None:
    root = drawn(deck("title\nv1 a 0 1\n.end\n"))
    assert named(root, "track") == {} == named(root, "device")
    assert any("not drawn" in text for text in texts(root))
