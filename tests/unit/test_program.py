"""When weights are programmed, and what a pattern that changes from window to window sends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faultsim.circuits import network
from faultsim.circuits.sidecar import ProgramSpec, StimulusSpec
from faultsim.circuits.stimulus import Stimulus

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
