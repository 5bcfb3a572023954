"""Drawings say what the deck says or are refused; every site is marked; the same input gives the same bytes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args
from xml.etree import ElementTree

import pytest

from faultsim import library
from faultsim.circuits.deck import split_cards
from faultsim.circuits.hierarchy import Hierarchy
from faultsim.circuits.network import Network
from faultsim.circuits.reading import read_cards
from faultsim.circuits.sidecar import CodingSpec, Sidecar, SiteSpec, StimulusSpec, WireSpec
from faultsim.circuits.sites import Site, site_of
from faultsim.errors import SpecError, UsageError
from faultsim.reports.drawings.cell import Kind, cell_drawing, drawn_cells, find_drawing, load_drawing
from faultsim.reports.drawings.crossbar import crossbar_drawing
from faultsim.reports.drawings.schedules import coded_spikes, coding_figure, timing_figure
from faultsim.reports.drawings.sheet import POINTS_PER_UNIT, Sheet
from faultsim.reports.drawings.symbols import SYMBOLS
from faultsim.reports.figures.canvas import svg_text
from faultsim.reports.figures.palette import DEFECT

CIRCUITS = library.root() / "circuits"
DEVICES = ("prism", "she_mtj", "stt_mtj", "mos40", "neuron_lats_quant")
CELLS = {name: (CIRCUITS / "cells" / f"{name}.cir").read_text() for name in ("bitcell", "potentiation", "neuron")}
TOP = """\
XPOT1 in1 pot1 vb vdd potentiation
XCELL1 in1 bl pe pot1 dep1 sl vdd bitcell w=1
XCELL2 in2 bl pe pot1 dep1 sl vdd bitcell w=1
XNEURON bl rd out ha 0 vdd neuron
"""
CODING = {"i_max": 2, "t_max": "10n", "intensity": {"1": 2, "g": 1, "0": 0}}
STIMULUS: dict[str, Any] = {
    "start": "10n",
    "edge": "20p",
    "integrate": "1n",
    "leaky": "9n",
    "pulses": 3,
    "read_delay": "50p",
    "read_width": "0.2n",
    "strobe_width": "0.26n",
    "coding": CODING,
}


def sidecar(**changes: Any) -> Sidecar:
    table: dict[str, Any] = {
        "title": "a crossbar",
        "deck": "none.cir",
        "ports": [
            {"nets": ["in1", "in2"], "role": "input", "driver_ohm": "1k"},
            {"nets": ["out"], "role": "output"},
        ],
        "conditions": {"vdd_v": 1.1, "temperature_c": 27},
        "stimulus": STIMULUS,
        "simulation": {"step": "10p", "strobe_step": "1p"},
        "probes": {"out": "v(out)"},
        "observables": {"spiked": "vdd"},
        "baseline": {"spikes": {}},
        "wires": {"bl": {"net": "bl", "order": ["xcell1.bl", "xcell2.bl", "xneuron.bl"]}},
    }
    return Sidecar.model_validate(table | changes)


def network(cell: str = "", old: str = "", new: str = "", top: str = TOP, wires: Sidecar | None = None) -> Network:
    """The repository's devices and cells, one of them edited, and a small crossbar of them."""
    cards = [card for name in DEVICES for card in read_cards(CIRCUITS / "devices" / f"{name}.cir", part=True)]
    for name, text in CELLS.items():
        if name == cell:
            assert old in text
            text = text.replace(old, new, 1)
        cards += split_cards(text, f"{name}.cir")
    return Network("small", Path("small.toml"), wires or sidecar(), (*cards, *split_cards(top, "small.cir")))


def site(circuit: Network, name: str, device: str, terminal: str) -> Site:
    return site_of(name, SiteSpec(device=device, terminal=terminal, path="read"), {}, Hierarchy(circuit.cards))


def refusal(circuit: Network, cell: str) -> list[str]:
    with pytest.raises(SpecError) as refused:
        cell_drawing(circuit, cell)
    return [str(problem) for problem in refused.value.problems]


