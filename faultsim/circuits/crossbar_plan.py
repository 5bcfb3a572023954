"""What a generated crossbar consists of: its lines, cells, wire segments and neurons, and when it fires."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from pydantic import Field

from faultsim.errors import Problem, did_you_mean
from faultsim.specfile import Quantity, Spec

MOST_INPUTS = 1024
MOST_OUTPUTS = 64
SYMBOLS = ("0", "1")


class NeuronSpec(Spec):
    """A neuron set, by the crossbar that is built with it."""

    circuit: str = Field(description="the crossbar that devices, cells, timing and notes come from")
    fires_at: dict[int, float] = Field(
        min_length=1,
        description="pulse of the first spike -> cells of weight 1 from which on it is that early or earlier",
    )
    doubt: float = Field(gt=0, lt=1, description="share of these numbers by which they may be off")
    less_for_one: float = Field(ge=0, lt=1, description="share by which they may be lower where one cell fires")


class GeneratorSpec(Spec):
    """What crossbars are generated from."""

    about: str
    deck: str = Field(description="template of the deck")
    sidecar: str = Field(description="template of the sidecar")
    campaign: str = Field(description="template of a campaign")
    seen_of_a_cell: float = Field(gt=0, lt=1, description="share of one cell's current that a campaign's limits tell")
    neuron: str = Field(description="the neuron's subcircuit")
    scaled: list[str] = Field(min_length=1, description="its parameters that grow with the inputs it fires from")
    includes: list[str] = Field(min_length=1, description="files that the deck includes, out of those of the circuit")
    recorded: int = Field(ge=1, description="inputs and cells whose waveforms are recorded, the first ones")
    weight_0: float = Field(gt=0, lt=1, description="current of a cell with weight 0, in that of one with weight 1")
    cell_ohm: Quantity = Field(gt=0, description="slope of a cell's current over the voltage of the bit line")
    timeout_per_cell: Quantity = Field(gt=0, description="seconds")
    neurons: dict[str, NeuronSpec] = Field(min_length=1)


@dataclass(frozen=True)
class CrossbarRequest:
    """A crossbar that somebody asks for.

    Attributes:
        inputs: Number of rows.
        outputs: Number of columns, each with a neuron.
        weights: One symbol per input, or one per cell, output after output; all 1 if empty.
        fires_from: Active inputs of weight 1 from which on a neuron spikes; all of them if None.
        wire_ohm: Resistance of a line from cell to cell.
        wire_farad: Capacitance of a line at each cell.
        neuron: Name of the neuron set.
    """

    inputs: int
    outputs: int = 1
    weights: str = ""
    fires_from: int | None = None
    wire_ohm: float = 0.0
    wire_farad: float = 0.0
    neuron: str = "lats-quant"

    def problems(self, spec: GeneratorSpec) -> Iterator[Problem]:
        """Yield everything that is wrong with it."""
        if not 1 <= self.inputs <= MOST_INPUTS:
            yield Problem(f"--inputs {self.inputs}", "does not fit", f"1 to {MOST_INPUTS}")
        if not 1 <= self.outputs <= MOST_OUTPUTS:
            yield Problem(f"--outputs {self.outputs}", "does not fit", f"1 to {MOST_OUTPUTS}")
        if self.fires_from is not None and not 1 <= self.fires_from <= self.inputs:
            yield Problem(
                f"--fires-from {self.fires_from}", "does not fit", f"1 to the number of inputs, {self.inputs}"
            )
        if self.neuron not in spec.neurons:
            yield Problem(f"--neuron {self.neuron}", "is not known", did_you_mean(self.neuron, spec.neurons))
        yield from self._weight_problems()

    def _weight_problems(self) -> Iterator[Problem]:
        lengths = dict.fromkeys([self.inputs, self.inputs * self.outputs])
        if self.weights and len(self.weights) not in lengths:
            wanted = "one per input: " + ", or one per cell: ".join(map(str, lengths))
            yield Problem("--weights", f"{len(self.weights)} symbols", wanted)
        if wrong := sorted(set(self.weights) - set(SYMBOLS)):
            yield Problem("--weights", f"has {', '.join(map(repr, wrong))}", f"each is {' or '.join(SYMBOLS)}")


@dataclass(frozen=True)
class Row:
    """A word line: the net at its driver, counted from 1."""

    number: int
    net: str


@dataclass(frozen=True)
class Column:
    """An output: its nets and its neuron, counted from 1; a single one has names without a number, as in crossbar4."""

    number: int
    single: bool

    @property
    def label(self) -> str:
        """Return what its nets' names end with."""
        return "" if self.single else str(self.number)

    @property
    def bl(self) -> str:
        """Return the bit line, at the neuron."""
        return f"bl{self.label}"

    @property
    def pe(self) -> str:
        """Return the net that enables programming."""
        return f"pe{self.label}"

    @property
    def out(self) -> str:
        """Return the spike."""
        return f"out{self.label}"

    @property
    def ha(self) -> str:
        """Return the end of the neuron's heavy metal."""
        return f"ha{self.label}"

    @property
    def neuron(self) -> str:
        """Return the neuron's instance."""
        return f"xneuron{self.label}"


