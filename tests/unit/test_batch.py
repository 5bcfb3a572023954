"""The batch engine against closed forms, an 8th-order method and symmetries; what hangs on its trains and verdicts."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from faultsim.magnetics import Drive, FreeLayer, integrate, larmor_frequency_hz, relaxation_time_s
from faultsim.magnetics.batch import TURN_RAD, Cases, Responses, simulate
from faultsim.magnetics.boundary import boundary
from faultsim.magnetics.layer import NO_MEMORY, Layer, Memory, Neuron, Reader
from faultsim.magnetics.macrospin import Vector
from faultsim.magnetics.physical import gamma_mu0_m_per_a_s
from faultsim.magnetics.signature import Dynamics, dynamics
from faultsim.magnetics.train import Floats, Mark, Piece, PulseTrain, pulse_train, rectangular

TILT = 0.02436
START: Vector = (0.0, -TILT, math.sqrt(1 - TILT**2))
OBLIQUE: Vector = (0.36, 0.48, 0.8)
# The two neuron sets; fields are those of a full drive and of a full read, each an amplitude of 1.
QUANT = Layer(0.0047, (0, 0, 6246.8), (0, 1.1e3, 0), pillar_spin=(0, 0, -90.0), start=START)
LIF = Layer(0.45, (0, 0, 636.6), (0, 3.6e3, 0), (0, 0.45 * 3.6e3, 0), pillar_spin=(0, 0, -90.0), start=START)
SETS = {"lats-quant": QUANT, "lif-alpha045": LIF}
FREE = Layer(0.3, (0, 0, 0), (0, 0, 0), start=OBLIQUE)
REST_S, EDGE_S, READ_S = 3e-9, 20e-12, 0.15e-9
FIVE = rectangular(1.0, 5, REST_S, EDGE_S, READ_S)
IDLE = rectangular(0.0, 4, REST_S, EDGE_S, READ_S)
NEVER = Reader(level=-2.0)
# A step that makes hardly an error, for what is not about errors.
FINE_RAD = 0.015
WINDOWS_S = np.array([0.3, 0.7, 1.0, 1.6, 2.0]) * 1e-9, np.array([2.0, 5.0, 9.0, 9.3, 14.0]) * 1e-9


def marks(layer: Layer, train: PulseTrain, integrate_s: float, leaky_s: float, turn_rad: float = TURN_RAD) -> Floats:
    """Return the magnetisation of one case at the marks of each window, shape (pulses, marks, 3)."""
    neuron = Neuron(layer, train, NEVER)
    return simulate([neuron], Cases.of(0, integrate_s, leaky_s), noted=True, turn_rad=turn_rad).noted[0]


def marks_s(integrate_s: float, leaky_s: float, pulses: int) -> Floats:
    """Return when the marks of a rectangular train are, counted from where the layer starts."""
    half = EDGE_S / 2
    in_window = [-half, integrate_s + half, integrate_s + READ_S, integrate_s + leaky_s - half]
    return REST_S + np.add.outer((integrate_s + leaky_s) * np.arange(pulses), in_window)


def angle_to_z_rad(m: Floats) -> Floats:
    return np.arctan2(np.hypot(m[..., 0], m[..., 1]), m[..., 2])


@pytest.mark.parametrize("alpha", [0.0047, 0.05, 0.45])
@pytest.mark.parametrize("hkz_a_per_m", [636.6, 6246.8])
def test_relaxation_is_exponential_in_the_tangent_of_the_angle(alpha: float, hkz_a_per_m: float) -> None:
    m = marks(replace(FREE, alpha=alpha, anisotropy_a_per_m=(0, 0, hkz_a_per_m)), IDLE, 1e-9, 9e-9, FINE_RAD)
    times_s = marks_s(1e-9, 9e-9, 4)
    expected = 0.75 * np.exp(-times_s / relaxation_time_s(hkz_a_per_m, alpha))
    assert np.tan(angle_to_z_rad(m)) == pytest.approx(expected, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("alpha", [0.0, 0.3])
def test_precession_about_a_field_is_at_the_larmor_frequency(alpha: float) -> None:
    m = marks(replace(FREE, alpha=alpha, field_a_per_m=(0, 0, 5e3)), IDLE, 1e-9, 9e-9, FINE_RAD)
    phase_rad = math.atan2(0.48, 0.36) + 2 * math.pi * larmor_frequency_hz(5e3, alpha) * marks_s(1e-9, 9e-9, 4)
    turned_rad = np.arctan2(m[..., 1], m[..., 0]) - phase_rad
    # Where the damping has turned the layer into the field there is no phase left to see.
    error = np.hypot(m[..., 0], m[..., 1]) * np.abs(np.exp(1j * turned_rad) - 1)
    assert error.max() < 1e-6


@pytest.mark.parametrize("alpha", [0.0047, 0.45])
@pytest.mark.parametrize("spin_a_per_m", [200.0, -900.0])
@pytest.mark.parametrize("edge_s", [2e-12, 20e-12, 200e-12])
def test_torque_without_precession_turns_by_its_area(alpha: float, spin_a_per_m: float, edge_s: float) -> None:
    # With H = alpha S nothing precesses: A = H - alpha S is 0 and B = (1 + alpha^2) S, so that
    # dm/dt = gamma mu0 (S - m (m.S)), and atanh(m_y) grows by gamma mu0 times the area of S. A trapezoid that is
    # measured at half its height has the area of the window, whatever its edges.
    layer = replace(FREE, alpha=alpha, metal_spin=(0, spin_a_per_m, 0), metal_field=(0, alpha * spin_a_per_m, 0))
    m = marks(layer, rectangular(1.0, 5, REST_S, edge_s, READ_S), 1.1e-9, 4e-9, FINE_RAD)
    areas_s = 1.1e-9 * np.arange(1, 6)
    expected = math.atanh(0.48) + gamma_mu0_m_per_a_s() * spin_a_per_m * areas_s
    assert np.arctanh(m[:, Mark.INTEGRATED, 1]) == pytest.approx(expected, abs=2e-6)
    assert m[:, :, 0] / m[:, :, 2] == pytest.approx(np.full((5, 4), 0.45), rel=1e-6)


@dataclass(frozen=True)
class Stretch:
    """The drive after one event: straight from one level to another, held, and cut off by the next event.

    Attributes:
        ramp_s: How long it goes straight.
        levels: Where from and where to.
        metal, pillar: Shares of the level that they take.
    """

    ramp_s: float
    levels: tuple[float, float]
    metal: float
    pillar: float

    def knots(self) -> list[tuple[float, float, float]]:
        ends = zip((0.0, self.ramp_s), self.levels, strict=True)
        return [(time_s, self.metal * level, self.pillar * level) for time_s, level in ends]

    def after(self, layer: Layer, m: Floats, duration_s: float) -> Floats:
        """Return what the 8th-order method makes of it."""
        knots_s = np.array([0.0, min(self.ramp_s, duration_s), duration_s][: 2 + (self.ramp_s < duration_s)])
        levels = np.interp(knots_s, (0, self.ramp_s), self.levels)
        spin = self.metal * np.array(layer.metal_spin) + self.pillar * np.array(layer.pillar_spin)
        field = self.metal * np.array(layer.metal_field)
        _, hky, hkz = layer.anisotropy_a_per_m
        free = FreeLayer(1e-9, 1e6, layer.alpha, hkz, hky)
        return integrate(free, m, Drive(knots_s, levels, spin, field), [duration_s], layer.field_a_per_m)[0]


PULSES, PERIOD_S, READ_FROM_S, LAST_S = 4, 10e-9, 0.3e-9, 0.4e-9
Drives = list[tuple[Stretch, Stretch, Stretch, Stretch]]
"""For each coding window: the integrate window, the time up to the read, most of the leaky window, the rest of it."""


def train_of(drives: Drives) -> PulseTrain:
    places = [(0, 0.0, 0.0, Mark.BEGIN), (0, 0.0, 1.0, Mark.INTEGRATED), (0, READ_FROM_S, 1.0, Mark.READ)]
    places.append((1, -LAST_S, 0.0, Mark.LEAKED))
    return pulse_train(
        [
            Piece(pulse + later, offset_s, share, mark, stretch.knots())
            for pulse, window in enumerate(drives)
            for stretch, (later, offset_s, share, mark) in zip(window, places, strict=True)
        ]
    )


def exact_marks(layer: Layer, drives: Drives, integrate_s: float) -> Floats:
    """Return the states that the 8th-order method has at the marks."""
    durations_s = [integrate_s, READ_FROM_S, PERIOD_S - integrate_s - READ_FROM_S - LAST_S, LAST_S] * PULSES
    states = [np.array(layer.start)]
    for stretch, duration_s in zip([part for window in drives for part in window], durations_s, strict=True):
        states.append(stretch.after(layer, states[-1], duration_s))
    return np.reshape(states[:-1], (PULSES, 4, 3))


def farthest(layer: Layer, drives: Drives, integrate_s: float, turn_rad: float) -> float:
    found = marks(layer, train_of(drives), integrate_s, PERIOD_S - integrate_s, turn_rad)
    return float(np.linalg.norm(found - exact_marks(layer, drives, integrate_s), axis=-1).max())


def stretches(level: tuple[float, float], metal: float, pillar: float) -> st.SearchStrategy[Stretch]:
    levels = st.tuples(*[st.floats(*level)] * 2)
    return st.builds(Stretch, st.floats(10e-12, 6e-9), levels, st.just(metal), st.just(pillar))


def drives(*windows: st.SearchStrategy[Stretch]) -> st.SearchStrategy[Drives]:
    return st.lists(st.tuples(*windows), min_size=PULSES, max_size=PULSES)


# A read lets a little current through half of the metal, too.
RESTING, READ = stretches((0, 0.05), 1.0, 1.0), stretches((0, 1), 0.02, 1.0)
like_a_neuron_s = drives(stretches((0, 1), 1.0, 0.0), READ, RESTING, RESTING)
any_stretch = st.builds(
    Stretch, st.floats(10e-12, 6e-9), *[st.tuples(*[st.floats(-1, 1)] * 2)], *[st.floats(-1, 1)] * 2
)


def vectors(largest: float) -> st.SearchStrategy[Vector]:
    return st.tuples(*[st.floats(-largest, largest)] * 3)


layers = st.builds(
    Layer,
    alpha=st.floats(0.005, 0.5),
    anisotropy_a_per_m=st.tuples(st.just(0.0), st.floats(-1e3, 1e3), st.floats(500, 8e3)),
    metal_spin=vectors(3e3),
    metal_field=vectors(1e3),
    pillar_spin=vectors(500),
    field_a_per_m=vectors(300),
    start=st.sampled_from([START, OBLIQUE, (-0.48, 0.36, 0.8)]),
)


# The 8th-order method takes a third of a second a case: a failure is not made smaller, which would take minutes.
compared = settings(max_examples=15, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])


@compared
@given(drives=like_a_neuron_s, integrate_s=st.floats(0.2e-9, 2e-9))
@pytest.mark.parametrize("neuron_set", SETS)
def test_neurons_stay_within_a_millionth_of_the_8th_order_method(
    neuron_set: str, drives: Drives, integrate_s: float
) -> None:
    assert farthest(SETS[neuron_set], drives, integrate_s, TURN_RAD) < 1e-6


@compared
@given(layer=layers, drives=drives(*[any_stretch] * 4), integrate_s=st.floats(0.2e-9, 4e-9))
def test_any_layer_and_drive_follow_the_8th_order_method(layer: Layer, drives: Drives, integrate_s: float) -> None:
    # A drive can hold a layer where it hardly knows which way to go. Any error grows there, hence the small steps.
    assert farthest(layer, drives, integrate_s, FINE_RAD) < 1e-6


@pytest.mark.parametrize("layer", SETS.values(), ids=SETS)
def test_the_error_falls_with_the_fourth_power_of_the_step(layer: Layer) -> None:
    # Edges so long that steps are many there, too.
    train = rectangular(1.0, 4, REST_S, 0.5e-9, 0.5e-9)
    exact, *found = (marks(layer, train, 1.3e-9, 7e-9, turn_rad) for turn_rad in (0.001, 0.06, 0.03, 0.015))
    errors = [np.linalg.norm(m - exact, axis=-1).max() for m in found]
    assert [math.log2(coarse / fine) for coarse, fine in pairwise(errors)] == pytest.approx([4, 4], abs=0.3)


def grid(neurons: int = 1) -> Cases:
    """Return every pair of windows for each neuron."""
    integrate_s, leaky_s = np.meshgrid(*WINDOWS_S)
    return Cases.of(np.arange(neurons)[:, None, None], integrate_s, leaky_s)


def same(one: Responses, other: Responses) -> None:
    assert np.array_equal(one.fired, other.fired)
    assert np.array_equal(one.nearest, other.nearest)
    assert np.array_equal(one.noted, other.noted, equal_nan=True)


def chosen(found: Responses, index: object) -> Responses:
    return Responses(found.fired[index], found.nearest[index], found.noted[index])


# The second has fewer windows, and a memory, so that nothing of a neighbour's may get into it.
NEURONS = [
    Neuron(LIF, FIVE, Reader(level=0.5)),
    Neuron(QUANT, rectangular(1.2, 3, REST_S, EDGE_S, READ_S), Reader(level=0.9, memory=Memory((5e-9,), (0.02,), 0.1))),
    Neuron(replace(LIF, start=OBLIQUE), FIVE, Reader(axis=(0, 1, 0), level=0.6, below=False)),
]


@pytest.mark.parametrize("noted", [False, True])
def test_the_order_of_cases_does_not_matter(noted: bool) -> None:
    cases = grid(len(NEURONS))
    order = np.random.default_rng(1).permutation(len(cases))
    shuffled = Cases(*(values[order] for values in (cases.neuron, cases.scale, cases.integrate_s, cases.leaky_s)))
    same(simulate(NEURONS, shuffled, noted), chosen(simulate(NEURONS, cases, noted), order))


def test_a_case_alone_does_what_it_does_among_others() -> None:
    cases, together = grid(len(NEURONS)), simulate(NEURONS, grid(len(NEURONS)), noted=True)
    assert set(together.fired) > {0, 1}
    for case in range(0, len(cases), 4):
        neuron = NEURONS[cases.neuron[case]]
        alone = simulate([neuron], Cases.of(0, cases.integrate_s[case], cases.leaky_s[case]), noted=True)
        among = chosen(together, slice(case, case + 1))
        same(alone, replace(among, noted=among.noted[:, : neuron.train.pulses]))
        assert np.isnan(among.noted[:, neuron.train.pulses :]).all()


@pytest.mark.parametrize("layer", SETS.values(), ids=SETS)
@pytest.mark.parametrize("scale", [0.0, 0.3, 1.7, -1.0])
def test_a_scaled_case_is_a_train_of_that_height(layer: Layer, scale: float) -> None:
    scaled = simulate([Neuron(layer, FIVE, NEVER)], Cases.of(0, *WINDOWS_S, scale), noted=True)
    train = rectangular(scale, 5, REST_S, EDGE_S, READ_S)
    other = simulate([Neuron(layer, train, NEVER)], Cases.of(0, *WINDOWS_S), noted=True)
    assert scaled.noted == pytest.approx(other.noted, abs=1e-9)


def test_a_scale_is_of_the_metal_alone() -> None:
    window = (Stretch(1e-9, (0, 1), 0, 1), Stretch(1e-9, (1, 0.5), 0, 1)) * 2
    layer = replace(LIF, pillar_spin=(0, 0, -900.0))
    found = simulate([Neuron(layer, train_of([window]), NEVER)], Cases.of(0, 1e-9, 9e-9, [0.3, 1.7]), noted=True)
    assert np.array_equal(*found.noted)
    assert angle_to_z_rad(found.noted[0, 0, Mark.LEAKED]) > 2 * TILT


@pytest.mark.parametrize("layer", SETS.values(), ids=SETS)
def test_a_drive_the_other_way_gives_the_mirrored_answer(layer: Layer) -> None:
    # Half a turn about z takes the drive and the start to their opposites, and leaves the anisotropy.
    half_turn = np.array([-1, -1, 1])
    there = Neuron(layer, FIVE, NEVER)
    back = replace(there, layer=replace(layer, start=tuple(half_turn * layer.start)))
    found = simulate([there, back], Cases.of([[0], [1]], *WINDOWS_S, scale=[[1.0], [-1.0]]), noted=True)
    one, other = np.split(found.noted, 2)
    assert np.array_equal(one * half_turn, other)


def test_who_is_watched_spikes_on_the_same_pulse() -> None:
    watched, alone = (simulate(NEURONS, grid(len(NEURONS)), noted) for noted in (True, False))
    assert np.array_equal(watched.fired, alone.fired)
    assert np.array_equal(watched.nearest < 0, watched.fired > 0)
    assert np.array_equal(alone.nearest < 0, alone.fired > 0)
    assert alone.noted.shape == (len(grid(len(NEURONS))), 0, 4, 3)


def lowered_level(reader: Reader, loss: float, last: float | None) -> float:
    """Return the level that satisfies what `Memory` says, found by going round."""
    level = reader.level
    for _ in range(100 if last is not None else 0):
        level = reader.level - loss * (1 + reader.memory.slope * (last - level))
    return level


@settings(max_examples=40, deadline=None)
@given(level=st.floats(0.2, 0.99), loss=st.floats(0, 0.2), slope=st.floats(-0.5, 0.5), leaky_s=st.floats(2e-9, 14e-9))
def test_a_read_lowers_the_level_of_the_next_one(level: float, loss: float, slope: float, leaky_s: float) -> None:
    reader = Reader(level=level, memory=Memory((1e-9, 30e-9), (loss, loss), slope))
    found = simulate([Neuron(LIF, FIVE, reader)], Cases.of(0, 1e-9, leaky_s), noted=True)
    projections = [float(m[2]) for m in found.noted[0, :, Mark.READ]]
    known = max(loss, 1e-6)  # the least that a loss counts
    above = [
        mz - lowered_level(reader, known, last) for last, mz in zip([None, *projections], projections, strict=False)
    ]
    assert found.nearest[0] == pytest.approx(min(above), abs=1e-12)
    first = next((pulse for pulse, distance in enumerate(above, start=1) if distance < 0), 0)
    # Where it hangs on the last digit either is right.
    assert found.fired[0] == first or min(map(abs, above)) < 1e-12


@pytest.mark.parametrize("memory", [NO_MEMORY, Memory((3e-9, 20e-9), (0.1, 0.02), 0.2)])
def test_above_a_level_is_below_the_opposite_of_it(memory: Memory) -> None:
    below = Neuron(LIF, FIVE, Reader(level=0.5, memory=memory))
    above = replace(below, reader=Reader((0, 0, -1), -0.5, below=False, memory=memory))
    found = simulate([below, above], grid(2))
    one, other = (chosen(found, half) for half in np.split(np.arange(len(found.fired)), 2))
    assert set(one.fired) > {0, 3}
    same(one, other)


@pytest.mark.parametrize("memory", [NO_MEMORY, Memory((3e-9, 20e-9), (0.1, 0.02), 0.2)])
@pytest.mark.parametrize(("level", "below", "pulse"), [(1, True, 1), (-1, True, 0), (1, False, 0), (-1, False, 1)])
def test_an_output_that_always_spikes_or_never_does(memory: Memory, level: int, below: bool, pulse: int) -> None:
    neuron = Neuron(LIF, FIVE, Reader(level=level * math.inf, below=below, memory=memory))
    assert (simulate([neuron], grid()).fired == pulse).all()


def test_losses_decay_exponentially_between_the_periods_that_were_measured() -> None:
    memory = Memory((2e-9, 4e-9, 8e-9), (0.09, 0.01, 0.0))
    periods_s = np.array([1e-9, 2e-9, 3e-9, 4e-9, 6e-9, 8e-9, 8.001e-9, 1.0])
    # None is left behind the last; a loss of 0 counts as a millionth.
    expected = [0.09, 0.09, 0.03, 0.01, 1e-4, 1e-6, 0, 0]
    assert memory.loss(periods_s) == pytest.approx(np.array(expected), rel=1e-9)
    assert not NO_MEMORY.loss(periods_s).any()


@given(integrate_s=st.floats(0, 5e-9), leaky_s=st.floats(0, 1e-9), read_s=st.floats(20e-12, 0.8e-9))
def test_windows_too_short_for_the_order_of_events_are_named(integrate_s: float, leaky_s: float, read_s: float) -> None:
    train = rectangular(1.0, 3, REST_S, EDGE_S, read_s)
    margin_s = leaky_s - (read_s + EDGE_S / 2)
    if abs(margin_s) > 2e-18:
        assert train.in_order(integrate_s, leaky_s) == (margin_s > 0)


def test_the_order_of_events_is_asked_for_many_windows_at_once() -> None:
    in_order = FIVE.in_order(*np.meshgrid([0.2e-9, 1e-9], [0.1e-9, 0.159e-9, 0.161e-9]))
    assert in_order.tolist() == [[False, False], [False, False], [True, True]]
    assert FIVE.pulses == 5


@pytest.mark.parametrize("integrate_s", [0.2e-9, 1e-9])
def test_rectangular_trains_are_measured_at_half_their_height(integrate_s: float) -> None:
    train = rectangular(0.8, 2, REST_S, EDGE_S, READ_S)
    assert train.metal_v.tolist() == [0.0, *[0, 0.8, 0.8, 0] * 2]
    edges = np.flatnonzero(train.stop > train.first)
    middles_s = [0.0, integrate_s, integrate_s + 5e-9, 2 * integrate_s + 5e-9]
    for event, middle_s in zip(edges[1:], middles_s, strict=True):
        starts_s = train.times_s(integrate_s, 5e-9)[event]
        knots = slice(train.first[event], train.stop[event])
        assert np.interp(middle_s, starts_s + train.time_s[knots], train.metal_v[knots]) == pytest.approx(0.4)


def test_the_metal_s_voltage_at_any_time_is_on_the_line_through_its_knots() -> None:
    integrate_s, leaky_s = 1.3e-9, 4e-9
    period_s, half = integrate_s + leaky_s, EDGE_S / 2
    edge_s = [-half, half, integrate_s - half, integrate_s + half]
    knots_s = [-REST_S, *(pulse * period_s + time_s for pulse in range(5) for time_s in edge_s)]
    times_s = np.linspace(-REST_S, 5 * period_s, 10_001)
    expected = np.interp(times_s, knots_s, [0, *[0, 1, 1, 0] * 5])
    assert FIVE.metal_at(times_s, integrate_s, leaky_s) == pytest.approx(expected, abs=1e-12)


def verdicts(changes: list[float], first: bool = True) -> Callable[[Floats], np.ndarray]:
    """Return a neuron that changes its mind at the given windows."""
    return lambda windows: np.searchsorted(changes, windows, side="right") % 2 == int(not first)


LOW_S, HIGH_S = 0.2e-9, 2.2e-9
inside_s = st.floats(LOW_S * 1.0001, HIGH_S * 0.9999)


@pytest.mark.parametrize("spikes", [True, False])
def test_a_line_without_a_boundary(spikes: bool) -> None:
    found = boundary(verdicts([], spikes), LOW_S, HIGH_S, looks=9, rounds=3)
    assert (found.at_s, found.width_s, found.spikes_first, found.changes) == (None, 0.0, spikes, 0)
    assert found.monotone


@given(change_s=inside_s, first=st.booleans(), looks=st.integers(3, 40), rounds=st.integers(0, 5))
def test_the_only_boundary_is_bracketed(change_s: float, first: bool, looks: int, rounds: int) -> None:
    found = boundary(verdicts([change_s], first), LOW_S, HIGH_S, looks, rounds, wanted_first=first)
    # As far as numbers of this size have digits.
    width_s = (HIGH_S - LOW_S) / (looks - 1) ** (rounds + 1)
    assert found.width_s == pytest.approx(width_s, abs=1e-24)
    assert abs(found.at_s - change_s) <= width_s / 2 + 1e-24
    assert (found.spikes_first, found.changes, found.monotone) == (first, 1, True)


@pytest.mark.parametrize(("first", "said"), [(True, "it ceases to spike there"), (False, "it begins to spike there")])
def test_a_boundary_that_lies_the_other_way_round_is_none(first: bool, said: str) -> None:
    found = boundary(verdicts([1.01 * LOW_S], first), LOW_S, HIGH_S, looks=40, rounds=1, wanted_first=not first)
    assert (found.changes, found.monotone, found.trouble) == (1, False, said)


@given(steps=st.sets(st.integers(0, 38), min_size=2, max_size=9), first=st.booleans())
def test_of_several_boundaries_the_first_is_found(steps: set[int], first: bool) -> None:
    # One at most between two looks, none on a look.
    changes_s = [LOW_S + (step + 0.3) * (HIGH_S - LOW_S) / 39 for step in sorted(steps)]
    found = boundary(verdicts(changes_s, first), LOW_S, HIGH_S, looks=40, rounds=2)
    assert abs(found.at_s - changes_s[0]) <= found.width_s / 2
    assert (found.changes, found.spikes_first, found.monotone) == (len(steps), first, False)


@given(changes_s=st.lists(inside_s, min_size=1, max_size=30))
def test_the_verdict_differs_at_the_ends_of_the_last_bracket(changes_s: list[float]) -> None:
    asked: dict[float, bool] = {}

    def spikes(windows_s: Floats) -> np.ndarray:
        said = verdicts(sorted(changes_s))(windows_s)
        asked.update(zip(windows_s.tolist(), said.tolist(), strict=True))
        return said

    found = boundary(spikes, LOW_S, HIGH_S, looks=12, rounds=3)
    if found.at_s is None:
        return
    below_s, above_s = (max(s for s in asked if s < found.at_s), min(s for s in asked if s > found.at_s))
    assert above_s - below_s == pytest.approx(found.width_s, abs=1e-24)
    assert asked[below_s] != asked[above_s]


SMALL = 0.02
# It stays where it starts; its anisotropy says no more than which axis is easy.
STILL = Layer(0.45, (0, 0, 1e-9), (0, 0, 0))
TILTED = (SMALL, 0.0, math.sqrt(1 - SMALL**2))


def neuron(layer: Layer, amplitude: float = 1.0) -> Neuron:
    return Neuron(layer, rectangular(amplitude, 2, REST_S, EDGE_S, READ_S), NEVER)


@pytest.mark.parametrize("layer", SETS.values(), ids=SETS)
def test_the_fault_free_neuron_is_like_itself(layer: Layer) -> None:
    healthy = neuron(layer)
    one, other = dynamics([healthy, healthy], healthy, 1e-9, 9e-9)
    assert one == other
    integrated, leaked = marks(layer, healthy.train, 1e-9, 9e-9)[0, [Mark.INTEGRATED, Mark.LEAKED]]
    assert one.retention == pytest.approx(math.hypot(*leaked[:2]) / math.hypot(*integrated[:2]), abs=1e-6)


@pytest.mark.parametrize("layer", SETS.values(), ids=SETS)
def test_more_current_integrates_more_and_leaks_alike(layer: Layer) -> None:
    healthy = neuron(layer)
    weak, normal, strong = dynamics([neuron(layer, 0.8), healthy, neuron(layer, 1.2)], healthy, 1e-9, 9e-9)
    assert weak.integration_rad < 0.9 * normal.integration_rad < 0.9 * strong.integration_rad / 1.1
    for other in (weak, strong):
        assert other.retention == pytest.approx(normal.retention, rel=1e-3)
        assert other.phase_rad == pytest.approx(normal.phase_rad, abs=1e-3)


def test_windows_that_a_defect_of_the_timing_makes_are_the_faulty_neuron_s_alone() -> None:
    healthy = neuron(LIF)
    [late] = dynamics([healthy], healthy, 1e-9, 9e-9, made_s=(1.2e-9, 7e-9))
    [longer] = dynamics([healthy], healthy, 1.2e-9, 7e-9)
    assert late.integration_rad == longer.integration_rad
    integrated = marks(LIF, healthy.train, 1e-9, 9e-9)[0, Mark.INTEGRATED]
    [leaked] = dynamics([healthy], replace(healthy, layer=replace(STILL, start=tuple(integrated))), 1e-9, 7e-9)
    assert late.retention == pytest.approx(leaked.retention, rel=1e-9)


def test_integration_is_the_angle_that_the_area_of_the_torque_turns() -> None:
    spin_a_per_m = 1e3
    layer = Layer(0.2, (0, 0, 1e-3), (0, spin_a_per_m, 0), (0, 0.2 * spin_a_per_m, 0))
    [found] = dynamics([neuron(layer)], neuron(layer), 1.5e-9, 5e-9)
    turned = math.tanh(gamma_mu0_m_per_a_s() * spin_a_per_m * 1.5e-9)
    assert found.integration_rad == pytest.approx(math.asin(turned), rel=1e-5)


def leak_from(state: Vector, layer: Layer, leaky_s: float) -> Dynamics:
    """Measure the leak of a neuron; the fault-free one's first window leaves the state that it leaks from."""
    [found] = dynamics([neuron(layer)], neuron(replace(STILL, start=state)), 1e-9, leaky_s)
    return found