def texts(svg: str) -> list[str]:
    return [
        "".join(element.itertext()) for element in ElementTree.fromstring(svg).iter() if element.tag.endswith("text")
    ]


def opens(svg: str) -> list[tuple[float, float]]:
    """Where the zigzags of the marked opens begin, in drawing units."""
    starts = []
    for element in ElementTree.fromstring(svg).iter():
        if element.tag.endswith("path") and f"stroke:{DEFECT}" in element.get("style", ""):
            x, y = re.findall(r"-?[\d.]+", element.get("d", ""))[:2]
            starts.append((float(x) / POINTS_PER_UNIT, -float(y) / POINTS_PER_UNIT))
    return starts


@pytest.fixture
def edited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Puts an edited copy of a drawing into the working folder, which comes before the library."""
    monkeypatch.chdir(tmp_path)

    def edit(cell: str, *changes: tuple[str, str]) -> Path:
        text = (CIRCUITS / "drawings" / f"{cell}.toml").read_text()
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        copy = tmp_path / "circuits" / "drawings" / f"{cell}.toml"
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(text)
        return copy

    return edit


@pytest.mark.parametrize("cell", CELLS)
def test_every_cell_has_a_drawing_that_agrees_with_its_deck(cell: str) -> None:
    svg = cell_drawing(network(), cell)
    cards = Hierarchy(network().cards)
    names = {element.card.words[0].text for (scope, _), element in cards.elements.items() if scope == cell}
    assert names <= set(re.findall(r"\w+", " ".join(texts(svg))))


def test_these_are_all_drawings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert drawn_cells() == sorted(CELLS)


def test_a_drawing_of_the_working_folder_comes_first_and_an_unknown_cell_is_a_usage_error(edited: Any) -> None:
    mine = edited("bitcell", ('title = "Bit-cell"', 'title = "Mine & <yours>"'))
    assert find_drawing("BITCELL") == mine
    assert "Mine & <yours>" in texts(cell_drawing(network(), "bitcell"))
    with pytest.raises(UsageError, match=r"no drawing of a cell 'bitcel' \(did you mean bitcell\?\)"):
        cell_drawing(network(), "bitcel")


IN_THE_DECK = {
    "a device more": ("MDep pp", "RNEW pp 0 1k\nMDep pp", "rnew is not drawn (bitcell.cir:"),
    "a device less": ("MDep pp dep 0 0 nmos40 w=108n l=40n\n", "", "mdep is drawn, but bitcell has no such device"),
    "a terminal moved": ("MA3 pp pe pa", "MA3 pp pe pb", "wires of net pa: joins ma3.s, which is on net pb"),
    "a net renamed": ("XMTJ rt pa pb", "XMTJ rt pa px", "wires of net pb: joins xmtj.hb, which is on net px"),
    "a net gone": (" pe pa 0 nmos40", " in pa 0 nmos40", "wires of net pe: joins ma3.g, which is on net in"),
    "a bulk moved": ("MA1 vdd in rt 0", "MA1 vdd in rt vdd", "hide ma?.b: ma1.b is on net vdd in the deck, not on 0"),
    "other polarity": ("vdd pmos40", "vdd nmos40", "parts.mpot: is drawn as pmos, but its model is a nmos"),
    "another model": (
        "XMTJ rt pa pb mx my mz hx 0 0 she_mtj",
        "XMTJ rt pa mx my mz hx 0 0 stt_mtj",
        "parts.xmtj: xmtj has no terminal 'pil'; is it a she_mtj?",
    ),
    "a parameter less": (
        "MA2 pb in bl 0 nmos40 w=108n",
        "MA2 pb in bl 0 nmos40",
        "parts.ma2: its card does not state 'w'",
    ),
}


@pytest.mark.parametrize("what", IN_THE_DECK)
def test_a_deck_that_the_drawing_does_not_show_is_reported(what: str) -> None:
    old, new, message = IN_THE_DECK[what]
    problems = refusal(network("bitcell", old, new), "bitcell")
    assert any(message in problem for problem in problems), problems


def test_a_port_more_or_less_is_reported() -> None:
    top = TOP.replace("vdd bitcell", "vdd new bitcell")
    more = network("bitcell", "dep sl vdd w=1", "dep sl vdd new w=1", top)
    assert any(
        problem.endswith("port new is not named (give one of its wires an end)") for problem in refusal(more, "bitcell")
    )
    less = network("bitcell", "pot dep sl vdd w=1", "pot dep vdd w=1", TOP.replace(" sl vdd bitcell", " vdd bitcell"))
    assert any("wires of net sl: is marked as port, but is no port" in problem for problem in refusal(less, "bitcell"))


IN_THE_DRAWING = {
    "not joined": (', [[8.5, 4.5], "-|", "ma4.d"]', "", "wires of net pb: ma4.d is on it in the deck, but not joined"),
    "no such net": ('net = "rt"', 'net = "rx"', "wires of net rx: bitcell has no such net (known: 0, bl"),
    "joined twice": (
        '["ma1.s", "xmtj.pil"]',
        '["ma1.s", "xmtj.pil"], ["ma1.s", "ma1.d"]',
        "joins ma1.d, which is joined",
    ),
    "no such terminal": ('"xmtj.pil"]', '"xmtj.pillar"]', "'xmtj.pillar' is no terminal of a drawn part (did you mean"),
    "unnamed piece": ('ends = [{ at = [3, 11], mark = "supply" }]', "", "one of its pieces has no end that names it"),
    "wrong ground": (
        'at = [8.5, 1], mark = "port"',
        'at = [8.5, 1], mark = "ground"',
        "marked as ground, which is net 0",
    ),
    "no such omission": ('["VSTRAY"]', '["VSTRAY", "RGONE"]', "rgone is omitted, but bitcell has no such device"),
    "drawn and omitted": ('["VSTRAY"]', '["VSTRAY", "MA1"]', "ma1 is both drawn and omitted"),
    "nothing to hide": ('["mpot.b"]', '["mpot.b", "mx?.b"]', "hide mx?.b: bitcell has no such terminal"),
    "hides what is drawn": ('["mpot.b"]', '["mpot.[bd]"]', "hide mpot.[bd]: mpot.d is drawn"),
    "drawn twice": ('device = "ma4"', 'device = "ma3"', "parts: ma3 is drawn twice"),
    "slanted": ('"xmtj.hb", "-|", "ma2.d"', '"xmtj.hb", "ma2.d"', "is neither across nor up or down"),
    "apart": ("[[8.5, 4.5]", "[[9.5, 4]", "wires of net pb: its paths do not touch each other"),
    "short": ('["ma2.s", [8.5, 1]]', '["ma2.s", [8.5, 1], [12, 1]]', "net bl and net sl touch"),
    "passes": (
        '["ma3.g", [14, 6.5]]',
        '["ma3.g", [14, 6.5]], [[8, 6.5], [8, 9], [6, 9]]',
        "passes ma1.d at (6.0, 9.0) without joining it",
    ),
    "corner at the end": ('"-|", "ma2.d"]', '"ma2.d", "-|"]', "does not lead from point to point"),
    "end off the wire": ("ends = [{ at = [3, 11]", "ends = [{ at = [3, 12]", "(3.0, 12.0) is not on the wire"),
    "not drawn": (
        '[[parts]]\ndevice = "ma4"\nsymbol = "nmos"\nat = [12, 2.5]\nvalues = ["w", "l"]\n',
        "",
        "ma4 is not drawn (bitcell.cir:",
    ),
    "file name": ('cell = "bitcell"', 'cell = "neuron"', "cell: 'neuron' is not the file's name"),
    "no such cell": (
        'cell = "bitcell"',
        'cell = "bitcel"',
        "the deck has no subcircuit 'bitcel' (did you mean bitcell?)",
    ),
    "unknown key": ('cell = "bitcell"', 'cell = "bitcell"\ncolour = "red"', "colour: unknown key"),
    "no device": ('device = "ma1"\n', "", "give device, or for several devices name and joins"),
}


@pytest.mark.parametrize("what", IN_THE_DRAWING)
def test_a_drawing_that_the_deck_does_not_bear_out_is_reported(what: str, edited: Any) -> None:
    old, new, message = IN_THE_DRAWING[what]
    path = edited("bitcell", (old, new))
    problems = refusal(network(), "bitcell")
    assert any(message in problem for problem in problems), problems
    assert all(str(path.relative_to(Path.cwd())) in problem for problem in problems)


def test_all_problems_are_said_at_once(edited: Any) -> None:
    edited("bitcell", ('"xmtj.pil"]', '"xmtj.pillar"]'), ('["VSTRAY"]', '["RGONE"]'))
    problems = " ".join(refusal(network("bitcell", "MA3 pp pe pa", "MA3 pp pe pb"), "bitcell"))
    for said in ("xmtj.pillar", "rgone is omitted", "vstray is not drawn", "joins ma3.s"):
        assert said in problems


def test_a_symbol_for_several_devices_joins_all_of_them(edited: Any) -> None:
    edited("neuron", ('in = ["mp1.g", "mn1.g"]', 'in = ["mp1.g"]'))
    assert any("mn1.g is on it in the deck, but not joined" in problem for problem in refusal(network(), "neuron"))
    edited("neuron", ('joins = { in = ["mp1.g", "mn1.g"], ', "joins = { "))
    assert any(
        "parts.inv1.joins: in: not as the symbol has them" in problem for problem in refusal(network(), "neuron")
    )


OTHER = """\
title = "Others"
cell = "other"
parts = [
  { device = "r1", symbol = "resistor", at = [0, 0], values = ["value"] },
  { device = "v1", symbol = "voltage", at = [3, 0] },
  { device = "i1", symbol = "current", at = [6, 0], turn = 180, label = "left" },
]
wires = [
  { net = "a", paths = [["r1.1", "v1.p"], ["v1.p", "-|", "i1.n"]], ends = [{ at = "r1.1", mark = "port" }] },
  { net = "0", paths = [["r1.2", "v1.n", "i1.p"]], ends = [{ at = "v1.n", mark = "ground" }] },
]
"""


def test_every_symbol_can_be_drawn(edited: Any) -> None:
    assert set(get_args(Kind)) == set(SYMBOLS)
    edited("bitcell").with_name("other.toml").write_text(OTHER)
    deck = ".subckt other a\nR1 a 0 2k\nV1 a 0 1\nI1 0 a 1u\n.ends other\n"
    circuit = network(top=TOP + deck + "XO vdd other\n")
    sites = [site(circuit, f"on_{end}", f"xo.{end[:2]}", end[3:]) for end in ("r1.1", "v1.p", "v1.n", "i1.p", "i1.n")]
    svg = cell_drawing(circuit, "other", sites)
    assert {"R1", "2k", "V1", "I1", "a", *(each.name for each in sites)} <= set(texts(svg))
    assert set(opens(svg)) == {(0, 1), (3, 1), (3, -1), (6, -1), (6, 1)}


def test_a_drawing_can_be_checked_without_a_deck(edited: Any) -> None:
    assert load_drawing(CIRCUITS / "drawings" / "neuron.toml").cell == "neuron"
    with pytest.raises(SpecError, match="is not on the wire"):
        load_drawing(edited("bitcell", ("ends = [{ at = [3, 11]", "ends = [{ at = [3, 12]")))


LATS = (("Rop4", "ma1", "d"), ("Rop5", "ma3", "s"), ("Rop6", "ma1", "s"), ("Rop7", "ma2", "d"))


def test_the_papers_opens_are_marked_where_its_figure_10_has_them() -> None:
    circuit = network()
    sites = [site(circuit, name, f"xcell1.{device}", terminal) for name, device, terminal in LATS]
    svg = cell_drawing(circuit, "bitcell", sites)
    assert {name for name, _, _ in LATS} <= set(texts(svg))
    # MA1's drain and source, MA3's source, MA2's drain, by the positions of the parts in the drawing.
    assert set(opens(svg)) == {(6, 9), (6, 7), (3, 5.5), (8.5, 3.5)}
    assert opens(cell_drawing(circuit, "bitcell")) == []


# Behind either terminal of the neuron's four inverters are two devices: marked there and also written below.
@pytest.mark.parametrize(
    ("cell", "instance", "both"), [("bitcell", "xcell2", 0), ("potentiation", "xpot1", 0), ("neuron", "xneuron", 8)]
)
def test_every_site_inside_a_cell_is_marked_or_written_below(cell: str, instance: str, both: int) -> None:
    circuit = network()
    elements = {name: element for (scope, name), element in Hierarchy(circuit.cards).elements.items() if scope == cell}
    places = [(name, terminal) for name, element in elements.items() for terminal in element.terminals]
    sites = [site(circuit, f"S{number}", f"{instance}.{name}", end) for number, (name, end) in enumerate(places)]
    svg = cell_drawing(circuit, cell, sites)
    shown = texts(svg)
    assert set(re.findall(r"\bS\d+\b", " ".join(shown))) == {each.name for each in sites}
    below = {each.location for each in sites if f"{each.name}: {each.location}" in shown}
    assert below >= {each.location for each in sites if each.location.endswith(":b")}
    assert len(opens(svg)) == len(sites) - len(below) + both


def test_sites_elsewhere_are_passed_over_and_those_of_all_instances_marked() -> None:
    circuit = network()
    sites = [
        site(circuit, "Here", "xcell1.ma1", "d"),
        site(circuit, "There", "xcell2.ma1", "d"),
        site(circuit, "Neuron", "xneuron.mwr", "d"),
        site(circuit, "Top", "xcell1", "bl"),
        site_of("Timing", SiteSpec(window="integrate", path="timing"), {}, Hierarchy(circuit.cards)),
    ]
    svg = cell_drawing(circuit, "bitcell", sites)
    assert "Here, There" in texts(svg)
    assert not {"Neuron", "Top", "Timing"} & set(re.findall(r"\w+", " ".join(texts(svg))))


def test_a_wire_inside_the_cell_is_written_below() -> None:
    circuit = network()
    wires = {"pb": WireSpec(net="pb", scope="xcell1", order=["xmtj.hb", "ma2.d", "ma4.d"])}
    spec = SiteSpec(wire="pb", after="xmtj", path="read")
    svg = cell_drawing(circuit, "bitcell", [site_of("Rpb", spec, wires, Hierarchy(circuit.cards))])
    assert "Rpb: pb:xmtj|" in texts(svg)
    assert opens(svg) == []


def crossbar(rows: int, columns: int = 1) -> Network:
    cells = [(row, column) for column in range(1, columns + 1) for row in range(1, rows + 1)]
    top = "".join(f"X{r}c{c} in{r} bl{c} pe pot dep sl vdd bitcell\n" for r, c in cells)
    top += "".join(f"XN{c} bl{c} rd out{c} ha{c} 0 vdd neuron\n" for c in range(1, columns + 1))
    wires = {
        f"bl{c}": {"net": f"bl{c}", "order": [f"x{r}c{c}.bl" for r in range(1, rows + 1)] + [f"xn{c}.bl"]}
        for c in range(1, columns + 1)
    }
    ports = [
        {"nets": [f"in{r}" for r in range(1, rows + 1)], "role": "input", "driver_ohm": "1k"},
        {"nets": [f"out{c}" for c in range(1, columns + 1)], "role": "output"},
    ]
    sites = {f"R{r}_{c}": {"wire": f"bl{c}", "after": f"x{r}c{c}", "path": "read"} for r, c in cells}
    return network(top=top, wires=sidecar(wires=wires, ports=ports, sites=sites))


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (4, 1), (64, 1), (3, 2)])
def test_a_crossbar_shows_its_cells_in_tap_order_and_every_open_after_its_cell(rows: int, columns: int) -> None:
    circuit = crossbar(rows, columns)
    svg = crossbar_drawing(circuit, list(circuit.sites.values()))
    shown = texts(svg)
    assert set(circuit.sites) <= set(shown)
    assert [text for text in shown if re.fullmatch(r"x\d+c1", text)] == [f"x{row}c1" for row in range(1, rows + 1)]
    weights = [
        f"W{row}" if columns == 1 else f"W{row},{column}"
        for column in range(1, columns + 1)
        for row in range(1, rows + 1)
    ]
    assert [text for text in shown if text.startswith("W")] == weights
    assert shown.count("in1") == columns
    assert shown.count("neuron") == columns
    assert f"out{columns}" in shown
    assert len(opens(svg)) == rows * columns
    heights = [y for _, y in opens(svg)][:rows]
    assert heights == sorted(heights, reverse=True)


def test_sites_inside_cells_are_noted_in_their_box_and_others_below() -> None:
    circuit = network()
    inside = [site(circuit, name, f"xcell2.{device}", terminal) for name, device, terminal in LATS]
    others = [site(circuit, "Top", "xcell1", "in"), site(circuit, "Ramp", "xpot1.mrst", "d")]
    timing = site_of("Tiw", SiteSpec(window="integrate", path="timing"), {}, Hierarchy(circuit.cards))
    shown = texts(crossbar_drawing(circuit, [*inside, *others, timing]))
    assert shown.index("Rop4, Rop5,") > shown.index("xcell2")
    assert {"Rop6, Rop7", "Top: xcell1:in", "Ramp: xpot1.mrst:d", f"Tiw: {timing.location}"} <= set(shown)


def test_a_network_without_a_bit_line_is_no_crossbar() -> None:
    with pytest.raises(SpecError, match="none ends at an element with an output port"):
        crossbar_drawing(network(wires=sidecar(wires={})))


def test_black_spikes_first_grey_half_way_and_white_not_at_all() -> None:
    coding = CodingSpec.model_validate(CODING)
    spikes = coded_spikes(coding)
    assert [(spike.symbol, spike.sent) for spike in spikes] == [("1", True), ("g", True), ("0", False)]
    for spike in spikes:
        assert spike.delay_s == pytest.approx((2 - spike.intensity) / 2 * 10e-9, rel=1e-12)
    shown = " ".join(texts(svg_text(coding_figure(coding, 1e-9))))
    for said in ("t = 0 ns", "t = 5 ns", "t = 10 ns = t_max: not sent", "g: i = 1", "t_max = 10 ns"):
        assert said in shown


def test_the_windows_are_dimensioned() -> None:
    spec = StimulusSpec.model_validate(STIMULUS)
    shown = " ".join(texts(svg_text(timing_figure(spec, 1.1))))
    said = (
        "IW = 1 ns",
        "LW = 9 ns",
        "coding window = 10 ns",
        "edge 20 ps",
        "delay 50 ps",
        "read 200 ps",
        "strobe 260 ps",
    )
    for text in (*said, "50 %", "1.1 V"):
        assert text in shown
    wider = spec.model_copy(update={"integrate": 1.2e-9})
    assert "IW = 1.2 ns" in " ".join(texts(svg_text(timing_figure(wider, 1.1))))


def everything() -> Sequence[str]:
    circuit = network()
    sites = [site(circuit, name, f"xcell1.{device}", terminal) for name, device, terminal in LATS]
    spec = StimulusSpec.model_validate(STIMULUS)
    cells = [cell_drawing(circuit, cell, sites) for cell in CELLS]
    return [
        *cells,
        crossbar_drawing(circuit, sites),
        svg_text(coding_figure(spec.coding, spec.integrate)),
        svg_text(timing_figure(spec, 1.1)),
    ]


def test_the_same_input_gives_the_same_bytes_well_formed_and_undated() -> None:
    first, again = everything(), everything()
    assert first == again
    for svg in first:
        assert ElementTree.fromstring(svg).tag == "{http://www.w3.org/2000/svg}svg"
        assert svg.startswith("<svg")
        assert not re.search(r"20\d\d-\d\d-\d\d|<dc:date", svg)


def test_text_with_markup_stays_text() -> None:
    sheet = Sheet()
    sheet.text((0, 0), "R & D < 5 > 4")
    assert texts(sheet.svg("a < b & c")) == ["R & D < 5 > 4"]
