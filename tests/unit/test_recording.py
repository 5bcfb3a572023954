"""Recordings: the edges of any stimulus, where one serves, and that a drive is played at other windows as it was."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from faultsim.campaigns.recording import Edge, Plane, Recording, at_windows, silenced
from faultsim.circuits.neuron import NotApart
from faultsim.circuits.sidecar import ClockSpec, CodingSpec, ProgramSpec, StimulusSpec
from faultsim.circuits.stimulus import Stimulus
from faultsim.magnetics.train import Floats, Mark, PulseTrain

# Black spikes at once, dark grey 2.5 ns later, grey 5 ns later, white never.
CODING = CodingSpec(i_max=4, t_max=10e-9, intensity={"1": 4, "d": 3, "g": 2, "0": 0})
SPEC = StimulusSpec(
    start=10e-9,
    edge=20e-12,
    integrate=1e-9,
    leaky=9e-9,
    pulses=5,
    read_delay=50e-12,
    read_width=0.2e-9,
    strobe_width=0.26e-9,
    coding=CODING,
)
PLANE = Plane((0.2e-9, 2e-9), (3e-9, 14e-9))
HALF_S = SPEC.edge / 2
PROGRAM = ProgramSpec(delay=1e-9, width=15e-9, depress_width=15e-9, lead=0.1e-9, settle=4e-9)


def stimulus(pattern: str = "111", **changed: object) -> Stimulus:
    return Stimulus(pattern, SPEC.model_copy(update=changed))


def plane_of(integrate_s: list[float], leaky_s: list[float]) -> Plane:
    (short, long), (soon, late) = sorted(integrate_s), sorted(leaky_s)
    return Plane((short, long), (soon, late))


integrate_windows, leaky_windows = st.floats(0.2e-9, 2e-9), st.floats(3e-9, 14e-9)
planes = st.builds(
    plane_of,
    *(st.lists(window, min_size=2, max_size=2, unique=True) for window in (integrate_windows, leaky_windows)),
)
frame = st.text("1dg0", min_size=3, max_size=3)
# A clock is over before the shortest coding window is.
clock = st.builds(ClockSpec, delay=st.floats(0, 1e-9), width=st.floats(30e-12, 2e-9))
timings = st.fixed_dictionaries(
    {
        "pulses": st.integers(1, 7),
        "start": st.floats(30e-12, 12e-9),
        "read_delay": st.floats(0, 0.3e-9),
        "read_width": st.floats(30e-12, 0.26e-9),
        "clocks": st.dictionaries(st.sampled_from(["a", "b"]), clock, max_size=2),
    }
)


def made(pattern: str, timing: dict[str, object]) -> Stimulus:
    return stimulus(pattern, **timing)


stimuli = st.builds(made, st.lists(frame, min_size=1, max_size=3).map(",".join), timings)


def instants_s(observed: Stimulus) -> list[float]:
    """Return when the test bench begins to move a net, each instant once."""
    pulses = [*observed.reads_s, *(span for name in observed.spec.clocks for span in observed.clock_s(name))]
    for place in range(len(observed.frames[0])):
        pulses += [(start, start + observed.spec.integrate) for start in observed.spikes_s(place)]
    return each_once([time - HALF_S for span in pulses for time in span])


def each_once(times: list[float]) -> list[float]:
    """Return times in order; those that differ in the last digits only are one."""
    ordered = sorted(times)
    return [time for place, time in enumerate(ordered) if not place or time - ordered[place - 1] > 1e-17]


@given(stimulus=stimuli, plane=planes)
def test_edges_are_all_that_the_test_bench_does_in_order(stimulus: Stimulus, plane: Plane) -> None:
    recording = Recording(stimulus, plane)
    times = [edge.time_s(recording.played) for edge in recording.edges]
    assert times == sorted(times)
    assert each_once(times) == pytest.approx(instants_s(recording.played), rel=0, abs=1e-16)
    assert all(time < recording.played.stop_s for time in times)


@given(behind_s=st.floats(0.0, 60e-12), integrate_s=integrate_windows)
def test_a_spike_that_ends_with_the_plane_is_in_the_recording(behind_s: float, integrate_s: float) -> None:
    plane = Plane((0.19e-9, integrate_s), (3e-9, 5e-9 + behind_s))
    recording = Recording(stimulus("00g"), plane)
    assert all(edge.time_s(recording.played) < recording.played.stop_s for edge in recording.edges)
    assert recording.played.spec.leaky <= plane.leaky_s[1]


@given(stimulus=stimuli, plane=planes)
def test_what_is_recorded_is_a_stimulus_in_its_own_right(stimulus: Stimulus, plane: Plane) -> None:
    recording = Recording(stimulus, plane)
    played = recording.played
    StimulusSpec.model_validate(played.spec.model_dump())
    assert played.spec.integrate == plane.integrate_s[1]
    assert played.spec.leaky <= plane.leaky_s[1]
    assert played.spec.pulses == min(stimulus.spec.pulses, len(stimulus.frames) + 1)
    assert played.first_s <= stimulus.first_s


@given(stimulus=stimuli, plane=planes)
def test_samples_follow_each_edge_up_to_the_next_one(stimulus: Stimulus, plane: Plane) -> None:
    recording = Recording(stimulus, plane)
    begins = [edge.time_s(recording.played) for edge in recording.edges]
    gaps = np.diff([*begins, recording.played.stop_s])
    for row, gap in zip(recording.samples_s, gaps, strict=True):
        assert row[0] == 0.0
        assert row == sorted(row)
        assert row[-1] == pytest.approx(gap, rel=0, abs=1e-20)
    # To the last digits: what one piece ends with the next begins with.
    assert np.diff(recording.times_s).min() > -1e-20
    assert len(recording.times_s) == sum(map(len, recording.samples_s))


def sent(asked: Stimulus, pulses: int) -> list[tuple[int, int]]:
    """Return in which coding windows which input spikes."""
    observed = replace(asked, spec=asked.spec.model_copy(update={"pulses": pulses}))
    spikes = [(start, place) for place in range(len(asked.frames[0])) for start in observed.spikes_s(place)]
    return sorted((math.floor((start - observed.first_s) / observed.period_s + 1e-9), place) for start, place in spikes)


def serves_where_the_same_is_sent(asked: Stimulus, plane: Plane, integrate_s: float, leaky_s: float) -> None:
    # What hangs on the last digit may be either.
    assume(all(leaky_s == delay or abs(leaky_s - delay) > 1e-18 for delay in (2.5e-9, 5e-9)))
    recording = Recording(asked, plane)
    count = recording.played.spec.pulses
    same = sent(at_windows(asked, integrate_s, leaky_s), count) == sent(recording.played, count)
    assert bool(recording.serves(integrate_s, leaky_s)) is same


windows = st.tuples(st.floats(0.1e-9, 3e-9), st.one_of(st.floats(1e-9, 20e-9), st.sampled_from([2.5e-9, 5e-9, 10e-9])))


@given(stimulus=st.builds(made, frame, timings), plane=planes, at=windows)
def test_a_recording_serves_exactly_where_the_same_spikes_are_sent(
    stimulus: Stimulus, plane: Plane, at: tuple[float, float]
) -> None:
    serves_where_the_same_is_sent(stimulus, plane, *at)


@given(stimulus=stimuli, plane=planes, at=windows)
def test_a_recording_of_frames_in_turn_serves_exactly_where_the_same_spikes_are_sent(
    stimulus: Stimulus, plane: Plane, at: tuple[float, float]
) -> None:
    assume(stimulus.spec.pulses >= len(stimulus.frames))
    serves_where_the_same_is_sent(stimulus, plane, *at)


def test_the_spikes_of_a_later_frame_are_recorded_too() -> None:
    played = Recording(stimulus("111,ggg"), PLANE).played
    assert sent(played, 2) == [(number, place) for number in range(2) for place in range(3)]


def test_many_windows_are_asked_for_at_once() -> None:
    served = Recording(stimulus("11g"), PLANE).serves(*np.meshgrid([0.5e-9, 1e-9], [4.9e-9, 5e-9, 9e-9]))
    assert served.tolist() == [[False, False], [True, True], [True, True]]
    assert Recording(stimulus("110"), PLANE).serves(1e-9, [1e-9, 9e-9]).tolist() == [True, True]


Wave = Callable[[Edge, Floats], Floats]
"""A waveform over the time since an edge."""


def settling(time_s: float, phase: float, heights: tuple[float, ...] = (1.0,) * 5) -> Wave:
    """Return a waveform that settles, from and to levels that each edge of a coding window has of its own."""

    def wave(edge: Edge, times: Floats) -> Floats:
        own = phase + 1e9 * edge.offset_s + 0.4 * edge.share
        start, end = math.sin(7 * own), math.cos(5 * own)
        return np.asarray(heights[edge.pulse] * (end + (start - end) * np.exp(-times / time_s)))

    return wave


def train_of(recording: Recording, metal: Wave, pillar: Wave) -> PulseTrain:
    """Return the train of a circuit in which such waveforms are seen."""
    rows = list(zip(recording.edges, map(np.array, recording.samples_s), strict=True))
    seen = [np.concatenate([wave(edge, times) for edge, times in rows]).tolist() for wave in (metal, pillar)]
    return recording.train(*seen, rested_s=10e-9)


def happens(recording: Recording, at: tuple[float, float]) -> Iterator[tuple[float, Edge]]:
    """Yield when each edge of the whole stimulus is at other windows, and which edge of the recording it is."""
    asked, frames = at_windows(recording.stimulus, *at), len(recording.stimulus.frames)
    for pulse in range(asked.spec.pulses):
        source = pulse if pulse <= frames else 1 + (pulse - 1) % frames
        for edge in recording.edges:
            if edge.pulse == source:
                yield replace(edge, pulse=pulse).time_s(asked) - asked.first_s, edge


def looks_s(recording: Recording, at: tuple[float, float]) -> Floats:
    """Return times all over the coding windows, most of them where something has just happened; none on an edge."""
    spread = 1e-15 + 14e-9 * np.linspace(0, 1, 200) ** 3
    return np.unique(np.concatenate([[-5e-9, -1e-9], *(time + spread for time, _ in happens(recording, at))]))


def expected(recording: Recording, wave: Wave, at: tuple[float, float]) -> Floats:
    """Return a waveform at those times, by what the last edge was; before the first there is none."""
    times, edges = looks_s(recording, at), list(happens(recording, at))
    last = np.searchsorted([time for time, _ in edges], times, side="right") - 1
    values = np.zeros(times.size)
    for place, (begin, edge) in enumerate(edges):
        values[last == place] = wave(edge, times[last == place] - begin)
    return values


SETTLES_S = 0.1e-9
# Straight lines between samples, and a few of those left out.
ERROR = 4e-3


def is_played(recording: Recording, metal: Wave, pillar: Wave, at: tuple[float, float]) -> None:
    """Check that a train is the waveforms at other windows."""
    train = train_of(recording, metal, pillar)
    assert recording.serves(*at)
    assert train.in_order(*at)
    times = looks_s(recording, at)
    assert train.metal_at(times, *at) == pytest.approx(expected(recording, metal, at), rel=0, abs=ERROR)
    currents = replace(train, metal_v=train.pillar_a).metal_at(times, *at)
    assert currents == pytest.approx(expected(recording, pillar, at), rel=0, abs=ERROR)


@settings(max_examples=40, deadline=None)
@given(
    pattern=st.text("1g0", min_size=3, max_size=3),
    pulses=st.integers(1, 6),
    phase=st.floats(0, 1),
    at=st.tuples(integrate_windows, leaky_windows),
)
def test_what_hangs_on_the_last_edge_alone_is_played_at_all_windows(
    pattern: str, pulses: int, phase: float, at: tuple[float, float]
) -> None:
    # Grey ones are not sent in leaky windows that are too short for them.
    assume("g" not in pattern or at[1] > 5e-9)
    recording = Recording(stimulus(pattern, pulses=pulses), PLANE)
    is_played(recording, settling(SETTLES_S, phase), settling(SETTLES_S / 2, phase + 0.3), at)


@pytest.mark.parametrize("at", [(0.3e-9, 9e-9), (1.2e-9, 12e-9)])
def test_clocks_have_edges_of_their_own(at: tuple[float, float]) -> None:
    recording = Recording(
        stimulus(clocks={"a": ClockSpec(delay=4e-9, width=1e-9)}), Plane((0.2e-9, 2e-9), (8e-9, 14e-9))
    )
    is_played(recording, settling(SETTLES_S, 0.1), settling(SETTLES_S, 0.7), at)


@pytest.mark.parametrize("pattern", ["111", "1g0,ggg", "111,000,g1g"])
def test_coding_windows_behind_the_recorded_ones_repeat_them(pattern: str) -> None:
    # The first differs from the others: the circuit had been at rest. What is first in order is recorded latest here.
    frames = pattern.split(",")
    asked = stimulus(",".join(sorted(frames, key=lambda frame: "g" not in frame)), pulses=9)
    heights = (0.5, 1.0, 0.8, 0.9)
    recording = Recording(asked, PLANE)
    assert {edge.pulse for edge in recording.edges} == set(range(len(frames) + 1))
    is_played(recording, settling(SETTLES_S, 0.2, heights), settling(SETTLES_S, 0.5, heights), (0.7e-9, 9e-9))


@given(at=st.tuples(integrate_windows, leaky_windows), pattern=st.text("10", min_size=3, max_size=3))
def test_marks_are_noted_between_the_edges_of_each_window(at: tuple[float, float], pattern: str) -> None:
    recording = Recording(stimulus(pattern), PLANE)
    train = train_of(recording, settling(SETTLES_S, 0.0), settling(SETTLES_S, 0.0))
    assert train.in_order(*at)
    assert train.pulses == SPEC.pulses
    starts, (integrate_s, leaky_s) = np.arange(SPEC.pulses) * sum(at), at
    read_s = SPEC.read_delay + SPEC.read_width / 2
    instants = [-HALF_S, integrate_s + HALF_S, integrate_s + read_s, integrate_s + leaky_s - HALF_S]
    for mark, instant in zip((Mark.BEGIN, Mark.INTEGRATED, Mark.READ, Mark.LEAKED), instants, strict=True):
        assert train.times_s(*at)[train.mark == mark] == pytest.approx(starts + instant, rel=0, abs=1e-20)


def test_the_rest_before_the_first_window_is_as_long_as_it_is_asked_for_and_without_a_drive() -> None:
    train = train_of(Recording(stimulus(start=10e-9), PLANE), settling(SETTLES_S, 0.3), settling(SETTLES_S, 0.3))
    assert train.times_s(1e-9, 9e-9)[0] == -10e-9
    assert not train.metal_at(np.linspace(-10e-9, -HALF_S - 1e-15, 50), 1e-9, 9e-9).any()


@pytest.mark.parametrize("ask", ["played", "edges", "samples_s", "times_s"])
def test_a_programming_sequence_cannot_be_recorded(ask: str) -> None:
    programmed = replace(stimulus(program=PROGRAM), program="1--")
    with pytest.raises(NotApart, match="programming sequence depends on the integrate window"):
        getattr(Recording(programmed, PLANE), ask)


def test_a_stimulus_without_inputs_is_all_white_and_has_its_reads_alone() -> None:
    silent = silenced(stimulus("11g"))
    assert silent.pattern == "000"
    edges = Recording(silent, PLANE).edges
    assert [edge.offset_s for edge in edges] == pytest.approx([40e-12, 240e-12] * 2, rel=0, abs=1e-18)
    assert {edge.share for edge in edges} == {1.0}


def test_a_coding_without_white_has_no_silence() -> None:
    coding = CodingSpec(i_max=2, t_max=10e-9, intensity={"1": 2, "g": 1})
    with pytest.raises(NotApart, match="no symbol of intensity 0"):
        silenced(stimulus("11g", coding=coding))


def test_corners_of_a_plane_are_its_shortest_and_its_longest_windows() -> None:
    for end, cell in enumerate(zip(PLANE.integrate_s, PLANE.leaky_s, strict=True)):
        corner = PLANE.corner(stimulus("1g0"), end)
        assert (corner.spec.integrate, corner.spec.leaky) == cell
        assert corner == at_windows(stimulus("1g0"), *cell)
