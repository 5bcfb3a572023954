"""Which transient stands for a defect, and which of its waveforms are kept."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faultsim.campaigns.portrait import Side, portrait_of, pose_of
from faultsim.campaigns.results import PortraitRow
from faultsim.spice.job import Outcome, Status, Trace
from faultsim.spice.waveform import Waveform
from tests.unit.run_folders import threshold

TIMES = np.linspace(0.0, 30e-9, 301)


def wave(values: object, times: object = TIMES) -> Waveform:
    return Waveform(np.asarray(times, float), np.broadcast_to(np.asarray(values, float), np.shape(times)).copy())


def backdrop(**waves: Waveform) -> PortraitRow:
    traces = {name: (list(found.time_s), list(found.values)) for name, found in waves.items()}
    return PortraitRow("", "t", "w", "nominal", 1.1, 27.0, None, "", "", "key", "whole", traces)


def kept(faulty: dict[str, Waveform], healthy: PortraitRow, **vectors: str) -> PortraitRow:
    pose = pose_of([threshold()])
    assert pose is not None
    trace = Trace(Outcome(Status.OK, {}, 301, ""), faulty)
    return portrait_of(pose, trace, healthy, "other key", vectors)


def test_an_open_is_drawn_where_it_is_seen_from_the_smallest_resistance_on() -> None:
    pose = pose_of([threshold(ohm=16e3, window="a"), threshold(ohm=3e3, window="b"), threshold(ohm=None, window="c")])
    assert pose is not None
    assert (pose.row.window, pose.severity, pose.side) == ("b", 3e3, Side.FAILS)


def test_a_bridge_is_drawn_where_it_is_seen_up_to_the_largest() -> None:
    rows = [threshold(ohm=ohm, window=str(ohm), direction="fails_below") for ohm in (16e3, 30e3, 3e3)]
    pose = pose_of(rows)
    assert pose is not None
    assert (pose.severity, pose.side) == (30e3, Side.FAILS)


def test_what_no_test_sees_is_drawn_at_the_severest_that_passes() -> None:
    pose = pose_of([threshold(ohm=None, passes_at=1e6), threshold(ohm=None, passes_at=1e9)])
    assert pose is not None
    assert (pose.severity, pose.side) == (1e9, Side.PASSES)
    bridge = pose_of([threshold(ohm=None, passes_at=at, direction="fails_below") for at in (10.0, 100.0)])
    assert bridge is not None
    assert (bridge.severity, bridge.side) == (10.0, Side.PASSES)


def test_a_process_corner_comes_after_all_that_can_be_set() -> None:
    pose = pose_of([threshold(ohm=1e3, corner="slow"), threshold(ohm=5e3)])
    assert pose is not None
    assert pose.severity == 5e3
    alone = pose_of([threshold(ohm=1e3, corner="slow")])
    assert alone is not None
    assert alone.row.corner == "slow"


def test_of_an_unknown_defect_nothing_is_drawn() -> None:
    assert pose_of([]) is None
    assert pose_of([threshold(ohm=None, verdict="unknown", passes_at=None)]) is None


def test_probes_that_are_as_in_the_fault_free_circuit_are_not_kept() -> None:
    healthy = backdrop(out=wave(np.sin(TIMES * 1e9)), mz=wave(1.0))
    found = kept({"out": wave(np.sin(TIMES * 1e9)), "mz": wave(0.9)}, healthy, out="v(out)", mz="v(x.mz)")
    assert list(found.traces) == ["mz"]
    assert (found.defect_id, found.severity, found.side, found.transient) == ("R1", 16e3, "fails", "other key")


def test_coupling_of_a_millivolt_is_no_difference_but_a_current_s_own_range_counts() -> None:
    healthy = backdrop(in2=wave(1e-4 * np.sin(TIMES * 1e9)), im=wave(1e-6 * np.sin(TIMES * 1e9)))
    faulty = {"in2": wave(3e-4 * np.sin(TIMES * 1e9)), "im": wave(3e-6 * np.sin(TIMES * 1e9))}
    assert list(kept(faulty, healthy, in2="v(in2)", im="i(v.im)").traces) == ["im"]


def test_a_transient_that_ends_early_is_compared_as_far_as_it_goes() -> None:
    healthy = backdrop(out=wave(np.where(TIMES > 20e-9, 1.1, 0.0)))
    early = TIMES[TIMES < 15e-9]
    assert not kept({"out": wave(0.0, early)}, healthy, out="v(out)").traces
    assert kept({"out": wave(np.where(early > 5e-9, 1.1, 0.0), early)}, healthy, out="v(out)").traces


def test_a_probe_that_the_fault_free_circuit_does_not_have_is_kept() -> None:
    assert list(kept({"new": wave(0.0)}, backdrop(), new="v(new)").traces) == ["new"]


@given(moved=st.floats(0, 1), flat=st.booleans())
def test_from_two_per_cent_on_a_probe_is_kept_thinned_to_what_a_drawing_shows(moved: float, flat: bool) -> None:
    shape = np.zeros_like(TIMES) if flat else np.sin(TIMES * 1e9)
    range_v = max(2.0 * (not flat), 1.1)
    found = kept({"out": wave(shape + moved)}, backdrop(out=wave(shape)), out="v(out)")
    if abs(moved / range_v - 0.02) > 1e-3:
        assert bool(found.traces) == (moved / range_v > 0.02)
    for times, values in found.traces.values():
        assert np.interp(TIMES, times, values) == pytest.approx(shape + moved, abs=0.005 * range_v)
