"""When weights are programmed, and what a pattern that changes from window to window sends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faultsim.circuits import network
from faultsim.circuits.sidecar import ProgramSpec, StimulusSpec
from faultsim.circuits.stimulus import Stimulus
from faultsim.errors import SpecError

SPEC = network.load("crossbar4").sidecar.stimulus
NS = 1e-9
times = st.floats(0.1, 40).map(lambda value: value * NS)
programs = st.text("01-", min_size=4, max_size=4)


def timed(delay_s: float, width_s: float, depress_s: float, settle_s: float) -> StimulusSpec:
    program = ProgramSpec(delay=delay_s, width=width_s, depress_width=depress_s, lead=0.1 * NS, settle=settle_s)
    return SPEC.model_copy(update={"program": program})


@given(programs, times, times, times, times)
def test_phases_follow_each_other_and_end_before_the_first_coding_window(
    program: str, delay_s: float, width_s: float, depress_s: float, settle_s: float
) -> None:
    stimulus = Stimulus("1111", timed(delay_s, width_s, depress_s, settle_s), program=program)
    spans = list(stimulus.programming.output_spikes_s)
    assert len(spans) == ("0" in program) + ("1" in program)
    ends = [SPEC.start, *(time for span in spans for time in span), stimulus.first_s]
    assert ends == sorted(ends)
    for place, symbol in enumerate(program):
        assert len(stimulus.programming.spikes_s(place)) == (symbol == "1")
        assert len(stimulus.programming.depressions_s(place)) == (symbol == "0")
        for start, stop in stimulus.programming.depressions_s(place):
            assert start < spans[0][0] < spans[0][1] < stop
        for spike in stimulus.programming.spikes_s(place):
            assert spans[-1][0] - spike == pytest.approx(delay_s, rel=1e-9)
            assert spike + SPEC.integrate <= stimulus.first_s


def test_without_a_program_nothing_moves() -> None:
    stimulus = Stimulus("1111", SPEC)
    assert stimulus.first_s == SPEC.start
    assert stimulus.programming.output_spikes_s == ()
    assert Stimulus("1111", SPEC, program="----").first_s == SPEC.start


@given(st.lists(st.text("01g", min_size=4, max_size=4), min_size=1, max_size=5), st.integers(1, 12))
def test_patterns_take_turns_window_by_window(frames: list[str], pulses: int) -> None:
    spec = SPEC.model_copy(update={"pulses": pulses})
    stimulus = Stimulus(",".join(frames), spec)
    for place in range(4):
        delays = {"1": 0.0, "g": SPEC.coding.t_max / 2}
        expected = [
            start + delays[frames[number % len(frames)][place]]
            for number, start in enumerate(stimulus.starts_s)
            if frames[number % len(frames)][place] in delays
        ]
        assert stimulus.spikes_s(place) == pytest.approx(expected, abs=1e-18)


def test_one_pattern_is_sent_in_every_window() -> None:
    stimulus = Stimulus("10g1", SPEC)
    assert [len(stimulus.spikes_s(place)) for place in range(4)] == [SPEC.pulses, 0, SPEC.pulses, SPEC.pulses]


@given(st.lists(programs.filter(lambda text: set(text) != {"-"}), min_size=1, max_size=4))
def test_steps_of_a_program_are_those_of_each_one_after_the_other(steps: list[str]) -> None:
    whole = Stimulus("1111", SPEC, program=",".join(steps)).programming
    begin_s, alone = SPEC.start, []
    for step in steps:
        spec = SPEC.model_copy(update={"start": begin_s})
        alone.append(Stimulus("1111", spec, program=step).programming)
        begin_s += alone[-1].duration_s
    assert whole.duration_s == pytest.approx(begin_s - SPEC.start)
    assert_same(whole.output_spikes_s, [span for part in alone for span in part.output_spikes_s])
    assert_same(whole.sources_s, [span for part in alone for span in part.sources_s])
    for place in range(4):
        assert_same(whole.spikes_s(place), [spike for part in alone for spike in part.spikes_s(place)])
        assert_same(whole.depressions_s(place), [span for part in alone for span in part.depressions_s(place)])


def assert_same(found: Sequence[Any], wanted: Sequence[Any]) -> None:
    assert len(found) == len(wanted)
    np.testing.assert_allclose(np.array(found), np.array(wanted), rtol=1e-12)


@pytest.mark.parametrize(("program", "wrong"), [("0---,1--", "1--"), ("0---,----", "----"), ("0---,", "''")])
def test_a_step_that_is_none_is_named(program: str, wrong: str) -> None:
    with pytest.raises(SpecError) as caught:
        network.load("crossbar4").check_weights("", program)
    assert wrong in str(caught.value)
    network.load("crossbar4").check_weights("", "0---,1---")
