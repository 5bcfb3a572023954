"""Limits that no good circuit fails, and that a faulty one fails whatever the tester's error."""

from __future__ import annotations

import math
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from faultsim.campaigns.limits import first_pulse
from faultsim.circuits import network
from faultsim.circuits.bench import nominal
from faultsim.circuits.stimulus import Stimulus
from faultsim.vectors.candidate import SPIKE, Candidate
from faultsim.vectors.check import measured_check, spike_check
from faultsim.vectors.tester import load_tester

CIRCUIT = network.load("crossbar4")
BENCH = load_tester("bench")
PULSES = 6
pulses = st.lists(st.integers(0, PULSES), min_size=1, max_size=30)
currents = st.floats(1e-7, 1e-3)


def candidate(observable: str) -> Candidate:
    spec = CIRCUIT.sidecar.stimulus.model_copy(update={"pulses": PULSES})
    return Candidate("it", Stimulus("1111", spec), nominal(CIRCUIT), observable)


@given(pulses)
def test_no_good_circuit_fails_a_spike_vector(good: list[int]) -> None:
    check = spike_check(candidate(SPIKE), good, good[0])
    if check is None:
        assert 1 in good and 0 in good
        return
    observed = check.candidate.stimulus.spec.pulses
    for pulse in good:
        # Behind the last window that is compared nobody looks.
        seen = pulse if 0 < pulse <= observed else None
        assert check.limits.passes(check.expected, seen)
    assert check.time_s(BENCH, 0.0) >= check.candidate.stimulus.stop_s


@given(pulses)
def test_a_spike_vector_ends_where_nothing_can_fail_any_more(good: list[int]) -> None:
    check = spike_check(candidate(SPIKE), good, good[0])
    if check is None:
        return
    observed, spiking = check.candidate.stimulus.spec.pulses, [pulse for pulse in good if pulse]
    if 0 not in good:
        assert (check.limits.low, check.limits.high, observed) == (min(good), max(good), max(good))
        assert not check.limits.passes(None, None)
        assert not check.silent
    else:
        assert check.silent
        assert observed == (min(spiking) - 1 if spiking else PULSES)
        assert all(not check.limits.passes(None, pulse) for pulse in range(1, observed + 1))


@given(st.lists(currents, min_size=1, max_size=30), st.floats(0, 0.05), st.sampled_from([1e-9, 1e-8, 5e-8]))
def test_limits_of_a_current_hold_good_circuits_as_the_tester_measures_them(
    good: list[float], accuracy: float, resolution: float
) -> None:
    spec = BENCH.spec.model_copy(update={"current_accuracy": accuracy, "current_resolution": resolution})
    check = measured_check(candidate("im_wr_a"), good, good[0], replace(BENCH, spec=spec))
    assert check is not None
    for value in good:
        assert all(check.limits.passes(None, seen) for seen in readings(value, accuracy, resolution))
    for limit in (check.limits.low, check.limits.high):
        assert abs(limit / resolution - round(limit / resolution)) < 1e-6
    # What is certain to fail fails however it is measured.
    step = 1e-9 * check.limits.high
    for value in (check.certain.low - step, check.certain.high + step):
        assert not any(check.limits.passes(None, seen) for seen in readings(value, accuracy, resolution))


def readings(value: float, accuracy: float, resolution: float) -> list[float]:
    """Return the ends of what a tester may read of a current: off by a share, then rounded to a step."""
    return [value * (1 + sign * accuracy) + half * resolution / 2 for sign in (-1, 1) for half in (-1, 1)]


@given(st.floats(-4e-9, 4e-9))
def test_a_current_below_the_resolution_is_nothing_whatever_its_sign(leaking: float) -> None:
    check = measured_check(candidate("im_wr_a"), [1e-12], 1e-12, BENCH)
    assert check is not None
    assert check.limits.passes(None, leaking)
    assert check.certain.passes(None, leaking)


def test_a_current_that_a_good_circuit_does_not_have_gives_no_limits() -> None:
    assert measured_check(candidate("im_wr_a"), [1e-6, None], 1e-6, BENCH) is None
    assert measured_check(candidate("im_wr_a"), [1e-6, math.inf], 1e-6, BENCH) is None


def test_a_measurement_costs_what_the_tester_takes_for_it() -> None:
    check = measured_check(candidate("im_wr_a"), [1e-6], 1e-6, BENCH)
    spike = spike_check(candidate(SPIKE), [PULSES], PULSES)
    assert check is not None and spike is not None
    assert check.time_s(BENCH, 0.0) - spike.time_s(BENCH, 0.0) > 0.99 * BENCH.spec.overheads.measurement


def test_the_first_pulse_of_none_is_0() -> None:
    assert [first_pulse(value) for value in (None, 3, 3.0)] == [0, 3, 3]
