"""The file model of a network's sidecar: what the deck alone does not say."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from faultsim.circuits.process import ProcessSpec, ToleranceSpec
from faultsim.circuits.symbols import Symbols
from faultsim.errors import Problem, SpecError
from faultsim.specfile import Quantity, Spec, check_table, read_table

Role = Literal["supply", "input", "read", "high", "low", "output", "program", "depress", "source", "clock"]
"""What drives a net.

supply, high, low: a level. input: the pattern's spikes, one symbol a net. read: the read pulses. output: nothing.
program: the output spike that enables programming. depress: one net per input, high while its weight is cleared.
source: the source line, high during a depression. clock: one pulse in every coding window.
"""


class ExchangeSpec(Spec):
    """A file put before the deck that a user may replace: transistor cards, a neuron set."""

    file: str
    rename: dict[str, str] = Field(default_factory=dict, description="model name in the deck -> name in this file")


class PortsSpec(Spec):
    """Top-level nets and what drives them."""

    nets: list[str] = Field(min_length=1)
    role: Role
    driver_ohm: Quantity | None = Field(default=None, gt=0, description="impedance of an input's driver")
    high: Quantity = Field(default=1.0, gt=0, description="high level, in VDD")
    clock: str | None = Field(default=None, description="name of the clock in stimulus.clocks")

    @model_validator(mode="after")
    def _driver_at_inputs(self) -> Self:
        if (self.role == "input") != (self.driver_ohm is not None):
            raise ValueError("driver_ohm belongs to role input, and has to be stated there")
        if (self.role == "clock") != (self.clock is not None):
            raise ValueError("clock belongs to role clock, and has to be stated there")
        return self


class CodingSpec(Spec):
    """Single-spike temporal coding, LATS 2024 eq. 1: t = (i_max - i) / i_max * t_max."""

    i_max: float = Field(gt=0)
    t_max: Quantity = Field(gt=0)
    intensity: dict[str, float] = Field(min_length=1, description="pattern symbol -> pixel intensity")

    def symbol(self, intensity: float) -> str | None:
        """Return the first symbol of an intensity, if there is one."""
        return next((symbol for symbol, value in self.intensity.items() if value == intensity), None)

    @model_validator(mode="after")
    def _symbols(self) -> Self:
        problems = [f"symbol {symbol!r} has to be one character" for symbol in self.intensity if len(symbol) != 1]
        problems += [
            f"intensity {intensity:g} of {symbol!r} is outside 0..{self.i_max:g}"
            for symbol, intensity in self.intensity.items()
            if not 0 <= intensity <= self.i_max
        ]
        if problems:
            raise ValueError("; ".join(problems))
        return self


class ProgramSpec(Spec):
    """Timing of a programming sequence: first the depression of the 0s, then the potentiation of the 1s.

    A potentiation is an input spike of one integrate window and, ``delay`` later, the output spike.
    """

    delay: Quantity = Field(ge=0, description="from the start of the input spike to the start of the output spike, s")
    width: Quantity = Field(gt=0, description="length of the output spike of a potentiation, s")
    depress_width: Quantity = Field(gt=0, description="length of the output spike of a depression, s")
    lead: Quantity = Field(gt=0, description="by which the lines of a depression surround its output spike, s")
    settle: Quantity = Field(gt=0, description="after each phase, s")


class ClockSpec(Spec):
    """A clock: one pulse in every coding window."""

    delay: Quantity = Field(ge=0, description="from the start of the coding window, s")
    width: Quantity = Field(gt=0, description="length of the pulse, s")


class StimulusSpec(Spec):
    """Timing of the inputs and of the read strobe; windows are measured from 50 % to 50 %."""

    start: Quantity = Field(gt=0, description="start of the first integrate window, s")
    edge: Quantity = Field(gt=0, description="0 to 100 % rise and fall time, s")
    integrate: Quantity = Field(gt=0, description="integrate window, s")
    leaky: Quantity = Field(gt=0, description="leaky window, s")
    pulses: int = Field(ge=1, description="coding windows observed")
    read_delay: Quantity = Field(ge=0, description="from the end of the integrate window to the read pulse, s")
    read_width: Quantity = Field(gt=0, description="length of the read pulse, s")
    strobe_width: Quantity = Field(
        gt=0, description="from the start of the read pulse, while the output is compared, s"
    )
    coding: CodingSpec
    program: ProgramSpec | None = None
    clocks: dict[str, ClockSpec] = Field(default_factory=dict)

    @property
    def decided(self) -> float:
        """From the end of the integrate window until the strobe is over, its edge with it, s."""
        return self.read_delay + self.strobe_width + self.edge

    @property
    def shortest_leaky(self) -> float:
        """A leaky window with room for the strobe and for no more, s."""
        return self.decided + self.edge

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.read_width > self.strobe_width or self.decided >= self.leaky:
            raise ValueError("the read pulse has to fit into the strobe, and the strobe into the leaky window")
        if self.edge >= min(self.integrate, self.read_width) or self.start <= self.edge:
            raise ValueError("edge has to be shorter than the integrate window, the strobe and the start")
        for name, clock in self.clocks.items():
            if clock.width <= self.edge or clock.delay + clock.width + self.edge > self.integrate + self.leaky:
                raise ValueError(f"the pulse of clock {name} has to fit into the coding window, and its edges into it")
        return self


class NearSpec(Spec):
    """Where a neuron is near its firing level, as it is at the nominal operating point.

    A defect of the read path moves the level. So this holds while the neuron's instance, what is inside of it and its
    nets but for the bit line are as they were drawn, at the nominal corner and operating point, and reads are timed as
    the sidecar has them.
    """

    probe: str = Field(description="voltage inside the neuron")
    level: Quantity = Field(description="where it begins to be near, V")
    side: Literal["below", "above"] = Field(default="below", description="on which side of the level it is near")


def is_inner_voltage(vector: str) -> bool:
    """Return whether a vector is the voltage of a net inside an instance."""
    return vector.lower().startswith("v(") and "." in vector


class SimulationSpec(Spec):
    """Accuracy: the largest time steps and ngspice's options."""

    step: Quantity = Field(gt=0, description="largest step, s")
    program_step: Quantity | None = Field(default=None, gt=0, description="largest step of a stimulus that programs, s")
    strobe_step: Quantity = Field(gt=0, description="about the largest step as a read begins, s")
    settles: Quantity | None = Field(
        default=None, gt=0, description="until when after that, s; all of the strobe if none"
    )
    settled_step: Quantity | None = Field(default=None, gt=0, description="about the largest step in its rest, s")
    near: NearSpec | None = Field(
        default=None, description="where steps have to be small in strobes; everywhere if none, or false"
    )
    options: dict[str, Quantity | Literal["trap", "gear"]] = Field(default_factory=dict)
    timeout: Quantity = Field(default=60.0, gt=0, description="seconds after which a transient counts as hung")

    @field_validator("near", mode="before")
    @classmethod
    def _unset(cls, value: object) -> object:
        """Take false for none: a sidecar that extends another one cannot leave a key away."""
        return None if value is False else value

    @model_validator(mode="after")
    def _both(self) -> Self:
        if (self.settles is None) != (self.settled_step is None):
            raise ValueError("give settles and settled_step, or neither")
        return self

    def number(self, option: str, usual: float) -> float:
        """Return an option of ngspice that is a number, or what it usually is."""
        value = self.options.get(option, usual)
        return usual if isinstance(value, str) else value

    def largest_step(self, programs: bool) -> float:
        """Return the largest step outside strobes, s."""
        return self.program_step if programs and self.program_step else self.step

    def with_steps(self, step: float, strobes: bool = True) -> SimulationSpec:
        """Return the same accuracy in steps of another size; without strobes none of them is smaller."""
        update: dict[str, object] = {"step": step, "program_step": None, "near": None}
        if not strobes:
            update |= {"strobe_step": step, "settles": None, "settled_step": None}
        return self.model_copy(update=update)