@pytest.mark.parametrize("alpha", [0.0047, 0.45])
@pytest.mark.parametrize("hkz_a_per_m", [500.0, 636.6, 800.0, 6246.8])
@pytest.mark.parametrize("leaky_s", [2e-9, 9e-9])
def test_retention_is_that_of_the_leak_alone(alpha: float, hkz_a_per_m: float, leaky_s: float) -> None:
    layer = replace(LIF, alpha=alpha, anisotropy_a_per_m=(0, 0, hkz_a_per_m))
    found = leak_from(TILTED, layer, leaky_s)
    # What is left of the window between its edges; at a small tilt the sine decays as the tangent does.
    expected = math.exp(-(leaky_s - EDGE_S) / relaxation_time_s(hkz_a_per_m, alpha))
    assert found.retention == pytest.approx(expected, rel=3 * SMALL**2)


@pytest.mark.parametrize("layer", SETS.values(), ids=SETS)
@pytest.mark.parametrize("stretched", [1.0, 1.1])
@pytest.mark.parametrize("leaky_s", [2e-9, 9e-9, 40e-9])
def test_turns_of_the_precession_are_counted(layer: Layer, stretched: float, leaky_s: float) -> None:
    hkz_a_per_m = stretched * layer.anisotropy_a_per_m[2]
    found = leak_from(TILTED, replace(layer, anisotropy_a_per_m=(0, 0, hkz_a_per_m)), leaky_s)
    turns = larmor_frequency_hz(hkz_a_per_m, layer.alpha) * (leaky_s - EDGE_S)
    assert found.phase_rad / (2 * math.pi) == pytest.approx(turns, rel=3 * SMALL**2)


def test_the_220_mhz_neuron_turns_twice_in_its_leaky_window() -> None:
    assert leak_from(TILTED, QUANT, 9e-9).phase_rad / (2 * math.pi) == pytest.approx(0.22 * 9, abs=0.03)
