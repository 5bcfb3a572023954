"""What a tester can do: its resolution, its errors, its limits and what its actions cost in time."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator

from faultsim import library
from faultsim.circuits.bench import Conditions
from faultsim.circuits.program import depression_s, potentiation_s
from faultsim.circuits.sidecar import StimulusSpec
from faultsim.circuits.stimulus import Stimulus
from faultsim.errors import SpecError
from faultsim.specfile import Spec, check_table, read_spec
from faultsim.units import format_quantity, quantity_in

KIND = "testers"
FEMTO = 1e-15
_CAPTURE = "capture"


Seconds = Annotated[float, BeforeValidator(partial(quantity_in, "s")), Field(ge=0, json_schema_extra={"unit": "s"})]
Volts = Annotated[float, BeforeValidator(partial(quantity_in, "V")), Field(json_schema_extra={"unit": "V"})]
Amperes = Annotated[float, BeforeValidator(partial(quantity_in, "A")), Field(json_schema_extra={"unit": "A"})]


class OverheadsSpec(Spec):
    """What a tester's actions take besides the vectors themselves."""

    vector: Seconds = Field(description="to start a vector and fetch its result")
    measurement: Seconds = Field(description="to measure a current")
    level: Seconds = Field(description="to change to another supply voltage, once for each in use")


class TesterSpec(Spec):
    """A tester's profile."""

    title: str = Field(description="what it is, in a line")
    source: str = Field(default="", description="where the numbers are from")
    time_resolution: Seconds = Field(ge=FEMTO, description="what edges and periods are multiples of")
    edge_accuracy: Seconds = Field(description="how far an edge may be off")
    shortest_pulse: Seconds = Field(description="from edge to edge of one signal")
    shortest_period: Seconds = Field(description="of a cycle")
    longest_period: Seconds = Field(gt=0, description="of a cycle; a longer rest takes several")
    strobe_guard: Seconds = Field(description="by which the ends of the capture may be off besides")
    voltage_resolution: Volts = Field(gt=0, description="what supplies are multiples of")
    voltage_accuracy: Volts = Field(ge=0, description="how far a level may be off")
    lowest_v: Volts = Field(description="lowest level that it drives")
    highest_v: Volts = Field(description="highest level that it drives, above the lowest")
    current_resolution: Amperes = Field(gt=0, description="of a measured current and its limits")
    current_accuracy: float = Field(
        ge=0, lt=1, description="how far a measured current may be off", json_schema_extra={"unit": "of the current"}
    )
    tables: int = Field(ge=1, description="waveform tables that a program may have")
    overheads: OverheadsSpec = Field(description="what its actions take besides the vectors")

    @field_validator("longest_period")
    @classmethod
    def _above_shortest(cls, value: float, info: ValidationInfo) -> float:
        shortest = info.data.get("shortest_period", 0.0)
        if value < shortest:
            raise ValueError(f"has to be at least shortest_period, {format_quantity(shortest, 's')}")
        return value

    @field_validator("highest_v")
    @classmethod
    def _above_lowest(cls, value: float, info: ValidationInfo) -> float:
        lowest = info.data.get("lowest_v", -math.inf)
        if value <= lowest:
            raise ValueError(f"has to be above lowest_v, {format_quantity(lowest, 'V')}")
        return value


@dataclass(frozen=True)
class Applied:
    """A stimulus at an operating point, as a tester applies it.

    Attributes:
        name: Which of the tester's errors it has.
    """

    name: str
    stimulus: Stimulus
    conditions: Conditions


