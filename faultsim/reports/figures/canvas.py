"""Matplotlib's figures: begun, labelled and given back as SVG and PNG; matplotlib is loaded only when one is drawn."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Literal

from faultsim.reports.figures.svg import compact

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI = 150
"""Of PNGs: sharp on paper at the width of a column."""

_LABEL, _TICKS = 9, 8
# A fixed salt and no dates: the same figure is the same bytes.
_SVG_OPTIONS = {"svg.hashsalt": "faultsim", "svg.fonttype": "none"}
_NO_SVG_METADATA = {"Creator": None, "Date": None, "Format": None, "Type": None}
_WHITE = 255


def blank(width_in: float, height_in: float, layout: Literal["constrained"] | None = "constrained") -> Figure:
    """Return an empty figure."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width_in, height_in), layout=layout)


def label(axes: Any, x: str = "", y: str = "") -> None:
    """Name the axes, with units in brackets, in the sizes that all figures have."""
    axes.set_xlabel(plain(x), fontsize=_LABEL)
    axes.set_ylabel(plain(y), fontsize=_LABEL)
    axes.tick_params(labelsize=_TICKS)


def plain(text: str) -> str:
    """Return text for matplotlib to take as it is: a dollar in a name starts no formula, an underscore hides none."""
    escaped = text.replace("$", r"\$")
    return f" {escaped}" if escaped.startswith("_") else escaped


def shortened(text: str, most: int) -> str:
    """Return a name with so many characters at most."""
    return text if len(text) <= most else f"{text[: most - 3]}..."


def svg_text(figure: Figure) -> str:
    """Return a figure as SVG text, black on white: the same bytes for the same figure, text as text."""
    import matplotlib

    buffer = io.StringIO()
    with matplotlib.rc_context(_SVG_OPTIONS):  # type: ignore[arg-type]
        figure.savefig(buffer, format="svg", metadata=_NO_SVG_METADATA)
    return compact(buffer.getvalue())


def png_bytes(figure: Figure) -> bytes:
    """Return a figure as PNG of 256 colours, a third of the bytes: the same ones for the same figure."""
    import numpy as np
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    figure.set_dpi(DPI)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    pixels = Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3])
    picture = pixels.quantize(256, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    # Colours are rounded down; what was white is to be white.
    picture.putpalette([_WHITE if level >= _WHITE - 1 else level for level in picture.getpalette() or []])
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", dpi=(DPI, DPI))
    return buffer.getvalue()


def rendered(figure: Figure) -> tuple[str, bytes]:
    """Return a figure as SVG and PNG, laid out once, which is half of the work."""
    svg = svg_text(figure)
    figure.set_layout_engine("none")
    return svg, png_bytes(figure)
