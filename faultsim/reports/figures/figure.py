"""A figure of a run."""

from __future__ import annotations

from dataclasses import dataclass

from faultsim.reports.figures.theme import themed


@dataclass(frozen=True)
class Figure:
    """One figure.

    Attributes:
        group: Where on the page it belongs: ``circuit``, ``coverage``, ``currents``, ``behaviours``, ``planes``,
            ``responses`` or ``waveforms``.
        caption: What it shows.
        svg: SVG text that stands alone: black on white.
        png: The same as PNG, None for what is drawn as SVG only.
    """

    group: str
    caption: str
    svg: str
    png: bytes | None = None

    def themed(self, name: str) -> str:
        """Return the SVG for a page, in the page's ink on the page's paper.

        Args:
            name: Of the figure; ids in the page begin with it.
        """
        return themed(self.svg, name)