@dataclass(frozen=True)
class Tester:
    """A tester.

    Attributes:
        name: Of its profile.
        spec: The profile.
    """

    name: str
    spec: TesterSpec

    # Its name alone would make pytest collect it.
    __test__: ClassVar[bool] = False

    def fitted(self, stimulus: Stimulus, conditions: Conditions) -> tuple[Stimulus, Conditions]:
        """Return what is asked for, rounded to what the tester resolves.

        Raises:
            SpecError: After that it does not fit together any more.
        """
        step = self.spec.time_resolution
        table = stimulus.spec.model_dump()
        for name in _TIMES:
            table[name] = self.rounded_s(table[name])
        # What is idle before the first window is a cycle of its own.
        table["start"] = max(table["start"], math.ceil(self.spec.shortest_period / step - 1e-6) * step)
        for group in ("program", *(("clocks", name) for name in table["clocks"])):
            inner = table[group] if isinstance(group, str) else table[group[0]][group[1]]
            for name in inner or ():
                inner[name] = self.rounded_s(inner[name])
        if table["coding"]["t_max"]:
            table["coding"]["t_max"] = self.rounded_s(table["coding"]["t_max"])
        spec = check_table(table, StimulusSpec, Path(f"tester {self.name}: rounded to {format_quantity(step, 's')}"))
        vdd_v = _rounded(conditions.vdd_v, self.spec.voltage_resolution)
        return replace(stimulus, spec=spec), replace(conditions, vdd_v=vdd_v)

    def rounded_s(self, time_s: float) -> float:
        """Return the nearest time that the tester resolves."""
        return _rounded(time_s, self.spec.time_resolution)

    def corners(self, stimulus: Stimulus, conditions: Conditions) -> list[Applied]:
        """Return a vector with the tester's errors: strong and weak spikes, early and late ends of the capture.

        Each edge of a pulse may be off one way and the other one the other way. A strong spike is longer and at a
        higher supply. None where the tester makes no errors.

        Raises:
            SpecError: With them it does not fit together any more.
        """
        if not (self._pulse_s or self.spec.strobe_guard or self.spec.voltage_accuracy):
            return []
        found = []
        for name, strong, spec in self._moved(stimulus.spec):
            level_v = conditions.vdd_v + strong * self.spec.voltage_accuracy
            found.append(Applied(name, replace(stimulus, spec=spec), replace(conditions, vdd_v=level_v)))
        return found

    @property
    def _pulse_s(self) -> float:
        """How far the length of a pulse may be off."""
        return 2 * self.spec.edge_accuracy

    def _moved(self, own: StimulusSpec) -> Iterator[tuple[str, int, StimulusSpec]]:
        """Yield each of the tester's errors: its name, 1 for strong spikes or -1 for weak ones, the timing with it."""
        pulse_s, guard_s = self._pulse_s, self.spec.strobe_guard
        for strong in (1, -1):
            for late in (1, -1):
                update = {
                    "integrate": own.integrate + strong * pulse_s,
                    "leaky": own.leaky - strong * pulse_s,
                    "read_width": own.read_width + late * pulse_s,
                    "strobe_width": own.strobe_width + late * (pulse_s + guard_s),
                }
                name = f"{'strong' if strong > 0 else 'weak'}, {'late' if late > 0 else 'early'}"
                where = Path(f"tester {self.name}: {name}")
                yield name, strong, check_table({**own.model_dump(), **update}, StimulusSpec, where)

    def _periods(self, stimulus: Stimulus) -> Iterator[tuple[str, float]]:
        """Yield the cycles that a stimulus takes, by name and length in s."""
        timing = stimulus.spec.program
        if stimulus.program and timing is not None:
            yield "depression of weights", depression_s(timing) + timing.settle
            yield "potentiation of weights", potentiation_s(timing, stimulus.spec.integrate) + timing.settle
        yield "coding window", stimulus.period_s

    def refusals(self, stimulus: Stimulus, levels_v: list[float]) -> list[str]:
        """Return why the tester cannot apply a stimulus, if it cannot."""
        spec, own, found = self.spec, stimulus.spec, []
        pulses = self._pulses(stimulus)
        for name, width in pulses.items():
            if width < spec.shortest_pulse:
                short = format_quantity(spec.shortest_pulse, "s")
                found.append(f"the {name} of {format_quantity(width, 's')} is shorter than its shortest pulse, {short}")
        for name, period_s in self._periods(stimulus):
            if not spec.shortest_period <= period_s <= spec.longest_period:
                ends = " to ".join(format_quantity(end, "s") for end in (spec.shortest_period, spec.longest_period))
                found.append(f"the {name} of {format_quantity(period_s, 's')} is none of its periods, {ends}")
        wrong = [level for level in levels_v if not spec.lowest_v <= level <= spec.highest_v]
        found += [f"a level of {level:g} V is outside {spec.lowest_v:g} V to {spec.highest_v:g} V" for level in wrong]
        return list(dict.fromkeys([*found, *(list(self._vanishing(pulses, own.edge)) or self._unfit(own))]))

    def _pulses(self, stimulus: Stimulus) -> dict[str, float]:
        """Return the pulses that a stimulus takes, by name, and how long they are, s."""
        own = stimulus.spec
        pulses = {"integrate window": own.integrate, "read pulse": own.read_width, _CAPTURE: own.strobe_width}
        pulses |= {f"pulse of clock {name}": clock.width for name, clock in own.clocks.items()}
        if stimulus.program and own.program is not None:
            pulses |= {"programming pulse": own.program.width, "depression": own.program.depress_width}
        return pulses

    def _vanishing(self, pulses: Mapping[str, float], edge_s: float) -> Iterator[str]:
        """Yield pulses of which the tester's errors may leave nothing but edges."""
        for name, width in pulses.items():
            off_s = self._pulse_s + (self.spec.strobe_guard if name == _CAPTURE else 0.0)
            if width - off_s <= edge_s:
                long, off = format_quantity(width, "s"), format_quantity(off_s, "s")
                yield f"with its errors, of up to {off} in its length, nothing may be left of the {name} of {long}"

    def _unfit(self, own: StimulusSpec) -> list[str]:
        """Return what does not fit together with the tester's errors."""
        try:
            list(self._moved(own))
        except SpecError as error:
            return [f"with its errors {problem.message}" for problem in error.problems]
        return []


_TIMES = ("start", "integrate", "leaky", "read_delay", "read_width", "strobe_width")


def load_tester(name: str) -> Tester:
    """Load a tester's profile by name or path.

    Raises:
        UsageError: There is none.
        SpecError: Everything that is wrong with the file.
    """
    path = library.find(KIND, name)
    return Tester(path.stem, read_spec(path, TesterSpec))


def _rounded(value: float, step: float) -> float:
    """Return the nearest multiple of a step, as exactly as its own digits say."""
    digits = 18
    return round(round(value / step) * step, digits)