class ConditionsSpec(Spec):
    """Nominal operating point."""

    vdd_v: Quantity = Field(gt=0)
    temperature_c: float = Field(gt=-273.15)


class WeightsSpec(Spec):
    """Where the crossbar keeps its weights: a parameter on each cell's instance.

    Cells in the order of the inputs; of several outputs those of the first, then those of the second.
    """

    cells: list[str] = Field(min_length=1)
    parameter: str
    values: dict[str, str] = Field(min_length=1, description="symbol of a weight -> value of the parameter")
    default: Symbols = Field(description="the weights that the deck is written with")

    @model_validator(mode="after")
    def _known(self) -> Self:
        if len(self.default) != len(self.cells) or not set(self.default) <= set(self.values):
            raise ValueError(f"default {self.default!r} needs one of {', '.join(self.values)} for each of the cells")
        return self


class WireSpec(Spec):
    """A wire and the order of its taps, from the far end to the receiver."""

    net: str
    scope: str = ""
    order: list[str] = Field(min_length=1, description="element.terminal along the wire")
    driven: bool = Field(default=False, description="the test bench is at its end, behind the last tap")

    @model_validator(mode="after")
    def _has_segments(self) -> Self:
        if len(self.order) < 2 and not self.driven:
            raise ValueError("a wire has two taps at least, or one and driven = true")
        if self.driven and self.scope:
            raise ValueError("the test bench drives nets of the top level only; a driven wire has no scope")
        return self


class LayoutSpec(Spec):
    """Which nets run beside each other or cross, for bridges between them."""

    word_lines: list[str] = Field(default_factory=list, description="in the order in which they lie")
    bit_lines: list[str] = Field(default_factory=list, description="in the order in which they lie")
    rails: list[str] = Field(default_factory=list, description="supply and ground")
    segments: list[str] = Field(
        default_factory=list, description="globs of top-level resistors that are pieces of lines"
    )


