"""A network: its deck, its sidecar, and the two checked against each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path

from faultsim import library
from faultsim.circuits.deck import Card, Cards
from faultsim.circuits.device import MacrospinSpec, device_classes
from faultsim.circuits.hierarchy import Hierarchy
from faultsim.circuits.learning_sidecar import is_learning
from faultsim.circuits.process import ProcessSpec
from faultsim.circuits.program import LEAVE
from faultsim.circuits.reading import read_cards
from faultsim.circuits.sidecar import Sidecar, is_inner_voltage, read_sidecar
from faultsim.circuits.sites import Site, site_of
from faultsim.circuits.stimulus import SCOPE_NAMES
from faultsim.circuits.symbols import abridged
from faultsim.circuits.variant import NOMINAL, Corner, at_corner, check_symbols, with_weights
from faultsim.circuits.wiring import wiring_problems
from faultsim.errors import Problem, SpecError, UsageError, did_you_mean
from faultsim.spice import expressions

REQUIRED_OBSERVABLES = ("spiked", "pulses_to_spike", "time_to_spike_s", "im_wr_a")
"""What every network's sidecar has to define, because tables and ``simulate --json`` show it."""

_NO_WEIGHTS = "add [weights] to its sidecar"


@dataclass(frozen=True)
class Network:
    """A circuit that can be simulated.

    Attributes:
        name: Name of the sidecar.
        path: The sidecar.
        sidecar: What it says.
        cards: The deck with its includes and the exchanged files in place, without test bench.
    """

    name: str
    path: Path
    sidecar: Sidecar
    cards: Cards

    @cached_property
    def sites(self) -> dict[str, Site]:
        """Named sites in the sidecar's order."""
        hierarchy = Hierarchy(self.cards)
        return {name: site_of(name, spec, self.sidecar.wires, hierarchy) for name, spec in self.sidecar.sites.items()}

    @cached_property
    def macrospin(self) -> MacrospinSpec | None:
        """Where the equation of its neuron's free layer is, if it has a neuron whose device file says so."""
        if self.sidecar.neuron is None:
            return None
        hierarchy = Hierarchy(self.cards)
        return device_classes(hierarchy).of_subcircuit(hierarchy.resolve(self.sidecar.neuron.device)).macrospin

    @property
    def inputs(self) -> list[str]:
        """Input nets in the order of a pattern's symbols."""
        return self.nets("input")

    def nets(self, *roles: str) -> list[str]:
        """Return the nets that have some roles, role after role."""
        return [net for role in roles for ports in self.sidecar.ports if ports.role == role for net in ports.nets]

    @property
    def default_weights(self) -> str:
        """The weights that the deck is written with; empty where the sidecar states none."""
        return self.sidecar.weights.default if self.sidecar.weights else ""

    def patterns(self) -> list[str]:
        """Return every binary pattern, silent first."""
        return ["".join(symbols) for symbols in product("01", repeat=len(self.inputs))]

    def variant(self, weights: str = "", corner: Corner = NOMINAL) -> Cards:
        """Return the deck with other weights and at a process corner.

        Raises:
            SpecError: The circuit has no such weights or parameters.
        """
        cards = at_corner(self.cards, corner) if corner != NOMINAL else self.cards
        if not weights:
            return cards
        if self.sidecar.weights is None:
            raise SpecError([Problem(f"weights {weights!r}", f"{self.name} states no weights", _NO_WEIGHTS)])
        return with_weights(cards, weights, self.sidecar.weights)

    def check_pattern(self, pattern: str) -> None:
        """Check that a pattern, or each of several joined by commas, has one known symbol per input.

        Raises:
            SpecError: It does not.
        """
        known = self.sidecar.stimulus.coding.intensity
        for frame in pattern.split(","):
            if len(frame) != len(self.inputs) or not set(frame) <= set(known):
                symbols = ", ".join(sorted(known))
                wanted = f"{self.name} takes {len(self.inputs)} symbols out of {symbols}"
                given = f"does not fit, with {len(frame)} symbols"
                raise SpecError([Problem(f"pattern {abridged(pattern)!r}", given, wanted)])

    def check_weights(self, weights: str, program: str = "") -> None:
        """Check the weights that a run starts with, and those that it programs, as typed.

        Raises:
            SpecError: Everything that is wrong with them.
        """
        spec, problems = self.sidecar.weights, []
        if spec is None and (weights or program):
            raise SpecError([Problem(f"weights {weights or program!r}", f"{self.name} states no weights", _NO_WEIGHTS)])
        if spec is not None and weights:
            problems += check_symbols(weights, spec)
        problems += self._misfits(program) if program else []
        if program and self.sidecar.stimulus.program is None:
            problems.append(
                Problem(
                    f"program {program!r}", f"{self.name} cannot be programmed", "add stimulus.program to its sidecar"
                )
            )
        if problems:
            raise SpecError(problems)

    def _misfits(self, program: str) -> Iterator[Problem]:
        """Yield what is wrong with the steps of a programming sequence."""
        for step in program.split(","):
            if len(step) != len(self.inputs) or not set(step) <= {"0", "1", LEAVE}:
                wanted = f"{self.name} takes {len(self.inputs)} symbols out of 0, 1 and {LEAVE} for an input left alone"
                yield Problem(f"program {step!r}", "does not fit", wanted)
            elif not set(step) & {"0", "1"}:
                yield Problem(f"program {step!r}", "leaves every input alone", "give a 0 or a 1")


