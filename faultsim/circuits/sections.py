"""Sections of a resistive line: cells that do the same, lumped so that voltages and currents stay as they are."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import NDArray

from faultsim.circuits.blocks import Block
from faultsim.circuits.chains import Chain

_MOST = 4
"""Sections of a stretch. In one the cells of a family count as equal; how much they differ falls with its square."""


@dataclass(frozen=True)
class Section:
    """A stretch of a line between two nets, with families of cells on it.

    Attributes:
        near: Net that it begins at.
        far: Net that it ends at.
        nets: Nets that go, in order from ``near``.
        resistors: Indices of the line's resistors that go.
        ohm: Resistance from one end to the other.
        families: Cells that do the same, each with its resistance from ``near``.
    """

    near: str
    far: str
    nets: tuple[str, ...]
    resistors: tuple[int, ...]
    ohm: float
    families: tuple[tuple[tuple[Block, float], ...], ...]

    @property
    def shared_ohm(self) -> NDArray[np.float64]:
        """Return how much the mean voltage of a family's taps rises with the current of one cell of each family.

        Currents of two taps share the line from ``near`` to the nearer one. Shape: families by families.
        """
        places = [np.array([ohm for _, ohm in family]) for family in self.families]
        means = [[np.minimum.outer(one, other).mean() * len(other) for other in places] for one in places]
        return np.array(means)

    @property
    def mean_ohm(self) -> NDArray[np.float64]:
        """Return each family's mean resistance from ``near``: what the current from ``far`` adds to its voltage."""
        return np.array([np.mean([ohm for _, ohm in family]) for family in self.families])

    def cards(self, name: str, taps: Sequence[str]) -> Iterator[str]:
        """Yield what takes the section's place.

        Args:
            name: What the names of its elements and nets contain.
            taps: For each family the net that its first cell is moved to.
        """
        shared, mean = self.shared_ohm, self.mean_ohm
        counts = [len(family) for family in self.families]
        through = f"V{name}_t"
        for number, (tap, count) in enumerate(zip(taps, counts, strict=True)):
            # From the cell's tap down to the near end: what each current adds to the mean voltage of the family.
            terms = [(f"V{name}_{other}", shared[number][other]) for other in range(len(counts))]
            terms.append((through, mean[number]))
            yield f"V{name}_{number} {tap} {name}_{number}_0 0"
            yield from _raised(f"{name}_{number}", self.near, terms)
            yield f"F{name}_{number} 0 {self.near} V{name}_{number} {count - 1}"
        terms = [(f"V{name}_{other}", mean[other] * counts[other]) for other in range(len(counts))]
        yield f"{through} {self.far} {name}_t_0 0"
        yield from _raised(f"{name}_t", f"{name}_r", terms)
        yield f"R{name} {name}_r {self.near} {self.ohm:.12g}"


def sections_of(chain: Chain, families: Collection[Sequence[Block]], pinned: Collection[str]) -> Iterator[Section]:
    """Yield the sections of a line that cells can be lumped in.

    Args:
        chain: The line.
        families: Cells on it that do the same, each with one tap.
        pinned: Nets that something else is on.
    """
    on_net: dict[str, list[tuple[int, Block]]] = {}
    for number, family in enumerate(families):
        for block in family:
            on_net.setdefault(block.lines[0], []).append((number, block))
    # A line's ends stay, so that every stretch has two.
    last = len(chain.nets) - 1
    fixed = [place for place, net in enumerate(chain.nets) if net in pinned or place in (0, last)]
    for start, end in pairwise(fixed):
        yield from _stretch(chain, start, end, on_net)


def _stretch(line: Chain, start: int, end: int, on_net: Mapping[str, list[tuple[int, Block]]]) -> Iterator[Section]:
    """Yield the sections between one net that stays and the next."""
    size = -(-(end - start - 1) // _MOST)
    for first in range(start + 1, end, size) if size else ():
        last = min(first + size, end) - 1
        # The last net of a section that others follow keeps its name, without its cells.
        far = end if last == end - 1 else last
        ohm = list(accumulate(line.ohm[first - 1 : far]))
        families: dict[int, list[tuple[Block, float]]] = {}
        for place in range(first, last + 1):
            for number, block in on_net.get(line.nets[place], ()):
                families.setdefault(number, []).append((block, ohm[place - first]))
        if sum(map(len, families.values())) > len(families):
            yield Section(
                near=line.nets[first - 1],
                far=line.nets[far],
                nets=line.nets[first:far],
                resistors=tuple(resistor.index for resistor in line.resistors[first - 1 : far]),
                ohm=ohm[-1],
                families=tuple(tuple(family) for family in families.values()),
            )


def _raised(name: str, to: str, terms: Sequence[tuple[str, float]]) -> Iterator[str]:
    """Yield voltage sources in a row from a net to another, each controlled by a current."""
    for place, (source, ohm) in enumerate(terms):
        end = to if place == len(terms) - 1 else f"{name}_{place + 1}"
        yield f"H{name}_{place} {name}_{place} {end} {source} {ohm:.12g}"
