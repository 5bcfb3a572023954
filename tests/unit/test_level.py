"""The search of a firing level, on read paths whose level and memory are known."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faultsim.campaigns.level import LEVEL_WIDTH, find_level, find_memory, probes_of
from faultsim.circuits.neuron import NotApart
from faultsim.magnetics.layer import NO_MEMORY, Reader

PERIOD_S = 1.5e-9
AXIS = (0.0, 0.0, 1.0)
SENSES = st.sampled_from([1.0, -1.0])
LEVELS = st.floats(-0.95, 0.95)


@dataclass
class ReadPath:
    """Fires below a level (sign 1) or above it (-1); a read lowers the level of the next one, for a time."""

    level: float
    sign: float = 1.0
    loss: float = 0.0
    slope: float = 0.0
    decay_s: float = 0.5e-9
    asked: list[Sequence[float]] = field(default_factory=list)

    def __call__(self, projections: Sequence[float], period_s: float) -> list[bool]:
        self.asked.append(projections)
        left, level, fired = self.loss * math.exp(-(period_s - PERIOD_S) / self.decay_s), self.sign * self.level, []
        for number, value in enumerate(projections):
            at = self.sign * value
            if number:
                # The level that solves level = rested - left (1 + slope (last - level)).
                last = self.sign * projections[number - 1]
                level = (self.sign * self.level - left * (1 + self.slope * last)) / (1 - left * self.slope)
            fired.append(at < level)
        return fired


def near(path: ReadPath, away: float) -> Reader:
    return Reader(AXIS, max(-1.0, min(1.0, path.level + away)), path.sign > 0)


@given(LEVELS, SENSES)
def test_a_level_of_which_nothing_is_known_is_found(level: float, sign: float) -> None:
    path = ReadPath(level, sign)
    found = find_level(AXIS, path, PERIOD_S)
    assert found.level == pytest.approx(level, abs=LEVEL_WIDTH / 2 + 1e-12)
    assert (found.below, found.memory) == (sign > 0, NO_MEMORY)
    assert path(*_certificate(found)) == probes_of(found, PERIOD_S)[1]


def _certificate(reader: Reader) -> tuple[list[float], float]:
    return probes_of(reader, PERIOD_S)[0], PERIOD_S


@given(LEVELS, SENSES, st.floats(-2.0, 2.0))
def test_a_level_is_found_from_any_other(level: float, sign: float, away: float) -> None:
    path = ReadPath(level, sign)
    found = find_level(AXIS, path, PERIOD_S, near(path, away))
    assert found.level == pytest.approx(level, abs=LEVEL_WIDTH / 2 + 1e-12)


def test_a_level_close_by_costs_few_reads() -> None:
    close, far = ReadPath(0.5), ReadPath(0.5)
    find_level(AXIS, close, PERIOD_S, near(close, 0.004))
    find_level(AXIS, far, PERIOD_S)
    assert len(close.asked) <= 5 < len(far.asked)


def test_the_sense_that_a_defect_turns_over_is_found() -> None:
    assert not find_level(AXIS, ReadPath(0.2, -1.0), PERIOD_S, Reader(AXIS, 0.2, below=True)).below


@pytest.mark.parametrize(("level", "found"), [(2.0, math.inf), (-2.0, -math.inf)])
@pytest.mark.parametrize("other", [None, Reader(AXIS, 0.4)])
def test_an_output_that_always_or_never_spikes_has_no_finite_level(
    level: float, found: float, other: Reader | None
) -> None:
    path = ReadPath(level)
    reader = find_level(AXIS, path, PERIOD_S, other)
    assert reader.level == found
    assert path(*_certificate(reader)) == probes_of(reader, PERIOD_S)[1]


def test_an_output_that_spikes_in_two_ranges_is_refused() -> None:
    def fires(projections: Sequence[float], _period_s: float) -> list[bool]:
        return [abs(value) > 0.7 for value in projections]

    with pytest.raises(NotApart, match="more than one range"):
        find_level(AXIS, fires, PERIOD_S)


@given(st.floats(-0.4, 0.4), SENSES, st.floats(0.004, 0.2), st.floats(-1.0, 1.5), st.floats(0.1e-9, 0.4e-9))
def test_what_a_read_leaves_for_the_next_is_measured(
    level: float, sign: float, loss: float, slope: float, decay_s: float
) -> None:
    path = ReadPath(level, sign, loss, slope, decay_s)
    reader = Reader(AXIS, level, sign > 0)
    memory = find_memory(reader, path, PERIOD_S)
    # Two looks, each within half a step, and a distance of a quarter between them.
    assert memory.losses[0] == pytest.approx(loss, abs=3 * LEVEL_WIDTH)
    assert memory.losses[-1] <= 3 * LEVEL_WIDTH
    with_memory = Reader(AXIS, level, sign > 0, memory)
    assert path(*_certificate(with_memory)) == probes_of(with_memory, PERIOD_S)[1]
    # Without it the certificate fails: this is how a memory is noticed.
    assert path(*_certificate(reader)) != probes_of(reader, PERIOD_S)[1]


def test_what_is_left_in_no_proportion_is_refused() -> None:
    def fires(projections: Sequence[float], _period_s: float) -> list[bool]:
        """Only a far read lowers the next one."""
        drops = [0.0, *(0.1 if value > 0.3 else 0.0 for value in projections)]
        return [value < 0.1 - drop for value, drop in zip(projections, drops, strict=False)]

    with pytest.raises(NotApart, match="not in proportion"):
        find_memory(Reader(AXIS, 0.1), fires, PERIOD_S)


def test_a_path_that_forgets_has_no_memory() -> None:
    assert find_memory(Reader(AXIS, 0.1), ReadPath(0.1), PERIOD_S) == NO_MEMORY


def test_a_path_that_does_not_forget_is_refused() -> None:
    with pytest.raises(NotApart, match=r"remembers a read for more than 4\.3 ns"):
        find_memory(Reader(AXIS, 0.1), ReadPath(0.1, loss=0.05, decay_s=1.0), PERIOD_S)
