"""All that the reports of a finished run are made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from faultsim.campaigns.plan import Plan
from faultsim.campaigns.results import CampaignResult
from faultsim.reports.comparison import ComparisonRow, Side, compare, take_sides
from faultsim.reports.coverage import CoverageRow, coverage_rows
from faultsim.reports.points import PointRow, point_rows
from faultsim.reports.record import coverage_record
from faultsim.vectors.table import VectorRow, vector_rows

if TYPE_CHECKING:
    # Its model takes its time to build.
    from faultsim.vectors.record import SetRecord


@dataclass(frozen=True)
class Report:
    """Everything that a report shows.

    Attributes:
        record: Of the coverage, as coverage.json has it.
        chosen: The vectors that were chosen for the campaign as it is now; None where there are none yet.
    """

    plan: Plan
    result: CampaignResult
    coverage: Sequence[CoverageRow]
    record: Mapping[str, Any]
    comparison: Sequence[ComparisonRow]
    sides: Sequence[Side]
    vectors: Sequence[VectorRow]
    points: Sequence[PointRow]
    versions: Mapping[str, str]
    chosen: SetRecord | None = None


def report_of(
    plan: Plan, result: CampaignResult, versions: Mapping[str, str], chosen: SetRecord | None = None
) -> Report:
    """Return what the reports of a finished run are made from.

    Args:
        plan: What was run.
        result: What it found.
        versions: Of what it was run with.
        chosen: The vectors that were chosen for it.
    """
    published = plan.published
    coverage = coverage_rows(plan.defects, result.thresholds)
    return Report(
        plan=plan,
        result=result,
        coverage=coverage,
        record=coverage_record(plan, coverage, result.thresholds, result.settings, versions),
        comparison=compare(published, result) if published else [],
        sides=take_sides(published, result) if published else [],
        vectors=vector_rows(result.thresholds, result.settings),
        points=point_rows(result.settings, result.thresholds),
        versions=versions,
        chosen=chosen,
    )
