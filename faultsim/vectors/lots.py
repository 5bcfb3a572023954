"""What a tester would record of the fault-free circuit and of each covered defect, from transients alone."""

from __future__ import annotations

from collections.abc import Iterator

from faultsim.campaigns.limits import first_pulse
from faultsim.units import format_quantity
from faultsim.vectors.candidate import SPIKE
from faultsim.vectors.check import latch_shows
from faultsim.vectors.lot import Lot, PartResult, TestResult
from faultsim.vectors.record import PairRecord, SetRecord, VectorRecord


def golden_lot(record: SetRecord) -> Lot:
    """Return a lot of one part, the nominal fault-free circuit."""
    results = (_result(number, vector, vector.expected) for number, vector in enumerate(record.vectors, start=1))
    return _lot(record, "golden", [PartResult("fault-free", tuple(results))])


def faulty_lot(record: SetRecord) -> Lot:
    """Return a lot with a part for each covered defect at the demanded severity.

    A vector of which no transient shows what it does there is not executed.
    """
    return _lot(record, "faulty", _parts(record))


def _parts(record: SetRecord) -> Iterator[PartResult]:
    for defect in record.defects:
        if not defect.covered_by or defect.demanded is None:
            continue
        results = []
        for number, vector in enumerate(record.vectors, start=1):
            pair = next((pair for pair in vector.pairs if pair.defect_id == defect.defect_id), None)
            known = _at(pair, defect.demanded)
            results.append(_result(number, vector, known[0]) if known else _skipped(number, vector))
        severity = format_quantity(defect.demanded, defect.unit).replace(" ", "")
        yield PartResult(f"{defect.defect_id}@{severity}", tuple(results))


def _at(pair: PairRecord | None, severity: float) -> tuple[float | None] | None:
    """Return the response at a severity, in a tuple; None where none was simulated."""
    found = [response for at, response in pair.responses if at == severity] if pair else []
    return (found[0],) if found else None


def _lot(record: SetRecord, name: str, parts: Iterator[PartResult] | list[PartResult]) -> Lot:
    return Lot(name, record.circuit, f"vectors for tester {record.tester}", tuple(parts))


def _skipped(number: int, vector: VectorRecord) -> TestResult:
    if vector.observable == SPIKE:
        return TestResult(number, vector.name, None)
    return TestResult(number, vector.name, None, None, vector.limit_low, vector.limit_high, "A")


def _result(number: int, vector: VectorRecord, response: float | None) -> TestResult:
    if vector.observable != SPIKE:
        low, high = vector.limit_low, vector.limit_high
        inside = response is not None and (low is None or low <= response) and (high is None or response <= high)
        return TestResult(number, vector.name, inside, response, low, high, "A")
    cycle = failing_cycle(vector, response)
    return TestResult(number, vector.name, cycle is None, failing_cycle=cycle)


def failing_cycle(vector: VectorRecord, pulse: float | None) -> int | None:
    """Return the first cycle of a pattern in which the output is not what it has to be; None where it always is.

    Args:
        vector: A spike vector.
        pulse: The pulse on which the circuit first spikes; None or 0 for none.
    """
    first = first_pulse(pulse)
    wrong = (cycle for cycle, after, event in vector.compares if not latch_shows(event, after, first))
    return next(wrong, None)