def load(name: str) -> Network:
    """Load a network by name or path and check it.

    Raises:
        UsageError: No such circuit.
        SpecError: Everything that is wrong with the sidecar or the deck.
    """
    if Path(name).is_file() and Path(name).suffix.lower() != ".toml":
        needs = "this needs a network: a sidecar in TOML that gives its ports, stimulus and probes"
        raise UsageError(f"{name} is a deck, which sites, inject and validate take; {needs}")
    path = library.find("circuits", name)
    if is_learning(path):
        takes = "which sites, inject and validate take; its deck has a stimulus of its own"
        raise UsageError(f"{name} is a crossbar that learns, {takes}")
    return load_sidecar(path)


def load_sidecar(path: Path) -> Network:
    """Load a network from its sidecar and check it.

    Raises:
        SpecError: Everything that is wrong with the sidecar or the deck.
    """
    sidecar = read_sidecar(path)
    deck = path.parent / sidecar.deck
    if not deck.is_file():
        raise SpecError([Problem(f"{path}: deck", f"no file {sidecar.deck}", "paths count from the sidecar")])
    network = Network(path.stem, path, sidecar, (*_exchanged(path, sidecar), *_renamed(read_cards(deck), sidecar)))
    problems = list(_problems(network))
    if problems:
        raise SpecError(problems)
    return network


def _exchanged(path: Path, sidecar: Sidecar) -> Iterator[Card]:
    for exchange in sidecar.exchange:
        file = path.parent / exchange.file
        if not file.is_file():
            raise SpecError(
                [Problem(f"{path}: exchange.file", f"no file {exchange.file}", "paths count from the sidecar")]
            )
        yield from read_cards(file, part=True)


def _renamed(cards: Cards, sidecar: Sidecar) -> Iterator[Card]:
    """Rename the models on MOS cards as the exchanged transistor file calls them; the bench ends the deck."""
    rename = {old.lower(): new for exchange in sidecar.exchange for old, new in exchange.rename.items()}
    for card in cards:
        if card.name == ".end":
            continue
        words = card.words
        if card.name.startswith("m") and len(words) > 5 and words[5].text.lower() in rename:
            card = card.with_word(5, rename[words[5].text.lower()])
        yield card


