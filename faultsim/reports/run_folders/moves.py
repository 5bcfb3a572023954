"""How one threshold differs between two runs, measured against what their searches resolve."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf, log

from faultsim.campaigns.results import FAILS_BELOW, Detection, SettingKey, ThresholdRow

_ROUNDING = 1e-9
"""Relative; what the powers of a grid's ratio are apart by rounding."""

Key = tuple[str, SettingKey]
"""Defect and setting."""


@dataclass(frozen=True)
class Move:
    """A threshold that is not where it was, or a verdict of one setting that is not as it was.

    Attributes:
        verdict_before: Of this setting alone.
        verdict_after: Likewise.
        threshold_before: In ``unit``; None where it was not detected.
        threshold_after: Likewise.
        ratio: Later threshold over earlier one; None where one of them is missing.
        sees: ``more`` where the later test sees less severe defects, ``less`` where only severer ones, empty where an
            unknown verdict leaves it open.
        reason: Why the later verdict is none, or unknown.
    """

    defect_id: str
    test: str
    window: str
    corner: str
    vdd_v: float
    temperature_c: float
    unit: str
    verdict_before: str
    verdict_after: str
    threshold_before: float | None
    threshold_after: float | None
    ratio: float | None
    sees: str
    reason: str

    @property
    def size(self) -> float:
        """Return how far it moved, as a natural logarithm; infinite where it came or went."""
        return inf if self.ratio is None else abs(log(self.ratio))


@dataclass(frozen=True)
class Moves:
    """The thresholds of two runs beside each other.

    Attributes:
        found: Those that moved, the furthest first.
        unchanged: How many did not: same verdict, and thresholds within one step of the search.
        only_before: How many there are of defects or settings that only the earlier run has.
        only_after: Likewise.
    """

    found: tuple[Move, ...]
    unchanged: int
    only_before: int
    only_after: int


def moves_between(before: Iterable[ThresholdRow], after: Iterable[ThresholdRow]) -> Moves:
    """Return what became of each threshold of a defect, test, window, operating point and corner."""
    old, new = _by_key(before), _by_key(after)
    both = [key for key in new if key in old]
    moved = [_move(old[key], new[key]) for key in both if not _same(old[key], new[key])]
    # Sorting is stable: equal moves stay in the order of the campaign.
    return Moves(
        found=tuple(sorted(moved, key=lambda move: -move.size)),
        unchanged=len(both) - len(moved),
        only_before=len(old) - len(both),
        only_after=len(new) - len(both),
    )


def _by_key(rows: Iterable[ThresholdRow]) -> Mapping[Key, ThresholdRow]:
    return {(row.defect_id, row.setting): row for row in rows}


def _same(before: ThresholdRow, after: ThresholdRow) -> bool:
    if before.verdict != after.verdict or before.unit != after.unit or before.direction != after.direction:
        return False
    if not before.threshold or not after.threshold:
        return before.threshold == after.threshold
    step = max(_step(before), _step(after))
    return abs(log(after.threshold / before.threshold)) <= step + _ROUNDING


def _step(row: ThresholdRow) -> float:
    """Return how wide a threshold's bracket is, as a natural logarithm: a step of the search, or more."""
    if not row.passes_at or not row.fails_at:
        return 0.0
    return abs(log(row.fails_at / row.passes_at))


def _move(before: ThresholdRow, after: ThresholdRow) -> Move:
    ratio = None
    if before.threshold and after.threshold and before.unit == after.unit:
        ratio = after.threshold / before.threshold
    return Move(
        defect_id=after.defect_id,
        test=after.test,
        window=after.window,
        corner=after.corner,
        vdd_v=after.vdd_v,
        temperature_c=after.temperature_c,
        unit=after.unit,
        verdict_before=before.verdict,
        verdict_after=after.verdict,
        threshold_before=before.threshold,
        threshold_after=after.threshold,
        ratio=ratio,
        sees=_sees(before, after, ratio),
        reason=after.reason,
    )


def _sees(before: ThresholdRow, after: ThresholdRow, ratio: float | None) -> str:
    if Detection.UNKNOWN in (before.verdict, after.verdict) or before.direction != after.direction:
        return ""
    if ratio is None:
        return "more" if after.verdict == Detection.DETECTED else "less"
    # An open is seen from its threshold on, a bridge up to it.
    return "more" if (ratio > 1) == (after.direction == FAILS_BELOW) else "less"
