"""What a defect did to a neuron, in words: to its drive, its layer, its timing and its read path."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from faultsim.campaigns.shmoo import Subject
from faultsim.campaigns.twin import Twin
from faultsim.magnetics.layer import Layer
from faultsim.magnetics.macrospin import relaxation_time_s
from faultsim.magnetics.signature import easy_axis
from faultsim.units import format_quantity

_SEEN, _SAMPLES = 2e-3, 400


def causes(subject: Subject, healthy: Subject, integrate_s: float, leaky_s: float) -> Iterator[str]:
    """Yield what differs by more than two thousandths, largest parts of the physics first."""
    one, other = subject.twin, healthy.twin
    assert one is not None and other is not None
    yield from _timing(one)
    yield from _drive(one, other, integrate_s, leaky_s)
    yield from _layer(one.neuron.layer, other.neuron.layer)
    yield from _reader(one, other)


def _timing(twin: Twin) -> Iterator[str]:
    for name, shift in zip(("integrate", "leaky"), twin.shift_s, strict=True):
        if shift:
            yield f"the {name} window is {format_quantity(abs(shift), 's')} {'longer' if shift > 0 else 'shorter'}"


def _drive(one: Twin, other: Twin, integrate_s: float, leaky_s: float) -> Iterator[str]:
    """Compare the charge through the metal in an integrate window, and in a leaky window with that same charge."""
    edge = other.recording.stimulus.spec.edge
    spans = ((-edge, integrate_s + edge), (integrate_s + edge, integrate_s + leaky_s - edge))
    charges = [[_charge(twin, span, integrate_s, leaky_s) for span in spans] for twin in (one, other)]
    (spike, rest), (normal, quiet) = charges
    if abs(spike / normal - 1) > _SEEN:
        yield f"a spike brings {_more(spike / normal)} charge through the heavy metal"
    if abs(rest - quiet) > _SEEN * abs(normal):
        way = "on" if (rest - quiet) * normal > 0 else "back"
        yield f"in the leaky window {abs(rest - quiet) / abs(normal):.1%} of a spike's charge flows {way} through it"


def _charge(twin: Twin, span: tuple[float, float], integrate_s: float, leaky_s: float) -> float:
    """Return the time integral of the metal's voltage; samples lie closer together where it has just moved."""
    share = np.linspace(0.0, 1.0, _SAMPLES) ** 2
    times = span[0] + share * (span[1] - span[0])
    return float(np.trapezoid(twin.neuron.train.metal_at(times, integrate_s, leaky_s), times))


def _layer(one: Layer, other: Layer) -> Iterator[str]:
    axis = easy_axis(other)
    fields = [layer.anisotropy_a_per_m[axis] for layer in (one, other)]
    if _differ(one.alpha, other.alpha):
        yield f"damping {one.alpha:.3g} in place of {other.alpha:.3g}"
    if _differ(*fields):
        yield f"anisotropy field {fields[0]:.4g} in place of {fields[1]:.4g} A/m"
    times = [
        relaxation_time_s(field, layer.alpha) if field > 0 else math.inf
        for field, layer in zip(fields, (one, other), strict=True)
    ]
    if _differ(*times):
        said = ["for ever" if math.isinf(time) else format_quantity(float(f"{time:.3g}"), "s") for time in times]
        yield f"so that the tilt lasts {said[0]} in place of {said[1]}"
    spin = [math.hypot(*layer.metal_spin) for layer in (one, other)]
    if _differ(*spin):
        yield f"a volt along the metal gives {_more(spin[0] / spin[1])} spin field"


def _reader(one: Twin, other: Twin) -> Iterator[str]:
    level, normal = one.neuron.reader.level, other.neuron.reader.level
    if math.isinf(level):
        yield "the output spikes at every read" if level > 0 else "no state of the layer makes the output spike"
    elif abs(level - normal) > _SEEN:
        yield f"the output spikes at m = {level:.3f} in place of {normal:.3f}"


def _differ(one: float, other: float) -> bool:
    return one != other and abs(one - other) > _SEEN * max(abs(one), abs(other))


def _more(ratio: float) -> str:
    return f"{abs(ratio - 1):.1%} {'less' if ratio < 1 else 'more'}"
