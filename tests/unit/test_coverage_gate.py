"""--fail-under: what surely is detected, by weight, has to be enough."""

from __future__ import annotations

import pytest

from faultsim.cli.commands import run_command
from faultsim.errors import GateError, UsageError
from faultsim.reports.coverage import CoverageRow, coverage_of
from faultsim.reports.coverage_gate import check_coverage, check_limit
from tests.unit.run_folders import covered


def many(detected: int, undetected: int, unknown: int, weight: float = 1.0) -> list[CoverageRow]:
    verdicts = ["detected"] * detected + ["undetected"] * undetected + ["unknown"] * unknown
    return [covered(f"R{number}", verdict, weight=weight) for number, verdict in enumerate(verdicts)]


@pytest.mark.parametrize("weight", [1.0, 0.1, 1 / 3])
def test_nineteen_of_twenty_are_95_per_cent_however_weights_round(weight: float) -> None:
    coverage = coverage_of(many(19, 1, 0, weight))
    check_coverage(coverage, 95)
    with pytest.raises(GateError):
        check_coverage(coverage, 95.001)


def test_unknown_verdicts_do_not_count_and_the_sentence_says_what_they_could_do() -> None:
    with pytest.raises(GateError) as error:
        check_coverage(coverage_of(many(9, 0, 1)), 95)
    assert str(error.value) == (
        "coverage is 90.00% by weight (up to 100.00% if all unknown verdicts are detections), below --fail-under 95; "
        "it is 90.00% of the 10 defects"
    )
    assert error.value.exit_code == 5


def test_the_weight_decides_and_not_the_number() -> None:
    rows = [covered("likely", weight=99.0), *many(0, 9, 0, 1 / 9)]
    check_coverage(coverage_of(rows), 98)
    with pytest.raises(GateError, match=r"99.00% by weight, below --fail-under 99.5; it is 10.00% of the 10 defects"):
        check_coverage(coverage_of(rows), 99.5)


def test_nothing_covers_nothing() -> None:
    check_coverage(coverage_of([]), 0)
    with pytest.raises(GateError):
        check_coverage(coverage_of([]), 0.1)


def test_the_command_that_resumes_a_run_has_its_gate() -> None:
    assert run_command("c", None, "*", fail_under=95.0) == "faultsim run c --fail-under 95"


def test_a_limit_is_a_number() -> None:
    check_limit(None)
    check_limit(95)
    with pytest.raises(UsageError, match="--fail-under nan is no limit"):
        check_limit(float("nan"))


def test_a_share_where_a_per_cent_is_asked_for_is_no_gate_that_never_closes() -> None:
    with pytest.raises(UsageError, match=r"0\.8 is less than one per cent; give 80 for 80%"):
        check_limit(0.8)
    check_limit(0)
    check_limit(1)
