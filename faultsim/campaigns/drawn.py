"""What a campaign simulates only to draw it: waveforms of single transients, observables over the stimulus."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from faultsim.campaigns.plan import Plan, Setting
from faultsim.campaigns.question import Question
from faultsim.campaigns.results import ResponseRow, ThresholdRow, WaveformRow
from faultsim.campaigns.spec import ResponseSpec, WaveformsSpec
from faultsim.circuits.sidecar import StimulusSpec
from faultsim.errors import Problem, SpecError, did_you_mean
from faultsim.fault_models.defect import Defect
from faultsim.specfile import check_table
from faultsim.spice.expressions import Value
from faultsim.spice.job import Trace
from faultsim.spice.waveform import FloatArray

_TOLERANCE = 1e-3
"""Of a waveform's range: less than a line is wide."""


@dataclass(frozen=True)
class WaveformTask:
    """A transient to draw.

    Attributes:
        spec: What the campaign asks for.
        setting: The test at its window, at the first operating point.
        defect: None for the fault-free circuit.
    """

    spec: WaveformsSpec
    setting: Setting
    defect: Defect | None

    def severity(self, thresholds: Sequence[ThresholdRow]) -> float | None:
        """Return the severity to draw; None without a defect, or where its threshold has no such side."""
        wanted = self.spec.severity
        if self.defect is None:
            return None
        if isinstance(wanted, float):
            return wanted
        asked = (self.defect.id, self.setting.key)
        row = next((row for row in thresholds if (row.defect_id, row.setting) == asked), None)
        if row is None:
            return None
        return row.passes_at if wanted == "passes" else row.fails_at

    def question(self, severity: float | None) -> Question:
        """Return what is asked at a severity."""
        return replace(self.setting.healthy, defect=self.defect, severity=severity)

    def row(self, severity: float | None, trace: Trace, network: str) -> WaveformRow:
        """Return what is kept of the transient.

        Args:
            severity: Of the defect.
            trace: The transient.
            network: Which network showed it.
        """
        thin = {name: wave.thinned(_TOLERANCE) for name, wave in trace.waveforms.items()}
        return WaveformRow(
            figure=self.spec.figure,
            caption=self.spec.caption,
            test=self.setting.test,
            window=self.setting.window,
            defect_id=self.defect.id if self.defect else "",
            unit=self.defect.unit if self.defect else "",
            severity=severity,
            spiked=trace.outcome.values.get("spiked"),
            traces={name: (rounded(wave.time_s), rounded(wave.values)) for name, wave in thin.items()},
            network=network,
        )


@dataclass(frozen=True)
class ResponseTask:
    """One curve: an observable over one quantity of the stimulus.

    Attributes:
        spec: What the campaign asks for.
        defect: None for the fault-free circuit.
        severity: Of the defect.
        values: The quantity, in its unit.
        settings: The test at each value.
    """

    spec: ResponseSpec
    defect: Defect | None
    severity: float | None
    values: tuple[float, ...]
    settings: tuple[Setting, ...]

    @property
    def questions(self) -> list[Question]:
        """The transients of the curve."""
        return [Question(item.stimulus, item.conditions, self.defect, self.severity) for item in self.settings]

    def rows(self, circuit: str, results: Sequence[Value]) -> list[ResponseRow]:
        """Return the curve's points."""
        return [
            ResponseRow(
                circuit=circuit,
                figure=self.spec.figure,
                test=self.spec.test,
                window=self.spec.window,
                defect_id=self.defect.id if self.defect else "",
                severity=self.severity,
                unit=self.defect.unit if self.defect else "",
                over=self.spec.over,
                value=value,
                observable=self.spec.observable,
                result=result,
            )
            for value, result in zip(self.values, results, strict=True)
        ]


def waveform_tasks(plan: Plan) -> list[WaveformTask]:
    """Return the transients that a campaign draws; those of defects that were not chosen are left out."""
    chosen = {defect.id: defect for defect in plan.defects}
    return [
        WaveformTask(wanted, _first(plan, wanted), chosen.get(wanted.defect))
        for wanted in plan.spec.waveforms
        if not wanted.defect or wanted.defect in chosen
    ]


def drawn_subjects(plan: Plan) -> frozenset[Hashable]:
    """Return what is drawn, but simulated before that is known: fault-free circuits, and sides of thresholds."""
    return frozenset(
        task.question(None).subject
        for task in waveform_tasks(plan)
        if task.defect is None or not isinstance(task.spec.severity, float)
    )


def response_tasks(plan: Plan) -> list[ResponseTask]:
    """Return the curves that a campaign draws, for each figure the fault-free circuit's first.

    Raises:
        SpecError: The stimulus has no such quantity, or a value of it does not fit.
    """
    return [
        _response_task(plan, wanted, plan.known[name] if name else None)
        for wanted in plan.spec.responses
        for name in ("", *wanted.defects)
    ]


def _response_task(plan: Plan, wanted: ResponseSpec, defect: Defect | None) -> ResponseTask:
    setting = _first(plan, wanted)
    step = (wanted.stop - wanted.start) / (wanted.points - 1)
    values = tuple(wanted.start + number * step for number in range(wanted.points))
    specs = [_moved(plan, setting, wanted.over, value) for value in values]
    settings = tuple(replace(setting, stimulus=replace(setting.stimulus, spec=spec)) for spec in specs)
    severity = None if defect is None else wanted.severity or defect.definition.severity.default
    return ResponseTask(wanted, defect, severity, values, settings)


def _first(plan: Plan, wanted: WaveformsSpec | ResponseSpec) -> Setting:
    """Return a test's setting at the campaign's first operating point."""
    return next(item for item in plan.settings if (item.test, item.window) == (wanted.test, wanted.window))


def _moved(plan: Plan, setting: Setting, over: str, value: float) -> StimulusSpec:
    """Return a setting's timing with one quantity changed."""
    table = setting.stimulus.spec.model_dump()
    *outer, last = over.split(".")
    inner: Any = table
    for key in outer:
        inner = inner.get(key) if isinstance(inner, dict) else None
    if not isinstance(inner, dict) or not isinstance(inner.get(last), float):
        known = [key for key, item in table.items() if isinstance(item, float)]
        known += [f"{key}.{name}" for key, item in table.items() if isinstance(item, dict) for name in item]
        where = f"{plan.path}: responses.over"
        raise SpecError([Problem(where, f"the stimulus has no quantity {over!r}", did_you_mean(over, known))])
    inner[last] = value
    return check_table(table, StimulusSpec, plan.path)


def rounded(samples: FloatArray) -> list[float]:
    """Return samples as numbers of six digits, to be stored and drawn."""
    return [float(f"{sample:.6g}") for sample in samples]