@dataclass(frozen=True)
class Cell:
    """A bit-cell and the nets of both lines where it taps in."""

    row: Row
    column: Column
    weight: str
    word_tap: str
    bit_tap: str

    @property
    def name(self) -> str:
        """Return its instance."""
        return f"xcell{self.row.number}" + ("" if self.column.single else f"_{self.column.number}")


@dataclass(frozen=True)
class Segment:
    """A piece of a line from a tap towards the line's driver or neuron.

    Attributes:
        name: Its name without the letter of an element.
        tap: Net where the cell taps in.
        next: Net that the piece leads to.
    """

    name: str
    tap: str
    next: str


@dataclass(frozen=True)
class CrossbarPlan:
    """A crossbar, ready to be written.

    Attributes:
        name: Name of its files.
        request: What was asked for.
        reference_fires_from: Inputs that the circuit whose neuron is scaled fires from.
        spec: How that circuit's cells and neurons behave.
        parts: Folder of its devices and cells, from its own; beside its files if none is given.
    """

    name: str
    request: CrossbarRequest
    reference_fires_from: int
    spec: GeneratorSpec
    parts: str = ""

    @property
    def neuron(self) -> NeuronSpec:
        """Return how the neuron behaves."""
        return self.spec.neurons[self.request.neuron]

    @property
    def fires_from(self) -> int:
        """Return from how many active inputs on a neuron spikes."""
        return self.request.fires_from or self.request.inputs

    @property
    def scale(self) -> float:
        """Return the width of the neuron's write path, in that of the circuit that it comes from.

        There the threshold lies at ``fires_at`` cells, between the count that fires and the one below. It is put as
        far below the count that is asked for: with a width in proportion to the count nine tenths of it would fire.
        """
        threshold = min(self.neuron.fires_at.values())
        below = self.reference_fires_from - threshold
        return (self.fires_from - below) / threshold

    @property
    def weights(self) -> str:
        """Return the weights of all cells, output after output."""
        request = self.request
        given = request.weights or SYMBOLS[1] * request.inputs
        return given if len(given) == request.inputs * request.outputs else given * request.outputs

    @cached_property
    def rows(self) -> list[Row]:
        """The word lines."""
        return [Row(number, f"in{number}") for number in range(1, self.request.inputs + 1)]

    @cached_property
    def columns(self) -> list[Column]:
        """The outputs."""
        count = self.request.outputs
        return [Column(number, count == 1) for number in range(1, count + 1)]

    @cached_property
    def cells(self) -> list[Cell]:
        """The cells, output after output."""
        taps = [(column, row) for column in self.columns for row in self.rows]
        return [
            Cell(row, column, weight, self._tap(row.net, column.number), self._tap(column.bl, row.number))
            for (column, row), weight in zip(taps, self.weights, strict=True)
        ]

    @property
    def has_wires(self) -> bool:
        """Return whether lines have resistance or capacitance."""
        return bool(self.request.wire_ohm or self.request.wire_farad)

    @property
    def segments(self) -> Iterator[Segment]:
        """The pieces of all lines; none where they are ideal."""
        if not self.has_wires:
            return
        for column in self.columns:
            yield from self._line(column.bl, range(len(self.rows), 0, -1))
        for row in self.rows:
            yield from self._line(row.net, range(1, len(self.columns) + 1))

    @property
    def telling(self) -> list[str]:
        """Return the patterns that a test needs: all inputs, and the first and last of weight 1 that fire output 1."""
        inputs, needed = self.request.inputs, self.fires_from
        ones = [row for row in range(inputs) if self.weights[row] == SYMBOLS[1]]
        halves = [ones[:needed], ones[-needed:]] if len(ones) >= needed else []
        active = [range(inputs), *halves]
        patterns = ("".join(SYMBOLS[row in rows] for row in range(inputs)) for rows in active)
        return list(dict.fromkeys(patterns))

    def first_spike(self, pattern: str) -> int | None:
        """Return on which pulse the first neuron spikes under a pattern; 0: never, None: too near to tell.

        A neuron of another width behaves as the one that it comes from at the same current density, so at the same
        number of cells over the scale. Capacitance shifts pulses against the strobe, by how much only a transient says.
        """
        if self.request.wire_farad:
            return None
        inputs = self.request.inputs
        active = [weight for weight, symbol in zip(self.weights, pattern, strict=False) if symbol == SYMBOLS[1]]
        ones = active.count(SYMBOLS[1])
        cells = (ones + self.spec.weight_0 * (len(active) - ones)) / self.scale
        limits = sorted(self.neuron.fires_at.items(), key=lambda item: item[1])
        # At most the current of all cells flows through all of a bit line.
        drop = self.request.wire_ohm * inputs**2 / self.spec.cell_ohm
        least = 1 - self.neuron.doubt - self.neuron.less_for_one / self.fires_from
        if any(least < cells / limit < 1 + self.neuron.doubt + drop for _, limit in limits):
            return None
        place = bisect_right([limit for _, limit in limits], cells)
        return limits[place - 1][0] if place else 0

    def _tap(self, line: str, number: int) -> str:
        return f"{line}_{number}" if self.request.wire_ohm else line

    def _line(self, line: str, numbers: Sequence[int]) -> Iterator[Segment]:
        """Yield the pieces of a line from its driver or neuron on."""
        near = line
        for number in numbers:
            tap = self._tap(line, number)
            yield Segment(f"{line}_{number}", tap, near)
            near = tap
