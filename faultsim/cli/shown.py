"""A transient that is shown: as it is stored and as it is simulated again, in words and as a record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from faultsim.campaigns.evidence import Evidence
from faultsim.campaigns.ledger import Use
from faultsim.campaigns.plan import Setting
from faultsim.campaigns.results import EQUIVALENT, Detection, ThresholdRow
from faultsim.campaigns.search import Verdict
from faultsim.circuits.symbols import abridged
from faultsim.circuits.variant import NOMINAL
from faultsim.spice.job import Outcome, Trace
from faultsim.spice.repeat import Difference, differences
from faultsim.spice.waveform import Waveform
from faultsim.units import format_quantity

_WORDS = {Verdict.PASS: "passes", Verdict.FAIL: "fails", Verdict.UNKNOWN: "neither passes nor fails"}
_NAMED = 3
"""Of the results that rest on a transient."""


@dataclass(frozen=True)
class Shown:
    """All that is said of a transient.

    Attributes:
        identity: Id of the defect that was asked for; empty for the fault-free circuit.
        evidence: The transient; its defect may be another one that makes the same circuit.
        again: The transient, simulated again.
        healthy: What the fault-free circuit shows in the same setting.
        behind: Its waveforms, where they are to be drawn.
        uses: What rests on the transient.
        simulator: Name and version of what it was simulated again with.
    """

    identity: str
    evidence: Evidence
    again: Trace
    healthy: Outcome
    behind: Mapping[str, Waveform]
    uses: Sequence[Use]
    simulator: str

    @property
    def outcome(self) -> Outcome:
        """What counts: what is stored, or of a new transient what is simulated now."""
        return self.evidence.stored or self.again.outcome

    @property
    def verdict(self) -> Verdict | None:
        """What the test says; None of the fault-free circuit."""
        return self.evidence.verdict(self.outcome, self.healthy)

    @property
    def differences(self) -> list[Difference]:
        """In what it is another transient now."""
        stored = self.evidence.stored
        return [] if stored is None else differences(stored, self.again.outcome)

    @property
    def name(self) -> str:
        """The circuit in words."""
        evidence, severity = self.evidence, self.evidence.severity
        if evidence.defect is None or severity is None:
            return f"fault-free {evidence.lab.network.name}"
        return f"{self.identity} at {format_quantity(severity, evidence.defect.unit)}"

    @property
    def where(self) -> str:
        """The setting in words."""
        question, setting = self.evidence.origin.question, self.evidence.origin.setting
        stimulus, point = question.applied, question.conditions
        iw, lw = (format_quantity(value, "s") for value in (stimulus.spec.integrate, stimulus.spec.leaky))
        parts = [f"test {setting.test} at {setting.window}: " if setting else "baseline: "]
        parts += [f"weights {abridged(stimulus.weights)}, "] if stimulus.weights else []
        parts += [f"programmed {abridged(stimulus.program)}, "] if stimulus.program else []
        parts += [f"input {abridged(stimulus.pattern)}, IW {iw}, LW {lw}, pulses {stimulus.spec.pulses}, "]
        parts += [f"{point.vdd_v:g} V, {point.temperature_c:g} C"]
        parts += [f", corner {point.corner.name}"] if point.corner.name != NOMINAL.name else []
        return "".join(parts)


def lines_of(shown: Shown) -> Iterator[str]:
    """Yield what is said of a transient to people, before its observables."""
    evidence, setting = shown.evidence, shown.evidence.origin.setting
    verdict = shown.verdict
    yield shown.name + (f" {_WORDS[verdict]} the test {setting.test}" if verdict and setting else "")
    yield f"setting: {shown.where}"
    if evidence.defect is not None and evidence.severity is not None:
        if shown.identity != evidence.defect.id:
            yield f"the same circuit as {evidence.defect.id}, which was simulated for it"
        yield f"severity: {evidence.severity!r} {evidence.defect.unit}, {evidence.defect.location}"
    if evidence.origin.row is not None:
        yield f"threshold: {_bracket(evidence.origin.row)}"
    if setting is not None:
        yield f"compares: {_compared(setting, shown.healthy)}"
    yield f"network: {_network(evidence)}"
    yield f"key: {evidence.key}" + ("" if evidence.stored else " (new: nothing in the run rests on it)")
    if shown.uses:
        yield f"rests on it: {_results(shown.uses)}"
    yield f"status: {shown.outcome.status}, {shown.outcome.points} points"
    yield from shown.outcome.log_tail.splitlines()


def _compared(setting: Setting, healthy: Outcome) -> str:
    """Return what decides the verdict."""
    expected = healthy.values.get(setting.observable)
    share = setting.limits.share(expected) if setting.limits else None
    within = "equal to" if share is None else f"within {100 * share:.3g} % of"
    value = f"{expected:.6g}" if isinstance(expected, float) else str(expected)
    return f"{setting.observable}, {within} the fault-free {value}"


def table_of(shown: Shown) -> list[dict[str, Any]]:
    """Return a row for each observable: stored, now, and of the fault-free circuit."""
    stored, again = shown.evidence.stored, shown.again.outcome
    columns = {"stored": stored.values if stored else {}, "now": again.values, "fault-free": shown.healthy.values}
    if shown.evidence.defect is None:
        del columns["fault-free"]
    names = dict.fromkeys([*columns["stored"], *columns["now"]])
    return [{"observable": name, **{head: values.get(name) for head, values in columns.items()}} for name in names]


def record_of(shown: Shown) -> dict[str, Any]:
    """Return all of it for scripts."""
    evidence, origin = shown.evidence, shown.evidence.origin
    stimulus, point = origin.question.applied, origin.question.conditions
    verdict, row = shown.verdict, origin.row
    return {
        "defect_id": shown.identity,
        "simulated_as": evidence.defect.id if evidence.defect else "",
        "severity": evidence.severity,
        "unit": evidence.defect.unit if evidence.defect else "",
        "test": origin.setting.test if origin.setting else "",
        "window": origin.setting.window if origin.setting else "",
        "observable": origin.setting.observable if origin.setting else "",
        "corner": point.corner.name,
        "vdd_v": point.vdd_v,
        "temperature_c": point.temperature_c,
        "weights": stimulus.weights,
        "program": stimulus.program,
        "pattern": stimulus.pattern,
        "integrate_window_s": stimulus.spec.integrate,
        "leaky_window_s": stimulus.spec.leaky,
        "pulses": stimulus.spec.pulses,
        "verdict": verdict.value if verdict else None,
        "threshold": asdict(row) if row else None,
        "network": evidence.lab.network_kind(origin.question),
        "key": evidence.key,
        "rests_on_it": [{"stage": use.stage, "title": use.title} for use in shown.uses],
        "stored": _outcome(evidence.stored),
        "now": _outcome(shown.again.outcome),
        "fault_free": _outcome(shown.healthy),
        "differences": [asdict(difference) for difference in shown.differences],
    }


def _bracket(row: ThresholdRow) -> str:
    """Return a threshold in words."""
    passes, fails = (at and format_quantity(at, row.unit) for at in (row.passes_at, row.fails_at))
    if row.verdict == Detection.UNKNOWN:
        return f"unknown: {row.reason}"
    ends = [f"passes at {passes}" if passes else "", f"fails at {fails}" if fails else "the severest"]
    return "; ".join(filter(None, (", ".join(filter(None, ends)), row.reason)))


def _network(evidence: Evidence) -> str:
    kind = evidence.lab.network_kind(evidence.origin.question)
    if kind != EQUIVALENT:
        return kind
    found = evidence.lab.equivalent(evidence.origin.question)
    return f"{kind}: {found.kept} of {found.kept + found.gone} taps on bit lines, which stand for the others"


def _results(uses: Sequence[Use]) -> str:
    """Return which results rest on a transient, the first by name."""
    first = [f"{use.stage} {use.title}" for use in uses[:_NAMED]]
    more = Counter(use.stage for use in uses[_NAMED:])
    return ", ".join([*first, *(f"{count} more of {stage}" for stage, count in more.items())])


def _outcome(outcome: Outcome | None) -> dict[str, Any] | None:
    if outcome is None:
        return None
    return {
        "status": outcome.status.value,
        "observables": dict(outcome.values),
        "points": outcome.points,
        "log_tail": outcome.log_tail,
    }
