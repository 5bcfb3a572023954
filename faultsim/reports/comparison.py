"""Our results beside published values, and the side that our circuit takes in the paper's contradictions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from faultsim.campaigns.results import CampaignResult, Detection, ThresholdRow, WaveformRow
from faultsim.reports.published import ContradictionSpec, PublishedSpec, ReadingSpec, SourceSpec, ValueSpec
from faultsim.units import format_quantity

Number = float | None


@dataclass(frozen=True)
class ComparisonRow:
    """One published value beside ours.

    ``ratio`` is ours over the nearer end of the published range, 1 inside it.
    """

    id: str
    table: str
    item: str
    unit: str
    published: str
    ours: str
    ratio: Number
    agrees: bool
    why: str


@dataclass(frozen=True)
class Side:
    """The reading of a contradiction that our circuit falls on."""

    id: str
    text: str
    side: str
    distances: tuple[tuple[str, float], ...]


def compare(published: PublishedSpec, result: CampaignResult) -> list[ComparisonRow]:
    """Return a row per published value that the campaign's defects and patterns cover."""
    rows = [_row(value, result) for value in published.values]
    return [row for row in rows if row is not None]


def take_sides(published: PublishedSpec, result: CampaignResult) -> list[Side]:
    """Return a side per contradiction; one whose numbers the campaign does not have is left out."""
    sides = [_side(contradiction, result.thresholds) for contradiction in published.contradictions]
    return [side for side in sides if side is not None]


def _row(value: ValueSpec, result: CampaignResult) -> ComparisonRow | None:
    if value.source.figure is not None:
        return _shown(value, result.waveforms)
    if value.verdict is not None:
        row = _threshold(result.thresholds, value.source.defect or "", value.source.window or "", value.source.test)
        if row is None:
            return None
        agrees = row.verdict == value.verdict
        return ComparisonRow(
            value.id, value.table, value.item, value.unit, value.verdict, row.verdict, None, agrees, row.reason
        )
    found, ours, reason = _ours(value.source, result)
    if not found or value.published is None:
        return None
    low, high = value.published
    shown = repr(low) if low == high else f"{low!r} to {high!r}"
    if ours is None:
        return ComparisonRow(value.id, value.table, value.item, value.unit, shown, "", None, False, reason)
    nearest = min(max(ours, low), high)
    agrees, why = _agreement(value, ours, nearest)
    ratio = ours / nearest if nearest else None
    return ComparisonRow(value.id, value.table, value.item, value.unit, shown, repr(ours), ratio, agrees, why)


def _shown(value: ValueSpec, waveforms: Sequence[WaveformRow]) -> ComparisonRow | None:
    """Return what a waveform figure of the paper shows beside ours at the same severity."""
    row = next((row for row in waveforms if row.figure == value.source.figure), None)
    if row is None:
        return None
    ours = "spikes" if row.spiked else "silent"
    agrees = ours == value.verdict
    at = f"{row.defect_id} {format_quantity(row.severity, row.unit)}" if row.severity is not None else "fault-free"
    return ComparisonRow(
        value.id, value.table, value.item, value.unit, value.verdict or "", ours, None, agrees, f"{at}, {row.window}"
    )


def _agreement(value: ValueSpec, ours: float, nearest: float) -> tuple[bool, str]:
    if value.absolute_tolerance is not None:
        limit = format_quantity(value.absolute_tolerance, value.unit)
        inside = abs(ours - nearest) <= value.absolute_tolerance
        return inside, f"{'within' if inside else 'outside'} {limit}"
    deviation = ours / nearest - 1
    tolerance = value.tolerance or 0.0
    inside = abs(deviation) <= tolerance
    return inside, f"{deviation:+.1%}, {'within' if inside else 'outside'} {tolerance:.0%}"


def _ours(source: SourceSpec, result: CampaignResult) -> tuple[bool, Number, str]:
    """Return whether the campaign covers a source, its number, and why there is none."""
    if source.baseline is not None:
        for row in result.baseline:
            if row.pattern == source.baseline:
                number = getattr(row, source.column or "")
                return True, None if number is None else float(number), "no value"
        return False, None, ""
    found = _threshold(result.thresholds, source.defect or "", source.window or "", source.test)
    if found is None:
        return False, None, ""
    return True, found.threshold_ohm, f"{found.verdict}: {found.reason}"


def _threshold(rows: Sequence[ThresholdRow], defect: str, window: str, test: str | None = None) -> ThresholdRow | None:
    """Return the row of a defect at a window; of several tests or operating points the named, or the first."""
    found = (row for row in rows if (row.defect_id, row.window) == (defect, window) and test in (None, row.test))
    return next(found, None)


def _side(contradiction: ContradictionSpec, rows: Sequence[ThresholdRow]) -> Side | None:
    if contradiction.ours:
        return Side(contradiction.id, contradiction.text, contradiction.ours, ())
    distances = [(reading.name, _distance(reading, rows)) for reading in contradiction.readings]
    if any(distance is None for _, distance in distances):
        return None
    known = tuple((name, distance) for name, distance in distances if distance is not None)
    name, _ = min(known, key=lambda item: item[1])
    return Side(contradiction.id, contradiction.text, f"nearest to: {name}", known)


def _distance(reading: ReadingSpec, rows: Sequence[ThresholdRow]) -> float | None:
    """Return the root mean square of ln(ours / published) over a reading's values."""
    squares = []
    for value in reading.values:
        row = _threshold(rows, value.defect, value.window)
        if row is None or row.verdict != Detection.DETECTED or row.threshold_ohm is None:
            return None
        low, high = value.published
        nearest = min(max(row.threshold_ohm, low), high)
        squares.append(math.log(row.threshold_ohm / nearest) ** 2)
    return math.sqrt(sum(squares) / len(squares))
