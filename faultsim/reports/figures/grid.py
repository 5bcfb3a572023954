"""Values over a plane of windows, drawn as few shapes: what a map of cells would take a hundred times over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

NS = 1e9


def cell_edges(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the edges of cells around values; a single one gets a cell of two per cent."""
    if values.size == 1:
        return np.array([values[0] * 0.99, values[0] * 1.01])
    between = (values[1:] + values[:-1]) / 2
    return np.concatenate(([2 * values[0] - between[0]], between, [2 * values[-1] - between[-1]]))


def fill_cells(
    axes: Any,
    integrate_s: NDArray[np.float64],
    leaky_s: NDArray[np.float64],
    classes: NDArray[np.int64],
    colors: Sequence[Any],
) -> None:
    """Fill the cells of each class with its colour, neighbours along the integrate window as one.

    Args:
        axes: To draw into; its limits become those of the grid.
        integrate_s: Integrate windows, shape (I,).
        leaky_s: Leaky windows, shape (L,).
        classes: Index of a cell's colour, -1 for none. Shape (I, L).
        colors: For each class.
    """
    from matplotlib.collections import PathCollection
    from matplotlib.path import Path

    x, y = cell_edges(integrate_s * NS), cell_edges(leaky_s * NS)
    boxes: dict[int, list[list[tuple[float, float]]]] = {}
    for row, line in enumerate(classes.T):
        starts = [0, *(np.flatnonzero(np.diff(line)) + 1)]
        for start, stop in zip(starts, [*starts[1:], line.size], strict=True):
            corners = [(x[start], y[row]), (x[stop], y[row]), (x[stop], y[row + 1]), (x[start], y[row + 1])]
            boxes.setdefault(int(line[start]), []).append(corners)
    boxes.pop(-1, None)
    paths = [Path.make_compound_path(*(Path([*box, box[0]], closed=True) for box in found)) for found in boxes.values()]
    shades = [colors[number] for number in boxes]
    # A hair of its own colour around each closes the seams that viewers leave.
    cells = PathCollection(paths, facecolors=shades, edgecolors="face", linewidths=0.8)
    axes.add_collection(cells)
    axes.set_xlim(x[0], x[-1])
    axes.set_ylim(y[0], y[-1])
