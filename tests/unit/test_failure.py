"""Fault-free simulations that failed: those alike in one line, with what ngspice said first."""

from __future__ import annotations

import pytest

from faultsim.campaigns.failure import Failure, failure_lines, reason
from faultsim.campaigns.gates import check_baseline
from faultsim.campaigns.plan import Plan, make_plan
from faultsim.campaigns.results import BaselineRow
from faultsim.campaigns.spec import load
from faultsim.errors import GateError
from faultsim.spice.job import Outcome, Status

NO_FUNCTION = Outcome(
    Status.BAD_OUTPUT,
    log_tail="Note: No compatibility mode selected!\nCircuit: * x\nError: no such function 'foo'\n"
    "Error on line 33 or its substitute:\nb9 y 0 i= foo ( v(y) )\nfaultsim: no vector time",
)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return make_plan(*load("lats2024"))


@pytest.mark.parametrize(
    ("log", "said"),
    [
        (NO_FUNCTION.log_tail, "Error: no such function 'foo'"),
        (
            "warning, can't find model 'q' from line\nError on line 3 or its substitute:\nq9 y in 0 q\nno modelname\n"
            "Error: circuit not parsed.\nfaultsim: no vector time",
            "Error on line 3 or its substitute: q9 y in 0 q: no modelname",
        ),
        (
            "ngspice asked to exit:\nNetlist line no. 33:\nCannot compute substitute\nError: ngspice cannot recover",
            "Netlist line no. 33: Cannot compute substitute",
        ),
        (
            "Warning: singular matrix:  check node v9#branch\nfaultsim: no",
            "Warning: singular matrix:  check node v9#branch",
        ),
        ("Circuit: x\nError: vector w not found!\nfaultsim: no vector w", "no vector w"),
        ("faultsim: no end after 0.01 s", "no end after 0.01 s"),
        ("", "no log"),
    ],
)
def test_the_reason_is_what_the_simulator_said_first(log: str, said: str) -> None:
    assert reason(Outcome(Status.BAD_OUTPUT, log_tail=log)) == said


@pytest.mark.parametrize(
    ("count", "named"),
    [(1, "pattern 0"), (2, "patterns 0 and 1"), (3, "patterns 0, 1 and 2"), (16, "patterns 0, 1 and 14 more")],
)
def test_what_failed_alike_is_one_line(plan: Plan, count: int, named: str) -> None:
    failures = [Failure(str(number), NO_FUNCTION, ("--pattern", str(number))) for number in range(count)]
    other = Failure("late", Outcome(Status.TIMEOUT, log_tail="faultsim: no end after 1 s"), ("--pattern", "l ate"))
    assert failure_lines(plan.network, "pattern", [*failures, other]) == [
        f"{named}: the simulation ended with bad_output: Error: no such function 'foo' "
        "(faultsim simulate crossbar4 --pattern 0 shows the whole log)",
        "pattern late: the simulation ended with timeout: no end after 1 s "
        "(faultsim simulate crossbar4 --pattern 'l ate' shows the whole log)",
    ]


def test_failures_beside_a_pattern_that_differs_are_all_said(plan: Plan) -> None:
    def row(pattern: str, status: str, weights: str = "") -> BaselineRow:
        return BaselineRow("crossbar4", pattern, None, None, None, status, weights)

    rows = [row("0000", "ok"), row("0001", "bad_output"), row("1111", "ok"), row("1111", "bad_output", "0111")]
    with pytest.raises(GateError) as caught:
        check_baseline(plan, rows, lambda _: NO_FUNCTION)
    said = str(caught.value).splitlines()
    assert said[0].endswith("baseline: the fault-free circuit does not do what the sidecar declares")
    assert said[1].startswith("patterns 0001 and 1111 with weights 0111: the simulation ended with bad_output: ")
    assert said[2:] == ["pattern 1111: spike on pulse 3 declared, silence simulated"]
    with pytest.raises(GateError, match="the fault-free circuit cannot be simulated"):
        check_baseline(plan, rows[:2], lambda _: NO_FUNCTION)
