"""What a tester can do: rounding, refusals, and its errors."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faultsim import library
from faultsim.circuits import network
from faultsim.circuits.bench import nominal
from faultsim.circuits.sidecar import StimulusSpec
from faultsim.circuits.stimulus import Stimulus
from faultsim.errors import SpecError
from faultsim.specfile import check_table
from faultsim.vectors.tester import Tester, load_tester

CIRCUIT = network.load("crossbar4")
OWN = Stimulus("1111", CIRCUIT.sidecar.stimulus)
POINT = nominal(CIRCUIT)


def changed(name: str, **update: object) -> Tester:
    tester = load_tester(name)
    return replace(tester, spec=tester.spec.model_copy(update=update))


def timed(**update: object) -> Stimulus:
    return replace(OWN, spec=check_table({**OWN.spec.model_dump(), **update}, StimulusSpec, Path("test")))


@pytest.mark.parametrize("name", library.names("testers"))
def test_every_profile_of_the_library_can_be_read(name: str) -> None:
    assert load_tester(name).spec.title


@given(st.floats(0.4e-9, 3e-9), st.floats(1e-9, 20e-9), st.sampled_from([1e-15, 1e-12, 1e-11, 3.9e-11]))
def test_rounded_times_are_multiples_of_the_resolution_and_as_near_as_can_be(
    integrate: float, leaky: float, step: float
) -> None:
    tester = changed("ideal", time_resolution=step)
    asked = timed(integrate=integrate, leaky=leaky)
    fitted, _ = tester.fitted(asked, POINT)
    for name in ("integrate", "leaky", "read_width", "strobe_width", "start"):
        before, after = getattr(asked.spec, name), getattr(fitted.spec, name)
        assert abs(after / step - round(after / step)) < 1e-3
        assert abs(after - before) <= step / 2 * (1 + 1e-6)
    assert tester.fitted(fitted, POINT)[0] == fitted


def test_a_supply_is_rounded_to_what_the_tester_can_set() -> None:
    _, point = load_tester("bench").fitted(OWN, replace(POINT, vdd_v=1.1 * 0.9))
    assert point.vdd_v == 0.99
    _, point = changed("bench", voltage_resolution=0.25).fitted(OWN, POINT)
    assert point.vdd_v == 1.0


def test_what_does_not_fit_together_once_it_is_rounded_is_said() -> None:
    with pytest.raises(SpecError, match="rounded to 1 ns"):
        changed("ideal", time_resolution=1e-9).fitted(OWN, POINT)


def test_a_tester_without_errors_has_no_corners() -> None:
    assert load_tester("ideal").corners(OWN, POINT) == []


def test_errors_make_spikes_stronger_and_weaker_and_ends_earlier_and_later_in_the_same_period() -> None:
    tester = load_tester("bench")
    corners = tester.corners(OWN, POINT)
    assert len(corners) == len({one.name for one in corners}) == 4
    pulse = 2 * tester.spec.edge_accuracy
    for one in corners:
        strong, late = "strong" in one.name, "late" in one.name
        spec = one.stimulus.spec
        assert one.stimulus.period_s == pytest.approx(OWN.period_s)
        assert spec.integrate - OWN.spec.integrate == pytest.approx(pulse if strong else -pulse)
        assert one.conditions.vdd_v > POINT.vdd_v if strong else one.conditions.vdd_v < POINT.vdd_v
        assert (spec.strobe_width > OWN.spec.strobe_width) == late
        assert abs(spec.strobe_width - OWN.spec.strobe_width) == pytest.approx(pulse + tester.spec.strobe_guard)


def test_the_library_s_bench_takes_the_paper_s_windows_and_production_pins_do_not() -> None:
    assert load_tester("bench").refusals(OWN, [1.1, 1.65]) == []
    said = "\n".join(load_tester("production").refusals(OWN, [1.1, 1.65]))
    assert "read pulse of 200 ps is shorter than its shortest pulse, 600 ps" in said
    assert "capture of 260 ps" in said
    assert "its errors" in said


@pytest.mark.parametrize(
    ("update", "levels", "said"),
    [
        ({"shortest_pulse": 2e-9}, [1.1], "the integrate window of 1 ns is shorter than its shortest pulse, 2 ns"),
        ({"longest_period": 5e-9}, [1.1], "the coding window of 10 ns is none of its periods, 400 ps to 5 ns"),
        ({}, [1.1, 3.0], "a level of 3 V is outside -1 V to 2.5 V"),
        ({"strobe_guard": 0.1e-9}, [1.1], "with its errors"),
    ],
)
def test_what_a_tester_cannot_apply_is_named(update: dict[str, object], levels: list[float], said: str) -> None:
    assert said in "\n".join(changed("bench", **update).refusals(OWN, levels))


def test_programming_pulses_count_where_something_is_programmed() -> None:
    tester = changed("bench", shortest_pulse=20e-9, longest_period=1.0)
    assert "programming pulse" not in "\n".join(tester.refusals(OWN, [1.1]))
    assert "programming pulse of 15 ns" in "\n".join(tester.refusals(replace(OWN, program="0---"), [1.1]))


def mine(folder: Path, old: str, new: str) -> str:
    """Return the path of a profile that is the bench's but for one line."""
    text = (library.root() / "campaigns" / "testers" / "bench.toml").read_text()
    assert text.count(old) == 1
    path = folder / "mine.toml"
    path.write_text(text.replace(old, new))
    return str(path)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('shortest_period = "0.4n"', 'shortest_period = "1m"', "longest_period: '10u': has to be at least"),
        ("highest_v = 2.5", "highest_v = -2", "highest_v: -2: has to be above lowest_v, -1 V"),
        ('"1p"', '"1px"', "time_resolution: '1px': '1px' is not a quantity in s; write a number with"),
        ('"1p"', '"1pV"', "time_resolution: '1pV': '1pV' is not a quantity in s"),
        ('voltage_accuracy = "2m"', 'voltage_accuracy = "2ms"', "voltage_accuracy: '2ms': '2ms' is not a quantity"),
        ('vector = "1u"', 'vector = "-1u"', "overheads.vector: '-1u': Input should be greater than or equal to 0"),
    ],
)
def test_a_profile_that_is_wrong_is_told_with_the_key(old: str, new: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError) as error:
        load_tester(mine(tmp_path, old, new))
    [problem] = error.value.problems
    assert re.match(r".*mine\.toml:\d+: ", str(problem)) and said in str(problem)


def test_units_may_be_written(tmp_path: Path) -> None:
    named = load_tester(mine(tmp_path, 'current_resolution = "10n"', 'current_resolution = "10nA"')).spec
    assert named == load_tester("bench").spec
    assert load_tester(mine(tmp_path, "highest_v = 2.5", 'highest_v = "2500mV"')).spec == load_tester("bench").spec


def test_pulses_of_which_errors_leave_nothing_are_named_and_no_fields() -> None:
    said = load_tester("production").refusals(OWN, [1.1])
    assert said == [
        "the read pulse of 200 ps is shorter than its shortest pulse, 600 ps",
        "the capture of 260 ps is shorter than its shortest pulse, 600 ps",
        "with its errors, of up to 200 ps in its length, nothing may be left of the read pulse of 200 ps",
        "with its errors, of up to 250 ps in its length, nothing may be left of the capture of 260 ps",
    ]
