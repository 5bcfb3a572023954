"""The neuron of a network: the equation of its free layer and the vectors that show its drive, as a deck says them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from faultsim.circuits.deck import Cards, generated
from faultsim.circuits.device import MacrospinSpec
from faultsim.circuits.functions import inlined
from faultsim.circuits.hierarchy import Hierarchy
from faultsim.circuits.network import Network
from faultsim.circuits.parameters import Values, evaluate
from faultsim.errors import Problem, SpecError
from faultsim.magnetics.layer import Layer
from faultsim.magnetics.macrospin import Vector

METAL, PILLAR = ("neuron_metal_a", "neuron_metal_b"), "neuron_pillar"
MAGNETISATION = ("neuron_mx", "neuron_my", "neuron_mz")


class NotApart(Exception):
    """A neuron that cannot be simulated apart from its circuit; the message says why."""


class Failed(NotApart):
    """A simulation on the way failed, so that nothing is known; another run may do better."""


@dataclass(frozen=True)
class NeuronSite:
    """A neuron in a deck, with a defect or without.

    Attributes:
        layer: Its free layer.
        fixed_layer: Direction that the read path compares the magnetisation with.
        probes: Name -> ngspice vector of the metal's ends, the pillar's current and the magnetisation.
        magnetisation: Flattened nets that carry it.
    """

    layer: Layer
    fixed_layer: Vector
    probes: dict[str, str]
    magnetisation: tuple[str, ...]


def neuron_site(network: Network, cards: Cards, temperature_c: float) -> NeuronSite:
    """Return the neuron of a network in a deck that may have a defect.

    Args:
        network: Says which junction it is.
        cards: The deck.
        temperature_c: What the test bench sets.

    Raises:
        NotApart: There is none, its device file gives no equation, or its equation is not worked out.
    """
    if network.sidecar.neuron is None:
        raise NotApart("the sidecar names no [neuron]")
    path, spec = network.sidecar.neuron.device, macrospin_of(network)
    # The test bench sets the temperature, and the time step that the equation knows nothing of.
    given = f".param temperature_c={temperature_c!r} time_step=0"
    hierarchy = Hierarchy(inlined((*cards, *generated([given]))))
    element = hierarchy.resolve(path)
    parent = path.rpartition(".")[0]
    nets = {port: hierarchy.flat_net(parent, element.net(port.lower())) for port in _ports(spec)}
    if any(nets[port] != "0" for port in spec.field):
        raise NotApart(f"a field is applied to {path}")
    values = _inside(hierarchy, path)
    numbers = {name: _vector(getattr(spec, name), values, f"{path}: {name}") for name in _VECTORS}
    alpha = _number(spec.alpha, values, f"{path}: alpha")
    layer = Layer(
        alpha=alpha,
        anisotropy_a_per_m=numbers["anisotropy"],
        metal_spin=numbers["metal_spin"],
        metal_field=numbers["metal_field"],
        pillar_spin=numbers["pillar_spin"],
        start=numbers["start"],
    )
    probes = {name: f"v({nets[port]})" for name, port in zip(METAL, spec.metal, strict=True)}
    probes[PILLAR] = f"i({hierarchy.spice_name(f'{path}.{spec.pillar}')})"
    probes |= {name: f"v({nets[port]})" for name, port in zip(MAGNETISATION, spec.magnetisation, strict=True)}
    return NeuronSite(layer, numbers["fixed_layer"], probes, tuple(nets[port] for port in spec.magnetisation))


def macrospin_of(network: Network) -> MacrospinSpec:
    """Return where the equation of a network's neuron is.

    Raises:
        NotApart: Its device file does not say.
    """
    neuron = network.sidecar.neuron
    assert neuron is not None
    if network.macrospin is None:
        raise NotApart(f"the device file of {neuron.device} has no [macrospin]")
    return network.macrospin


_VECTORS = ("anisotropy", "metal_spin", "metal_field", "pillar_spin", "fixed_layer", "start")


def _ports(spec: MacrospinSpec) -> list[str]:
    return [*spec.metal, *spec.magnetisation, *spec.field]


def _inside(hierarchy: Hierarchy, path: str) -> Values:
    """Return what names mean inside the device."""
    values = Values().inside(hierarchy, None)
    for element in hierarchy.chain(path):
        values = values.inside(hierarchy, element)
    return values


def _vector(texts: Sequence[str], values: Values, where: str) -> Vector:
    x, y, z = (_number(text, values, where) for text in texts)
    return x, y, z


def _number(text: str, values: Values, where: str) -> float:
    value = evaluate(text, values)
    if value is None:
        raise SpecError([Problem(where, f"{text} has no value here")])
    return value
