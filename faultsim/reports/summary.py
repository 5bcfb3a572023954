"""A campaign in a sentence and a few numbers: the top of its report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from faultsim.campaigns.results import Detection
from faultsim.fault_models.accounting import Detectability
from faultsim.reports.coverage import Coverage, CoverageRow, coverage_of

_HOPELESS = Detectability.STRUCTURALLY.value


@dataclass(frozen=True)
class Summary:
    """What a reader wants to know first.

    Attributes:
        detected: Defects that a test sees at their default severity.
        undetected: Defects that none does.
        unknown: Defects that no verdict is known of.
        hopeless: Defects that the circuit's structure makes undetectable.
        coverage: Fractions of all defects.
        within_reach: Fractions of those that are not hopeless.
    """

    detected: int
    undetected: int
    unknown: int
    hopeless: int
    coverage: Coverage
    within_reach: Coverage

    @property
    def total(self) -> int:
        """All defects."""
        return self.detected + self.undetected + self.unknown

    @property
    def weighted(self) -> bool:
        """Whether weights make a difference that a rounded per cent shows."""
        return abs(self.coverage.weighted_low - self.coverage.low) >= _VISIBLE

    @property
    def verdict(self) -> str:
        """The verdict, in a sentence or two."""
        if not self.total:
            return "There is no defect in this run."
        if self.detected == self.total:
            return f"All {_count(self.total)} detected at {_their(self.total)} default severity."
        found = f"{self.detected} of {_count(self.total)} detected at {_their(self.total)} default severity"
        rest = [f"{self.undetected} {_be(self.undetected)} not"] if self.undetected else []
        rest += [f"of {self.unknown} the verdict is unknown"] if self.unknown else []
        return f"{found}; {' and '.join(rest)}."


_VISIBLE = 5e-4


def summary_of(rows: Sequence[CoverageRow]) -> Summary:
    """Return the summary of a campaign's coverage."""
    verdicts = [row.verdict for row in rows]
    within = [row for row in rows if not row.undetectable.startswith(_HOPELESS)]
    return Summary(
        detected=verdicts.count(Detection.DETECTED),
        undetected=verdicts.count(Detection.UNDETECTED),
        unknown=verdicts.count(Detection.UNKNOWN),
        hopeless=len(rows) - len(within),
        coverage=coverage_of(rows),
        within_reach=coverage_of(within),
    )


def _count(defects: int) -> str:
    return f"{defects} defect{'s' if defects != 1 else ''} {_be(defects)}"


def _be(count: int) -> str:
    return "is" if count == 1 else "are"


def _their(count: int) -> str:
    return "its" if count == 1 else "their"
