"""The page's data: numbers that JSON has, texts once, and nothing that ends the script element."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faultsim.reports.page import island
from faultsim.reports.page.wording import soft


@given(values=st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=400))
def test_a_trace_comes_back_to_a_thousandth_of_its_range(values: list[float]) -> None:
    times = [1e-9 * place for place in range(len(values))]
    start, stop, low, high, across, up = json.loads(json.dumps(island._trace((times, values))))
    assert (start, stop) == (pytest.approx(times[0], rel=1e-3), pytest.approx(times[-1], rel=1e-3))
    assert (low, high) == (pytest.approx(min(values), rel=1e-3), pytest.approx(max(values), rel=1e-3))
    assert len(across) == len(up) <= 150
    assert across == sorted(across)
    assert all(0 <= part <= 999 for part in (*across, *up))
    # Both ends are always there.
    size = max(values) - min(values)
    if size > 1e-3:
        assert low + up[-1] / 999 * (high - low) == pytest.approx(
            values[-1], abs=3e-3 * size + 1e-3 * max(map(abs, values))
        )


def test_a_spike_between_many_samples_is_drawn_to_its_peak() -> None:
    times = [1e-9 * place for place in range(2000)]
    values = [0.01 * math.sin(place) for place in range(2000)]
    values[1234] = 1.0
    *_, high, across, up = island._trace((times, values))
    assert (high, max(up)) == (1.0, 999)
    assert len(up) <= 150
    assert across[up.index(999)] == round(999 * 1234 / 1999)


@pytest.mark.parametrize(("value", "kept"), [(1 / 3, 0.3333), (math.inf, None), (math.nan, None), (None, None), (3, 3)])
def test_numbers_are_short_and_are_numbers_of_json(value: object, kept: object) -> None:
    assert island._short(value) == kept


def test_a_name_may_be_broken_at_its_joints_and_nowhere_else() -> None:
    assert soft("xcell1.mpot.d-g:short") == "xcell1.<wbr>mpot.<wbr>d-<wbr>g:<wbr>short"
    assert soft("in1~in2") == "in1~<wbr>in2"
    assert soft("<b>&'\"") == "&lt;b&gt;&amp;&#39;&#34;"
