"""A neuron for the batch engine: its free layer as the equation sees it, and how its output is decided."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from faultsim.magnetics.macrospin import NO_FIELD, Vector
from faultsim.magnetics.physical import gamma_mu0_m_per_a_s
from faultsim.magnetics.train import Floats, PulseTrain


@dataclass(frozen=True)
class Layer:
    """A free layer as the equation sees it.

    Attributes:
        alpha: Gilbert damping.
        anisotropy_a_per_m: Anisotropy field along each axis, per unit of magnetisation; demagnetisation inside.
        field_a_per_m: Constant field.
        metal_spin: Damping-like spin field of the heavy metal, A/m per V along it: the torque pulls m towards it.
        metal_field: Field-like part, A/m per V.
        pillar_spin: Damping-like spin field of the pillar's current, A/m per A.
        start: Magnetisation to begin with, a unit vector.
    """

    alpha: float
    anisotropy_a_per_m: Vector
    metal_spin: Vector
    metal_field: Vector = NO_FIELD
    pillar_spin: Vector = NO_FIELD
    field_a_per_m: Vector = NO_FIELD
    start: Vector = (0.0, 0.0, 1.0)

    def coefficients(self) -> list[float]:
        """Return the numbers that the kernel takes."""
        gyration = gamma_mu0_m_per_a_s() / (1 + self.alpha**2)
        vectors = (self.anisotropy_a_per_m, self.field_a_per_m, self.metal_spin, self.metal_field, self.pillar_spin)
        return [gyration, self.alpha, *(value for vector in vectors for value in vector)]


@dataclass(frozen=True)
class Memory:
    """What a read leaves in the read path for the next one: it spikes later than a rested one would.

    The level is lowered by loss(period) (1 + slope (last - lowered level)), with last the projection at the last read.

    Attributes:
        periods_s: Times between reads at which it was measured, rising.
        losses: The loss at each.
        slope: See above.
    """

    periods_s: tuple[float, ...] = ()
    losses: tuple[float, ...] = ()
    slope: float = 0.0

    def loss(self, period_s: Floats) -> Floats:
        """Return the loss at periods: between those measured it decays exponentially, behind the last there is none."""
        if not self.periods_s:
            return np.zeros(np.shape(period_s))
        inside = np.interp(period_s, self.periods_s, np.log(np.maximum(self.losses, _NO_LOSS)))
        return np.where(np.asarray(period_s) > self.periods_s[-1], 0.0, np.exp(inside))


NO_MEMORY = Memory()
_NO_LOSS = 1e-6


@dataclass(frozen=True)
class Reader:
    """How the output is decided: it spikes where the magnetisation along an axis is below a level, or above it.

    Attributes:
        axis: Direction of the fixed layer, a unit vector.
        level: Of m along the axis, for a read path at rest; infinite where the output always spikes or never does.
        below: Spikes below the level.
        memory: What the last read does to the level.
        shifts: What is added to the level in each coding window, over and over: one for each pattern of a train.
    """

    axis: Vector = (0.0, 0.0, 1.0)
    level: float = 0.0
    below: bool = True
    memory: Memory = NO_MEMORY
    shifts: tuple[float, ...] = (0.0,)

    @property
    def sign(self) -> float:
        """Return the factor on axis and level by which it spikes below."""
        return 1.0 if self.below else -1.0


@dataclass(frozen=True)
class Neuron:
    """A layer, its drive, and how its output is decided.

    Attributes:
        restart: Magnetisation that the layer is put into after its first integrate window, to see it leak from there.
    """

    layer: Layer
    train: PulseTrain
    reader: Reader
    restart: Vector | None = None

    @property
    def rested(self) -> Neuron:
        """Return the neuron with a read path that forgets the last read."""
        return replace(self, reader=replace(self.reader, memory=NO_MEMORY))
