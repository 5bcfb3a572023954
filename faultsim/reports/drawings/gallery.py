"""Everything that can be drawn of a circuit without simulating it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from faultsim.circuits.network import Network
from faultsim.circuits.sites import Site
from faultsim.reports.drawings.cell import cell_drawing, drawn_cells
from faultsim.reports.figures.canvas import rendered, svg_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Drawing:
    """Something that can be drawn.

    Attributes:
        shows: What it shows, for people.
        draw: Returns it: SVG text, or matplotlib's figure.
    """

    shows: str
    draw: Callable[[], str | Figure]

    def svg(self) -> str:
        """Return it as SVG text."""
        drawn = self.draw()
        return drawn if isinstance(drawn, str) else svg_text(drawn)

    def rendered(self) -> tuple[str, bytes | None]:
        """Return it as SVG text, and as PNG where matplotlib drew it."""
        drawn = self.draw()
        return (drawn, None) if isinstance(drawn, str) else rendered(drawn)


def drawings_of(circuit: Network, sites: Iterable[Site]) -> dict[str, Drawing]:
    """Return the drawings of a circuit by name: crossbar, coding, timing and each of its cells that has one.

    Args:
        circuit: The network.
        sites: Those to mark.
    """
    # schemdraw is slow to import, and the page of a campaign may need none of it.
    from faultsim.reports.drawings.crossbar import crossbar_drawing, is_crossbar
    from faultsim.reports.drawings.schedules import coding_figure, timing_figure

    marked = tuple(sites)
    spec, vdd_v = circuit.sidecar.stimulus, circuit.sidecar.conditions.vdd_v
    found = {}
    if is_crossbar(circuit):
        found["crossbar"] = Drawing("cells, wires and the sites on them", partial(crossbar_drawing, circuit, marked))
    found |= {
        "coding": Drawing("when a pixel spikes", partial(coding_figure, spec.coding, spec.integrate)),
        "timing": Drawing("integrate and leaky window, read, strobe", partial(timing_figure, spec, vdd_v)),
    }
    defined = {card.words[1].text.lower() for card in circuit.cards if card.name == ".subckt"}
    for cell in filter(defined.__contains__, drawn_cells()):
        found[cell] = Drawing(f"cell {cell} with the sites in it", partial(cell_drawing, circuit, cell, marked))
    return found