def _problems(network: Network) -> Iterator[Problem]:
    sidecar, path = network.sidecar, network.path
    try:
        hierarchy = Hierarchy(network.cards)
    except SpecError as error:
        yield from error.problems
        return
    nets = hierarchy.nets("")
    for ports in sidecar.ports:
        for net in ports.nets:
            if net == "0":
                yield Problem(f"{path}: ports", "net 0 is ground and cannot be driven")
            elif net.lower() not in nets:
                yield Problem(f"{path}: ports", f"the deck has no top-level net {net!r}", did_you_mean(net, nets))
    for net in sidecar.initial:
        yield from _initial_problems(path, net.lower(), hierarchy)
    for ports in sidecar.ports:
        if ports.clock is not None and ports.clock not in sidecar.stimulus.clocks:
            known = did_you_mean(ports.clock, sidecar.stimulus.clocks)
            yield Problem(f"{path}: ports.clock", f"stimulus.clocks has no {ports.clock!r}", known)
    if sidecar.fires_from is not None and sidecar.fires_from > len(network.inputs):
        yield Problem(f"{path}: fires_from", f"{sidecar.fires_from} inputs of {len(network.inputs)}")
    yield from _observable_problems(network)
    if sidecar.neuron is not None:
        try:
            hierarchy.resolve(sidecar.neuron.device)
        except SpecError as error:
            yield from (Problem(f"{path}: neuron.device", str(problem)) for problem in error.problems)
    for name, spec in sidecar.sites.items():
        try:
            site_of(name, spec, sidecar.wires, hierarchy)
        except SpecError as error:
            yield from (Problem(f"{path}: sites.{name}", str(problem)) for problem in error.problems)
    yield from _layout_problems(network, hierarchy)
    if sidecar.weights is not None:
        try:
            network.variant(sidecar.weights.default)
        except SpecError as error:
            yield from (Problem(f"{path}: {problem.where}", problem.message) for problem in error.problems)
    for pattern in sidecar.baseline.spikes:
        try:
            network.check_pattern(pattern)
        except SpecError as error:
            yield from (Problem(f"{path}: baseline.spikes", str(problem)) for problem in error.problems)


def _layout_problems(network: Network, hierarchy: Hierarchy) -> Iterator[Problem]:
    """Check wires, neighbours and the process, which only a universe of defects looks at."""
    sidecar, path = network.sidecar, network.path
    yield from wiring_problems(path, sidecar.wires, sidecar.layout, hierarchy)
    for name, spec in sidecar.process.items():
        yield from _corner_problems(network, f"process.{name}", spec, [name])
    for name, tolerance in sidecar.tolerance.items():
        yield from _corner_problems(network, f"tolerance.{name}", tolerance, tolerance.parameters)


def _corner_problems(network: Network, where: str, spec: ProcessSpec, parameters: Sequence[str]) -> Iterator[Problem]:
    for end, shift, scale in (("min", spec.min_shift, spec.min_scale), ("max", spec.max_shift, spec.max_scale)):
        corner = Corner(f"{where}:{end}", dict.fromkeys(parameters, scale), dict.fromkeys(parameters, shift))
        try:
            at_corner(network.cards, corner)
        except SpecError as error:
            yield from (Problem(f"{network.path}: {where}", str(problem)) for problem in error.problems)


def _initial_problems(path: Path, net: str, hierarchy: Hierarchy) -> Iterator[Problem]:
    instance, _, name = net.rpartition(".")
    try:
        nets = hierarchy.nets(hierarchy.resolve(instance).body if instance else "")
    except SpecError as error:
        yield from (Problem(f"{path}: initial", str(problem)) for problem in error.problems)
        return
    if name not in nets:
        yield Problem(f"{path}: initial", f"no net {net!r}", did_you_mean(name, nets))


def _observable_problems(network: Network) -> Iterator[Problem]:
    sidecar, path = network.sidecar, network.path
    for name in REQUIRED_OBSERVABLES:
        if name not in sidecar.observables:
            yield Problem(f"{path}: observables.{name}", "is missing", "tables and simulate --json show it")
    near = sidecar.simulation.near
    if near is not None and not is_inner_voltage(sidecar.probes.get(near.probe, "")):
        yield Problem(f"{path}: simulation.near.probe", f"{near.probe!r} is no probe of a voltage inside an instance")
    known = {**SCOPE_NAMES, **dict.fromkeys(sidecar.probes, "probe")}
    texts = {f"observables.{name}": text for name, text in sidecar.observables.items()}
    if sidecar.neuron is not None:
        texts["neuron.spikes"] = sidecar.neuron.spikes
    for where, text in texts.items():
        for message in expressions.check(text, known):
            yield Problem(f"{path}: {where}", message)
