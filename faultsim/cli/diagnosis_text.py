"""A diagnosis for people: the verdict, the defects, what does not fit, and which vector to apply next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from faultsim.cli.output import table_lines
from faultsim.units import format_quantity
from faultsim.vectors.diagnosis import Explanation
from faultsim.vectors.misfit import Misfit
from faultsim.vectors.part_diagnosis import Diagnosis
from faultsim.vectors.suggestion import Suggestion

_SUGGESTED = 3


def diagnosis_text(found: Diagnosis, purposes: Mapping[str, str], top: int) -> str:
    """Return what to print of a part.

    Args:
        found: The diagnosis.
        purposes: Vector of the program -> what it is for.
        top: The most defects that are listed.
    """
    return "\n".join(_lines(found, purposes, top))


def _lines(found: Diagnosis, purposes: Mapping[str, str], top: int) -> Iterator[str]:
    # A name of several lines could say that another part is good.
    yield f"part {' '.join(found.part.part_id.split())} {_verdict(found)}"
    if found.passed and found.missing:
        yield f"not applied yet of the vectors that detect: {', '.join(found.missing)}"
    if found.good:
        yield "defects that these vectors do not see, if it has one, and how large they may be:"
        yield from _listed(found, top, ("defect", "from", "to"))
    elif found.applied:
        if found.explained and found.like_good:
            yield "a good part whose process is far from the nominal one may show that, too"
        yield from _misfits(found)
        yield from _listed(found, top, ("rank", "defect", "from", "to", "likelihood", "group"))
    yield from _next(found, purposes)


def _verdict(found: Diagnosis) -> str:
    """Say in a few words what a part is."""
    count, best = len(found.group), found.explanations[0]
    if not found.applied:
        return f"was not tested; {count} {'defect is' if count == 1 else 'defects are'} possible"
    verdict = {True: "passes", False: "fails", None: "has no verdict"}[found.passed]
    if found.good:
        return f"{verdict}: consistent with a good part"
    if not found.explained:
        chance = f"; probability {found.nearest.plausible:.1g}" if found.nearest.suspect.id else ""
        return f"{verdict}; no single defect explains this (nearest: {_at(found.nearest)}{chance})"
    unlike = ", but its readings are not those of a good part" if found.passed else ""
    many = f"{count} defects explain that equally well" if count > 1 else f"{_name(best)} explains that best"
    return f"{verdict}{unlike}; {many}{', but not all of it' if found.misfits else ''}"


def _misfits(found: Diagnosis) -> Iterator[str]:
    """Yield what does not fit the nearest explanation."""
    if found.misfits:
        yield f"what does not fit {_at(found.nearest)}:"
    yield from (f"  {_misfit(one)}" for one in found.misfits)


def _misfit(one: Misfit) -> str:
    if one.value is not None:
        value, shown, good = (format_quantity(current, "A") for current in (one.value, one.shown, one.good))
        return f"{one.vector} reads {value}, where it has {shown}" + (
            f" (a good part: {good})" if shown != good else ""
        )
    if one.pulse is not None:
        return (
            f"{one.vector} {f'spikes on pulse {one.pulse}' if one.pulse else 'has no spike'}, where it does otherwise"
        )
    return f"{one.vector} {'passes, where it fails' if one.passed else 'fails, where it passes'}"


def _listed(found: Diagnosis, top: int, columns: Sequence[str]) -> Iterator[str]:
    """Yield a table of the best explanations, and how many as good ones it leaves out."""
    shown = found.group[:top] if found.good else found.explanations[:top]
    rows = [_row(rank, one) for rank, one in enumerate(shown, start=1)]
    yield from table_lines([{name: row[name] for name in columns} for row in rows])
    hidden = len(found.group) - top
    if hidden > 0:
        yield f"and {hidden} more{'' if found.good else ' as good as these'} (--top {len(found.group)} lists all)"


def _row(rank: int, one: Explanation) -> dict[str, object]:
    unit = one.suspect.unit
    return {
        "rank": rank,
        "defect": _name(one),
        "from": format_quantity(one.low, unit),
        "to": format_quantity(one.high, unit),
        "likelihood": f"{one.likelihood:.3g}",
        "group": "yes" if one.in_group else "",
    }


def _name(one: Explanation) -> str:
    return " = ".join([one.suspect.id, *one.suspect.same_as])


def _at(one: Explanation) -> str:
    """Name a defect and its severity, or a good part, which has none."""
    return f"{one.suspect.id} at {format_quantity(one.best, one.suspect.unit)}" if one.suspect.id else "a good part"


def _next(found: Diagnosis, purposes: Mapping[str, str]) -> Iterator[str]:
    """Yield which vectors to apply next."""
    if not found.explained or len(found.group) < 2 or (found.good and not found.further):
        return
    ready = [one for one in found.suggestions if one.ready][:_SUGGESTED]
    if ready:
        when = "next" if found.applied else "first"
        yield f"apply {ready[0].vector} {when}: {_worth(ready[0])}, the most for its time"
        if purposes.get(ready[0].vector) == "diagnosis" and found.missing:
            yield "  (it is for diagnosis: in its time it tells more of which defect it is than those that detect)"
        if ready[1:]:
            yield f"or {', '.join(f'{one.vector} ({_worth(one)})' for one in ready[1:])}"
    elif found.suggestions:
        yield "no vector of the program tells them apart; by estimates these candidates would (see docs/vectors.md):"
        yield from (f'  "{one.vector}": {_worth(one)}' for one in found.suggestions[:_SUGGESTED])
    else:
        yield "no candidate tells them apart"


def _worth(one: Suggestion) -> str:
    return f"{one.bits:.2f} bit in {format_quantity(one.time_s, 's')}"
