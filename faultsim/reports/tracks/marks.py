"""What is marked on a track diagram: the defects at each place."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from faultsim.circuits.sites import Cut
from faultsim.fault_models.accounting import Detectability
from faultsim.fault_models.defect import Defect
from faultsim.reports.figures.palette import DEFECT
from faultsim.reports.tracks.ink import LONGEST, UNDETECTABLE, clean, short

_FEW = {"inside": 8, "below": 60}
"""Kind of place -> of how many defects the ids are given there; of all where nothing is said."""


class Place(NamedTuple):
    """Where a mark is: its kind, the column at or behind which it is, the terminal or nets."""

    kind: str
    column: int = -1
    what: tuple[str, ...] = ()


BELOW = Place("below")
"""Of defects that are nowhere in the drawing."""


@dataclass
class Mark:
    """The defects at one place.

    Attributes:
        lines: Their ids.
        names: Those of their sites that the sidecar names.
        opens: How many are cuts.
        count: How many there are.
        undetectable: How many of them nothing could detect.
    """

    lines: list[str] = field(default_factory=list)
    names: dict[str, None] = field(default_factory=dict)
    opens: int = 0
    count: int = 0
    undetectable: int = 0

    def add(self, defect: Defect, place: Place, named: bool) -> None:
        """Add a defect; where there are too many its id is not kept."""
        accounting = defect.accounting
        structurally = accounting.detectability is Detectability.STRUCTURALLY
        self.count += 1
        self.opens += isinstance(defect.site, Cut)
        self.undetectable += structurally
        self.names |= {defect.site.name: None} if named else {}
        if len(self.lines) < _FEW.get(place.kind, self.count):
            where = f": {defect.location}" if place == BELOW else ""
            why = f" ({accounting.detectability}: {accounting.reason})" if structurally else ""
            self.lines.append(clean(defect.id + where + why))

    @property
    def text(self) -> list[str]:
        """Return a line per defect, and how many more there are."""
        more = self.count - len(self.lines)
        return [*self.lines, f"and {more:,} more"] if more else self.lines

    @property
    def label(self) -> str:
        """Return the names of its sites."""
        return short(", ".join(self.names))

    @property
    def numbers(self) -> str:
        """Return how many opens and how many others there are, and the names."""
        counts = {"opens": self.opens, "shorts": self.count - self.opens}
        said = [f"{count:,} {kind}" for kind, count in counts.items() if count]
        return short(", ".join([*said, *self.names]), 2 * LONGEST)

    @property
    def color(self) -> str:
        """Return grey where nothing could detect any of them."""
        return UNDETECTABLE if self.undetectable == self.count else DEFECT
