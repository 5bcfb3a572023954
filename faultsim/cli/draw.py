"""``faultsim draw``."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from faultsim.circuits import network
from faultsim.circuits.network import Network
from faultsim.cli.output import print_rows, write_text
from faultsim.errors import UsageError, did_you_mean
from faultsim.reports.drawing import cell_drawing, drawn_cells


def run(circuit: str, what: str | None, out: Path | None, sites: bool, json: bool) -> None:
    """Draw one thing of a circuit, or list what can be drawn."""
    loaded = network.load(circuit)
    drawings = drawings_of(loaded, sites)
    if what is None:
        print_rows([{"drawing": name, "shows": shows} for name, (shows, _) in drawings.items()], json)
        return
    if what not in drawings:
        raise UsageError(f"{loaded.name} has no drawing {what!r} ({did_you_mean(what, drawings)})")
    _, draw = drawings[what]
    if out is None:
        print(draw(), end="")
    else:
        write_text(out, draw())


def drawings_of(circuit: Network, sites: bool = True) -> dict[str, tuple[str, Callable[[], str]]]:
    """Return everything that can be drawn of a circuit: name -> what it shows, and how to draw it as SVG text."""
    from faultsim.reports.crossbar import crossbar_drawing
    from faultsim.reports.schedules import coding_figure, timing_figure

    marked = tuple(circuit.sites.values()) if sites else ()
    spec, vdd_v = circuit.sidecar.stimulus, circuit.sidecar.conditions.vdd_v
    defined = {card.words[1].text.lower() for card in circuit.cards if card.name == ".subckt"}
    found: dict[str, tuple[str, Callable[[], str]]] = {
        "crossbar": ("cells, wires and the sites on them", lambda: crossbar_drawing(circuit, marked)),
        "coding": ("when a pixel spikes in its coding window", lambda: coding_figure(spec.coding, spec.integrate)),
        "timing": ("integrate and leaky window, read pulse and strobe", lambda: timing_figure(spec, vdd_v)),
    }
    for cell in filter(defined.__contains__, drawn_cells()):
        found[cell] = (f"cell {cell} with the sites in it", partial(cell_drawing, circuit, cell, marked))
    return found
