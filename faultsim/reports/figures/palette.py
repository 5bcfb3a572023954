"""Colours, dashes and markers of drawings and figures: told apart in greyscale, and on a light and a dark page."""

from __future__ import annotations

from typing import Any

INK = "black"
FONT = "DejaVu Sans, Arial, sans-serif"
FAINT = "#666666"
DEFECT = "#b00000"
"""Dark enough to be read in a greyscale print."""

_COLORS = ("#1f6fb4", "#b8620b", "#1c8a55", "#8c5cc4", "#c0396b", "#0e8a94", "#8a6d1f")
"""Between the two papers in luminance: each has a contrast of 3 on white as well as on a dark page."""
_DASHES = ("-", "--", "-.", ":")
MARKERS = "osD^vP*X<"


def curve_style(number: int) -> dict[str, Any]:
    """Return how the curve with a number, from 0, is drawn.

    Dashes and markers come round again after 36 curves together, so that the colour, which a print may lose, is never
    alone in telling two of them apart.
    """
    return {
        "color": _COLORS[number % len(_COLORS)],
        "linestyle": _DASHES[number % len(_DASHES)],
        "marker": MARKERS[number % len(MARKERS)],
    }
