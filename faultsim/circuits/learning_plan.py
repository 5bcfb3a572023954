"""What a generated learning crossbar consists of: pixels with their trains, synapses with their junctions, outputs."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from pydantic import Field

from faultsim.circuits.crossbar_plan import MOST_INPUTS, MOST_OUTPUTS
from faultsim.circuits.learning_sidecar import PresentationSpec
from faultsim.errors import Problem
from faultsim.specfile import Spec

LARGEST_SEED = 2147483646
"""A junction's seed is a whole number from 1 to this."""


class LearningSpec(Spec):
    """What learning crossbars are generated from."""

    about: str
    deck: str = Field(description="template of the deck")
    sidecar: str = Field(description="template of the sidecar")
    source: str
    parts: list[str] = Field(min_length=1, description="files that the deck includes, besides the junction")
    input: str = Field(description="subcircuit of the input neuron")
    output: str = Field(description="subcircuit of the output neuron")
    junction: str = Field(description="subcircuit of the junction, by whatever law")
    most_junctions: int = Field(ge=1, description="of one synapse")
    junctions: dict[str, str] = Field(min_length=1, description="law -> file of the junction that follows it")
    chosen: dict[str, dict[str, str]] = Field(
        default_factory=dict, description="input, output or synapse -> parameter -> value in place of the cell's own"
    )
    simulation: PresentationSpec


@dataclass(frozen=True)
class LearningRequest:
    """A learning crossbar that somebody asks for.

    Attributes:
        intensities: Of each pixel, 0 to 1.
        outputs: Number of columns, each with a neuron.
        junctions: Of each synapse.
        seed: Where states at the start and the junctions' seeds come from.
        as_published: Draw a delay anew in every time step, as the published model does.
        settings: input, output or synapse -> parameter of that cell -> value.
        duration_s: How long the picture is shown; as long as the generator's file says if None.
        states: In which each junction starts, 1 if parallel, synapse after synapse, output after output; drawn from
            the seed if None.
        sense: Record word lines and the current of each synapse, too.
        follow: Record the state of each junction, too.
    """

    intensities: tuple[float, ...]
    outputs: int = 1
    junctions: int = 6
    seed: int = 1
    as_published: bool = False
    settings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    duration_s: float | None = None
    states: tuple[int, ...] | None = None
    sense: bool = False
    follow: bool = False

    def problems(self, spec: LearningSpec) -> Iterator[Problem]:
        """Yield everything that is wrong with it."""
        if not 1 <= len(self.intensities) <= MOST_INPUTS:
            yield Problem(f"{len(self.intensities)} pixels", "do not fit", f"1 to {MOST_INPUTS}")
        if not 1 <= self.outputs <= MOST_OUTPUTS:
            yield Problem(f"--outputs {self.outputs}", "does not fit", f"1 to {MOST_OUTPUTS}")
        if not 1 <= self.junctions <= spec.most_junctions:
            yield Problem(f"--junctions {self.junctions}", "does not fit", f"1 to {spec.most_junctions}")
        if self.duration_s is not None and self.duration_s <= 0:
            yield Problem(f"duration {self.duration_s:g}", "does not fit", "above 0 s")
        whole = len(self.intensities) * self.outputs * self.junctions
        if self.states is not None and (len(self.states) != whole or not set(self.states) <= {0, 1}):
            yield Problem("states", "do not fit", f"{whole} of 0 and 1")

    @property
    def law(self) -> str:
        """Return which of the junctions it is built with."""
        return "as-published" if self.as_published else "law"


@dataclass(frozen=True)
class Pixel:
    """A pixel, counted from 1: its word line, its neuron, and by how many periods of the darkest its train is late."""

    number: int
    intensity: float
    slot: int

    @property
    def net(self) -> str:
        """Return the word line."""
        return f"in{self.number}"

    @property
    def neuron(self) -> str:
        """Return the input neuron's instance."""
        return f"xin{self.number}"


@dataclass(frozen=True)
class OutputColumn:
    """An output, counted from 1."""

    number: int

    @property
    def net(self) -> str:
        """Return the column."""
        return f"col{self.number}"

    @property
    def neuron(self) -> str:
        """Return the output neuron's instance."""
        return f"xout{self.number}"

    @property
    def membrane(self) -> str:
        """Return the net of the membrane potential."""
        return f"vm{self.number}"

    @property
    def turn(self) -> str:
        """Return the net that has the spikes so far."""
        return f"turn{self.number}"

    @property
    def inhibition(self) -> str:
        """Return the net by which the others hold it down."""
        return f"inh{self.number}"


@dataclass(frozen=True)
class Junction:
    """A junction of a synapse, counted from 1: where its random numbers come from, and 1 if it starts parallel."""

    number: int
    seed: int
    start: int