class SiteSpec(Spec):
    """A named place for a defect.

    A wire segment (wire, after), a device terminal (device, terminal), two nets (nets), or a window that the circuit's
    own timing generator makes (window).
    """

    wire: str | None = None
    after: str | None = None
    device: str | None = None
    terminal: str | None = None
    window: Literal["integrate", "leaky"] | None = None
    nets: list[str] | None = Field(default=None, min_length=2, max_length=2, description="flattened names")
    path: str = Field(description="the signal path that the place belongs to, such as read or programming")
    source: str = ""

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        places = [(self.wire, self.after), (self.device, self.terminal), (self.window,), (self.nets,)]
        begun = [place for place in places if any(place)]
        if len(begun) != 1 or not all(begun[0]):
            raise ValueError("give wire and after, or device and terminal, or window, or nets")
        return self


class NeuronSpec(Spec):
    """The neuron whose output the observables are about: its junction, and which read pulses make it spike."""

    device: str = Field(description="path of the junction whose free layer integrates")
    spikes: str = Field(description="expression with one truth per pulse: the output spikes")
    integrate: tuple[Quantity, Quantity] = Field(description="shortest and longest integrate window of maps, s")
    leaky: tuple[Quantity, Quantity] = Field(description="shortest and longest leaky window of maps, s")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        for low, high in (self.integrate, self.leaky):
            if not 0 < low < high:
                raise ValueError("of the windows of maps the shortest comes first, and is not 0")
        return self


class BaselineSpec(Spec):
    """What the fault-free circuit does: patterns that spike and on which pulse; all others stay silent."""

    spikes: dict[Symbols, int]


class Sidecar(Spec):
    """A network's sidecar.

    With ``extends`` it is another one with changes: tables are merged key by key, ports are added, all else is
    replaced.
    """

    extends: str = Field(default="", description="the sidecar that this one changes")
    title: str
    deck: str
    source: str = ""
    notes: list[str] = Field(default_factory=list, description="departures and choices that reports have to state")
    drives: list[str] = Field(default_factory=list, description="signal paths that the stimulus exercises")
    fires_from: int | None = Field(
        default=None, ge=1, description="from how many active inputs of weight 1 on a neuron spikes"
    )
    exchange: list[ExchangeSpec] = Field(default_factory=list)
    ports: list[PortsSpec]
    conditions: ConditionsSpec
    stimulus: StimulusSpec
    simulation: SimulationSpec
    probes: dict[str, str] = Field(min_length=1)
    observables: dict[str, str] = Field(min_length=1)
    initial: dict[str, float] = Field(
        default_factory=dict, description="net, by its flattened name -> start voltage, in VDD"
    )
    baseline: BaselineSpec
    neuron: NeuronSpec | None = Field(default=None, description="without one, no behaviours are measured")
    weights: WeightsSpec | None = None
    wires: dict[str, WireSpec] = Field(default_factory=dict)
    layout: LayoutSpec = Field(default_factory=LayoutSpec)
    process: dict[str, ProcessSpec] = Field(default_factory=dict, description=".param of the deck -> its corners")
    tolerance: dict[str, ToleranceSpec] = Field(default_factory=dict, description="what a good circuit may be off by")
    sites: dict[str, SiteSpec] = Field(default_factory=dict)


def read_sidecar(path: Path) -> Sidecar:
    """Read a sidecar, with those that it extends.

    Raises:
        SpecError: Everything that is wrong with it.
    """
    return check_table(sidecar_table(path), Sidecar, path)


def sidecar_table(path: Path) -> dict[str, Any]:
    """Return a sidecar as written, with those that it extends merged in.

    Raises:
        SpecError: A file is missing or is not TOML.
    """
    return _table(path, ())


def _table(path: Path, open_files: tuple[Path, ...]) -> dict[str, Any]:
    table = read_table(path)
    base = table.get("extends")
    if not isinstance(base, str):
        return table
    target = (path.parent / base).resolve()
    where = f"{path}: extends"
    if target in open_files or target == path.resolve():
        raise SpecError([Problem(where, f"{base} extends itself in a circle")])
    if not target.is_file():
        raise SpecError([Problem(where, f"no file {base}", "paths count from the sidecar")])
    return _merged(_moved(_table(target, (*open_files, path.resolve())), target.parent, path.parent.resolve()), table)


def _moved(table: dict[str, Any], home: Path, here: Path) -> dict[str, Any]:
    """Make paths that count from a base's folder count from another."""
    if home == here:
        return table
    moved = dict(table)
    if isinstance(table.get("deck"), str):
        moved["deck"] = str(home / table["deck"])
    if isinstance(table.get("exchange"), list):
        moved["exchange"] = [
            {**item, "file": str(home / item["file"])} if isinstance(item, dict) and "file" in item else item
            for item in table["exchange"]
        ]
    return moved


def _merged(base: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in change.items():
        old = base.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            merged[key] = _merged(old, value)
        elif key == "ports" and isinstance(old, list) and isinstance(value, list):
            merged[key] = [*old, *value]
        else:
            merged[key] = value
    return merged
