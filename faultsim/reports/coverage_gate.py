"""The gate that a run's coverage has to pass: ``--fail-under``."""

from __future__ import annotations

from math import isnan

from faultsim.errors import GateError, UsageError
from faultsim.reports.coverage import Coverage

_ROUNDING = 1e-9
"""Per cent; 19 of 20 defects are 95 %, whatever the sum of their weights rounds to."""


def check_limit(percent: float | None) -> None:
    """Check what was asked for, before anything else is done.

    Raises:
        UsageError: It is not a number, or a share and no per cent.
    """
    if percent is not None and isnan(percent):
        raise UsageError("--fail-under nan is no limit; give a number from 0 to 100")
    if percent is not None and 0 < percent < 1:
        raise UsageError(
            f"--fail-under {percent:g} is less than one per cent; give {100 * percent:g} for {percent:.0%}"
        )


def check_coverage(coverage: Coverage, percent: float) -> None:
    """Check that the tests cover enough, however the unknown verdicts turn out.

    What counts is the lower bound of the weighted coverage of all defects, the structurally undetectable ones
    included: the coverage of IEEE Std 2427. Where all weights are the same it is the share of defects.

    Args:
        coverage: That of the run.
        percent: The least that it has to be, 0 to 100.

    Raises:
        GateError: It is less.
    """
    if 100 * coverage.weighted_low >= percent - _ROUNDING:
        return
    bound = f"{coverage.weighted_low:.2%}"
    open_ = f" (up to {coverage.weighted_high:.2%} if all unknown verdicts are detections)"
    rest = open_ if coverage.weighted_high > coverage.weighted_low else ""
    counted = f"{coverage.low:.2%} of the {coverage.total} defects"
    raise GateError(f"coverage is {bound} by weight{rest}, below --fail-under {percent:g}; it is {counted}")