@dataclass(frozen=True)
class Synapse:
    """A compound synapse."""

    pixel: Pixel
    column: OutputColumn
    junctions: tuple[Junction, ...]

    @property
    def name(self) -> str:
        """Return its instance."""
        return _synapse(self.pixel, self.column)

    @property
    def current(self) -> str:
        """Return the current from its word line into it, as ngspice names it; only with a request to sense it."""
        return f"i(v.{self.name}.vs)"

    @property
    def states(self) -> list[str]:
        """Return the nets that have its junctions' states, as ngspice names them."""
        return [state_net(self.name, junction.number) for junction in self.junctions]

    @property
    def weight(self) -> str:
        """Return the net that has its weight."""
        return f"w{self.pixel.number}_{self.column.number}"


@dataclass(frozen=True)
class Wire:
    """A line and its taps, from its far end to its neuron."""

    net: str
    order: list[str]


@dataclass(frozen=True)
class LearningPlan:
    """A learning crossbar, ready to be written.

    Attributes:
        name: Name of its files.
        request: What was asked for.
        periods: Pixel by pixel, how many periods of the darkest possible train fit into one of its own.
        parts: Folder of devices and cells, from its own.
        duration_s: How long the picture is shown.
    """

    name: str
    request: LearningRequest
    periods: tuple[int, ...]
    parts: str
    duration_s: float

    @property
    def numbers(self) -> range:
        """The junctions of a synapse, counted from 1."""
        return range(1, self.request.junctions + 1)

    @cached_property
    def pixels(self) -> list[Pixel]:
        """The pixels. Trains that are slower take turns over the periods of the darkest, so that none is a volley."""
        before: Counter[int] = Counter()
        found = []
        for number, (intensity, periods) in enumerate(zip(self.request.intensities, self.periods, strict=True), 1):
            found.append(Pixel(number, intensity, before[periods] % periods))
            before[periods] += 1
        return found

    @cached_property
    def columns(self) -> list[OutputColumn]:
        """The outputs."""
        return [OutputColumn(number) for number in range(1, self.request.outputs + 1)]

    @cached_property
    def synapses(self) -> list[Synapse]:
        """The synapses, output after output."""
        return [
            Synapse(pixel, column, tuple(self._junction(pixel, column, number) for number in self.numbers))
            for column in self.columns
            for pixel in self.pixels
        ]

    def _junction(self, pixel: Pixel, column: OutputColumn, number: int) -> Junction:
        """Return a junction; what is drawn for it does not depend on how many others there are."""
        drawn = random.Random(f"{self.request.seed} {pixel.number} {column.number} {number}")
        seed, start = drawn.randint(1, LARGEST_SEED), drawn.randint(0, 1)
        if self.request.states is not None:
            place = (column.number - 1) * len(self.pixels) + pixel.number - 1
            start = self.request.states[place * self.request.junctions + number - 1]
        return Junction(number, seed, start)

    @property
    def inputs(self) -> list[str]:
        """The word lines."""
        return [pixel.net for pixel in self.pixels]

    @property
    def outputs(self) -> list[str]:
        """The columns."""
        return [column.net for column in self.columns]

    def others(self, column: OutputColumn) -> str:
        """Return the net by which other outputs hold one down; ground where there is no other."""
        return column.inhibition if self.columns[1:] else "0"

    @property
    def wires(self) -> Iterator[Wire]:
        """The lines with their taps."""
        for pixel in self.pixels:
            taps = [f"{_synapse(pixel, column)}.pre" for column in reversed(self.columns)]
            yield Wire(pixel.net, [*taps, f"{pixel.neuron}.out"])
        for column in self.columns:
            taps = [f"{_synapse(pixel, column)}.post" for pixel in self.pixels]
            yield Wire(column.net, [*taps, f"{column.neuron}.col"])

    @property
    def recorded(self) -> list[str]:
        """What ngspice keeps: weights, membranes, spikes and columns, and what else is asked for."""
        nets = [net for column in self.columns for net in (column.net, column.membrane, column.turn)]
        nets += self.inputs if self.request.sense else []
        nets += [synapse.weight for synapse in self.synapses]
        nets += [net for synapse in self.synapses for net in synapse.states] if self.request.follow else []
        currents = [synapse.current for synapse in self.synapses] if self.request.sense else []
        return [*(f"v({net})" for net in nets), *currents]


def periods_of(intensity: float, slowest_hz: float, fastest_hz: float) -> int:
    """Return how many periods of the fastest train fit into one of a pixel's own; 1 at least."""
    return max(1, math.floor(fastest_hz / (slowest_hz + intensity * (fastest_hz - slowest_hz)) + 1e-9))


def state_net(synapse: str, number: int) -> str:
    """Return the net that has the state of one of a synapse's junctions, counted from 1, as ngspice names it."""
    return f"{synapse}.m{number}"


def _synapse(pixel: Pixel, column: OutputColumn) -> str:
    """Return the instance of the synapse between a pixel and an output."""
    return f"xs{pixel.number}_{column.number}"
