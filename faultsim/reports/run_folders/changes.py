"""What changed from one run to another, from the files of their two folders alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from math import isclose
from typing import TYPE_CHECKING, Any

from faultsim.campaigns.results import BaselineRow, Detection, SettingRow, ThresholdRow
from faultsim.errors import UsageError, did_you_mean
from faultsim.reports.coverage import Coverage, CoverageRow, coverage_of
from faultsim.reports.run_folders.moves import Move, Moves, moves_between
from faultsim.reports.run_folders.run_table import rows_of

if TYPE_CHECKING:
    from pandas import DataFrame

    from faultsim.reports.run_folders.run import Run

_VISIBLE = 1e-4
"""Relative; measured numbers that differ by less are the same: simulators and machines round differently."""
_NOT_A_SOURCE = ("counts", "coverage")
_HOW = ("network", "same_as")
"""How the fault-free circuit was simulated, which is told once."""
_OF_A_DEFECT = ("kind", "location", "weight", "unit", "direction", "default", "undetectable")

Row = Any
"""A row of a table, one of the dataclasses of `faultsim.campaigns.results` and `faultsim.reports`."""


@dataclass(frozen=True)
class Difference:
    """Something that is not the same in both runs; None where a run says nothing of it."""

    what: str
    before: Any
    after: Any


@dataclass(frozen=True)
class CoverageChange:
    """The coverage of all defects, or of those of one kind, with the bounds that unknown verdicts leave."""

    of: str
    before: Coverage
    after: Coverage


@dataclass(frozen=True)
class VerdictChange:
    """A defect of both runs whose verdict at its default severity is another.

    Attributes:
        change: ``detected now``, ``not detected any more``, ``unknown now`` or ``known now``.
        lost: It was detected, and is not; an unknown verdict is no detection.
        reason: Of the later verdict.
    """

    defect_id: str
    location: str
    weight: float
    before: str
    after: str
    change: str
    lost: bool
    reason: str


@dataclass(frozen=True)
class Changes:
    """Two runs beside each other.

    Attributes:
        before: Folder of the earlier run.
        after: Folder of the later run.
        sources: What they were run with: campaign, circuit, options, versions, hashes of files.
        coverage: Of all defects, then by kind.
        added: Ids of defects that only the later run considers.
        removed: Ids of defects that only the earlier run considers.
        gone: Those of them that it detects.
        defects: What is told of defects that both consider: weights, default severities and the like.
        verdicts: Defects with another verdict, lost detections first.
        thresholds: Thresholds that moved, the furthest first, and how many did not.
        baseline: What the fault-free circuit does under a pattern.
        settings: What the tests are, and what the fault-free circuit does in them.
    """

    before: str
    after: str
    sources: tuple[Difference, ...]
    coverage: tuple[CoverageChange, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    gone: tuple[str, ...]
    defects: tuple[Difference, ...]
    verdicts: tuple[VerdictChange, ...]
    thresholds: Moves
    baseline: tuple[Difference, ...]
    settings: tuple[Difference, ...]

    @property
    def lost(self) -> list[str]:
        """Return the ids of the defects that were detected and are not any more, be it that nobody looks for them."""
        return [*(row.defect_id for row in self.verdicts if row.lost), *self.gone]

    @property
    def nothing(self) -> bool:
        """Return whether the runs say the same."""
        differing = (self.sources, self.added, self.removed, self.defects, self.verdicts, self.baseline, self.settings)
        moved = self.thresholds.found or self.thresholds.only_before or self.thresholds.only_after
        return not moved and not any(differing)

    @property
    def headline(self) -> str:
        """Return the most important changes in a sentence."""
        if self.nothing:
            return f"Nothing changed; {self.thresholds.unchanged} thresholds are where they were."
        won = sum(row.after == Detection.DETECTED for row in self.verdicts)
        moved = len(self.thresholds.found)
        parts = [
            f"{won} {_plural(won, 'detection')} won, {len(self.lost)} lost",
            f"{len(self.added)} {_plural(len(self.added), 'defect')} added, {len(self.removed)} removed",
            f"{moved} of {moved + self.thresholds.unchanged} thresholds moved",
        ]
        sides = (self.thresholds.only_before, "before"), (self.thresholds.only_after, "after")
        parts += [f"{count} {_plural(count, 'threshold')} only {side}" for count, side in sides if count]
        return "; ".join(parts) + "."

    def frame(self, name: str) -> DataFrame:
        """Return ``verdicts``, ``thresholds``, ``defects``, ``baseline``, ``settings`` or ``sources`` as a table.

        Raises:
            UsageError: There is no such table.
        """
        import pandas as pd

        of_kind: dict[str, type[Any]] = {"verdicts": VerdictChange, "thresholds": Move}
        of_kind |= dict.fromkeys(("defects", "baseline", "settings", "sources"), Difference)
        if name not in of_kind:
            raise UsageError(f"no table {name!r} ({did_you_mean(name, of_kind)})")
        rows = self.thresholds.found if name == "thresholds" else getattr(self, name)
        return pd.DataFrame([asdict(row) for row in rows], columns=[field.name for field in fields(of_kind[name])])

    @property
    def record(self) -> dict[str, Any]:
        """Return all of it as plain data."""
        return {"headline": self.headline, "lost": self.lost, **asdict(self)}


def changes_between(before: Run, after: Run) -> Changes:
    """Return what changed from one run to another.

    Raises:
        UsageError: A table of the two cannot be read.
    """
    old, new = ({row.defect_id: row for row in rows_of(run.coverage, CoverageRow)} for run in (before, after))
    both = [name for name in new if name in old]
    verdicts = [_verdict(old[name], new[name]) for name in both if old[name].verdict != new[name].verdict]
    thresholds = (rows_of(run.thresholds, ThresholdRow) for run in (before, after))
    old_baseline, new_baseline = (rows_of(run.baseline, BaselineRow) for run in (before, after))
    old_settings, new_settings = (rows_of(run.settings, SettingRow) for run in (before, after))
    return Changes(
        before=str(before.folder),
        after=str(after.folder),
        sources=(*_sources(before.manifest, after.manifest), *_networks(old_settings, new_settings)),
        coverage=tuple(_coverage(list(old.values()), list(new.values()))),
        added=tuple(name for name in new if name not in old),
        removed=tuple(name for name in old if name not in new),
        gone=tuple(name for name, row in old.items() if name not in new and row.verdict == Detection.DETECTED),
        defects=tuple(_fields([old[name] for name in both], [new[name] for name in both], _name, _OF_A_DEFECT)),
        verdicts=tuple(sorted(verdicts, key=lambda row: not row.lost)),
        thresholds=moves_between(*thresholds),
        baseline=tuple(_fields(old_baseline, new_baseline, _pattern, _all_of(BaselineRow))),
        settings=tuple(_fields(old_settings, new_settings, _setting, _all_of(SettingRow))),
    )


def _coverage(old: Sequence[CoverageRow], new: Sequence[CoverageRow]) -> Iterator[CoverageChange]:
    yield CoverageChange("all", coverage_of(old), coverage_of(new))
    kinds = dict.fromkeys(row.kind for row in (*new, *old))
    for kind in kinds if len(kinds) > 1 else ():
        sides = ([row for row in rows if row.kind == kind] for rows in (old, new))
        yield CoverageChange(kind, *(coverage_of(rows) for rows in sides))


def _verdict(old: CoverageRow, new: CoverageRow) -> VerdictChange:
    if new.verdict == Detection.DETECTED:
        change = "detected now"
    elif new.verdict == Detection.UNKNOWN:
        change = "unknown now"
    else:
        change = "not detected any more" if old.verdict == Detection.DETECTED else "known now"
    lost = old.verdict == Detection.DETECTED
    return VerdictChange(new.defect_id, new.location, new.weight, old.verdict, new.verdict, change, lost, new.reason)


def _sources(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    sides = [dict(_flat({key: side[key] for key in side if key not in _NOT_A_SOURCE})) for side in (old, new)]
    for name in dict.fromkeys([*sides[0], *sides[1]]):
        values = [side.get(name) for side in sides]
        if values[0] != values[1]:
            yield Difference(name, *values)


def _networks(old: Iterable[SettingRow], new: Iterable[SettingRow]) -> Iterator[Difference]:
    """Yield what was simulated, where it is not the same: the whole network, or an equivalent of it."""
    sides = [" and ".join(sorted({row.network for row in rows})) for rows in (old, new)]
    if sides[0] != sides[1]:
        yield Difference("network", *sides)


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _fields(
    old: Iterable[Row], new: Iterable[Row], name_of: Callable[[Row], str], compared: Sequence[str]
) -> Iterator[Difference]:
    """Yield the fields that differ of rows of one name, and the rows that only one side has."""
    before, after = ({name_of(row): row for row in rows} for rows in (old, new))
    for name in dict.fromkeys([*after, *before]):
        if name not in before or name not in after:
            yield Difference(name, *("there" if name in side else "not there" for side in (before, after)))
            continue
        for field in compared:
            values = [getattr(side[name], field) for side in (before, after)]
            if not _alike(*values):
                yield Difference(f"{name}: {field}", *values)


def _alike(old: Any, new: Any) -> bool:
    if isinstance(old, float) and isinstance(new, float):
        return isclose(old, new, rel_tol=_VISIBLE)
    if isinstance(old, tuple) and isinstance(new, tuple) and len(old) == len(new):
        return all(map(_alike, old, new))
    return bool(old == new)


def _all_of(row_type: type[Any]) -> list[str]:
    return [field.name for field in fields(row_type) if field.name not in _HOW]


def _name(row: CoverageRow) -> str:
    return row.defect_id


def _pattern(row: BaselineRow) -> str:
    return f"pattern {row.pattern}" + (f", weights {row.weights}" if row.weights else "")


def _setting(row: SettingRow) -> str:
    corner = "" if row.corner == "nominal" else f", {row.corner}"
    return f"{row.test}, {row.window}, {row.vdd_v:g} V, {row.temperature_c:g} C{corner}"


def _plural(count: int, noun: str) -> str:
    return noun if count == 1 else f"{noun}s"
