"""Tolerance bands of made-up measurements over made-up tolerances, and tolerances that a sidecar may not declare."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from operator import mul
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faultsim.campaigns.examiner import Signature
from faultsim.campaigns.tolerance import NOMINAL, BandRow, bands, end_corners
from faultsim.circuits.network import Network, load_sidecar
from faultsim.circuits.process import ToleranceSpec
from faultsim.circuits.variant import Corner
from faultsim.errors import SpecError
from tests.cli.conftest import REPOSITORY, Shell

REACH = 0.125
"""How far the made-up tolerances scale or shift their parameter; what this is multiplied with is not rounded."""
COMBINED = ("integration_gain", "leak_retention", "integrate_ratio", "leak_ratio")

Shares = Sequence[float]
Value = float | None


def declared(specs: dict[str, ToleranceSpec]) -> Network:
    """Return as much of a network as the bands look at."""
    return cast(Network, SimpleNamespace(sidecar=SimpleNamespace(tolerance=specs)))


def scaling(*parameters: str, low: float = 1 - REACH, high: float = 1 + REACH) -> ToleranceSpec:
    return ToleranceSpec(parameters=list(parameters), min_scale=low, max_scale=high, source="ours")


def shifting(*parameters: str, low: float = -REACH, high: float = REACH) -> ToleranceSpec:
    return ToleranceSpec(parameters=list(parameters), min_shift=low, max_shift=high, source="ours")


@dataclass
class MadeUp:
    """A circuit of as many tolerances, half of them scaled and half shifted; what it measures hangs on their shares.

    Attributes:
        measures: Quantity -> its value at shares of the tolerances, -1 to 1; the others are as nominal.
        asked: The shares that were asked for, in turn.
    """

    count: int
    measures: dict[str, Callable[[Shares], Value]]
    asked: list[list[float]] = field(default_factory=list)

    @property
    def network(self) -> Network:
        makers = (scaling, shifting)
        return declared({f"t{place}": makers[place % 2](f"p{place}") for place in range(self.count)})

    def shares(self, corner: Corner) -> list[float]:
        return [
            (corner.shift.get(f"p{place}", 0.0) if place % 2 else corner.scale.get(f"p{place}", 1.0) - 1) / REACH
            for place in range(self.count)
        ]

    def measured(self, corner: Corner) -> Signature:
        shares = self.shares(corner)
        self.asked.append(shares)
        return Signature({**NOMINAL, **{name: of(shares) for name, of in self.measures.items()}}, {})

    def rows(self) -> dict[str, BandRow]:
        return {row.quantity: row for row in bands(self.network, self.measured, map)}

    @property
    def ends(self) -> list[list[float]]:
        return self.asked[: 2 * self.count]

    @property
    def together(self) -> list[list[float]]:
        return self.asked[2 * self.count :]


def linear(quantity: str, slopes: Sequence[float], curves: Sequence[float] | None = None) -> Callable[[Shares], float]:
    """Return a quantity with slopes, and with parabolas on top of them."""

    def value(shares: Shares) -> float:
        moved = sum(map(mul, slopes, shares))
        bent = sum(curve * share * share for curve, share in zip(curves or [0.0] * len(shares), shares, strict=True))
        return NOMINAL[quantity] + moved + bent

    return value


slope = st.floats(-0.3, 0.3).filter(lambda value: value == 0 or abs(value) > 1e-3)
curve = st.floats(-0.2, 0.2)


def close(value: float | None, abs_: float = 1e-12) -> object:
    return pytest.approx(value, rel=0, abs=abs_)


@given(slopes=st.lists(slope, min_size=1, max_size=7), quantity=st.sampled_from(list(NOMINAL)))
def test_a_linear_measurement_has_the_root_of_the_sum_of_squares_in_both_ways(
    slopes: list[float], quantity: str
) -> None:
    circuit = MadeUp(len(slopes), {quantity: linear(quantity, slopes)})
    row, size = circuit.rows()[quantity], math.hypot(*slopes)
    assert row.reason == ""
    assert (row.root_sum_low, row.root_sum_high) == (close(NOMINAL[quantity] - size), close(NOMINAL[quantity] + size))
    assert (row.low, row.high) == (close(NOMINAL[quantity] - size), close(NOMINAL[quantity] + size))
    if quantity in COMBINED and any(slopes):
        assert (row.together_low, row.together_high) == (close(row.root_sum_low), close(row.root_sum_high))
    else:
        assert (row.together_low, row.together_high) == (None, None)
    assert row.band.holds(NOMINAL[quantity])


@given(slopes=st.lists(slope, min_size=1, max_size=7).filter(any), quantity=st.sampled_from(COMBINED))
def test_the_combined_corner_lies_in_the_direction_of_the_gradient(slopes: list[float], quantity: str) -> None:
    circuit = MadeUp(len(slopes), {quantity: linear(quantity, slopes)})
    circuit.rows()
    unit = [value / math.hypot(*slopes) for value in slopes]
    downwards, upwards = circuit.together
    assert upwards == close(unit)
    assert downwards == close([-share for share in unit])


@given(pairs=st.lists(st.tuples(slope, curve), min_size=1, max_size=6), quantity=st.sampled_from(COMBINED))
def test_a_quadratic_measurement_has_two_sides_and_the_wider_of_both_ways_is_the_band(
    pairs: list[tuple[float, float]], quantity: str
) -> None:
    slopes, curves = zip(*pairs, strict=True)
    measured = linear(quantity, slopes, curves)
    row = MadeUp(len(slopes), {quantity: measured}).rows()[quantity]
    ends = [(one + other, other - one) for one, other in pairs]
    up, down = (math.hypot(*(max(0.0, *(sign * end for end in both)) for both in ends)) for sign in (1, -1))
    assert (row.root_sum_low, row.root_sum_high) == (close(1 - down), close(1 + up))
    size = math.hypot(*slopes)
    units = [[sign * value / size for value in slopes] for sign in (-1, 1)] if size else []
    low, high = (measured(unit) for unit in units) if units else (1.0, 1.0)
    assert (row.together_low, row.together_high) == ((close(low), close(high)) if units else (None, None))
    assert row.low == close(min(1 - down, low, high))
    assert row.high == close(max(1 + up, low, high))


def test_what_moves_the_same_way_at_both_ends_has_no_direction_and_one_side() -> None:
    circuit = MadeUp(2, {"leak_ratio": linear("leak_ratio", [0.0, 0.0], [0.3, 0.4])})
    row = circuit.rows()["leak_ratio"]
    assert (row.low, row.high) == (1.0, close(1.5))
    assert (row.together_low, row.together_high) == (None, None)
    assert circuit.together == []


def test_each_end_is_asked_once_low_ends_first_and_the_pool_may_ask_them() -> None:
    circuit = MadeUp(3, {"leak_ratio": linear("leak_ratio", [0.1, 0.0, 0.0])})
    circuit.rows()
    assert circuit.ends == [
        close([sign if place == own else 0.0 for place in range(3)]) for own in range(3) for sign in (-1, 1)
    ]
    assert len(circuit.together) == 2
    with ThreadPoolExecutor(3) as pool:
        again = bands(circuit.network, circuit.measured, pool.map)
    assert again == bands(circuit.network, circuit.measured, map)


def missing_at(wanted: Callable[[Shares], bool], slopes: Sequence[float]) -> Callable[[Shares], Value]:
    """Return a quantity that some circuits do not have."""
    known = linear("leak_ratio", slopes)
    return lambda shares: None if wanted(shares) else known(shares)


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_quantity_that_a_good_circuit_does_not_have_has_an_open_band(sign: int) -> None:
    slopes = [0.3, 0.2, 0.1]
    lost = missing_at(lambda shares: shares[0] * sign > 0.999, slopes)
    row = MadeUp(3, {"leak_ratio": lost}).rows()["leak_ratio"]
    assert (row.low, row.high) == (-math.inf, math.inf)
    assert row.band.holds(1e9)
    assert row.reason.startswith(f"no value at t0:{'min' if sign < 0 else 'max'}: ")
    # What is known of the others is still said.
    up, down = (math.hypot(*(0.3 * (sign == lost_at), 0.2, 0.1)) for lost_at in (-1, 1))
    assert (row.root_sum_low, row.root_sum_high) == (close(1 - down), close(1 + up))


def test_a_band_is_open_too_where_only_the_combined_corner_has_no_value() -> None:
    lost = missing_at(lambda shares: sum(abs(share) > 0.1 for share in shares) > 1, [0.3, 0.4])
    row = MadeUp(2, {"leak_ratio": lost}).rows()["leak_ratio"]
    assert (row.together_low, row.together_high) == (None, None)
    assert (row.low, row.high) == (-math.inf, math.inf)
    assert (row.root_sum_low, row.root_sum_high) == (close(0.5), close(1.5))


def test_the_open_band_of_one_quantity_leaves_the_others_alone() -> None:
    measures = {
        "leak_ratio": missing_at(lambda shares: shares[0] > 0.5, [0.1, 0.2]),
        "integrate_ratio": linear("integrate_ratio", [0.3, 0.4]),
    }
    rows = MadeUp(2, measures).rows()
    assert math.isinf(rows["leak_ratio"].high)
    assert (rows["integrate_ratio"].low, rows["integrate_ratio"].high) == (close(0.5), close(1.5))


@given(slopes=st.lists(st.floats(-0.3, 0.3), min_size=1, max_size=7, unique_by=abs).filter(any))
def test_the_largest_is_the_tolerance_that_moves_a_quantity_most(slopes: list[float]) -> None:
    rows = MadeUp(len(slopes), {"level_shift": linear("level_shift", slopes)}).rows()
    largest = max(range(len(slopes)), key=lambda place: abs(slopes[place]))
    # Rounding can make two out of order that differ in the last digits.
    others = [abs(value) for place, value in enumerate(slopes) if place != largest]
    if abs(slopes[largest]) > max(others, default=0.0) + 1e-12:
        assert rows["level_shift"].largest == f"t{largest}"
    assert rows["leak_ratio"].largest == ""


def test_what_no_good_circuit_has_has_no_root_of_a_sum_either() -> None:
    row = MadeUp(2, {"leak_ratio": missing_at(lambda _: True, [0.1, 0.2])}).rows()["leak_ratio"]
    assert (row.root_sum_low, row.root_sum_high, row.together_low, row.together_high) == (None,) * 4


def test_a_bound_is_no_value_of_a_good_circuit() -> None:
    found = Signature({**NOMINAL, "integrate_ratio": 2.0}, {"integrate_ratio": "is about this much or more"})
    rows = {row.quantity: row for row in bands(declared({"t0": scaling("a", low=0.9, high=1.1)}), lambda _: found, map)}
    assert math.isinf(rows["integrate_ratio"].high)
    assert rows["integrate_ratio"].reason == "no value at t0:min, t0:max: is about this much or more"
    assert rows["leak_ratio"].reason == ""


def test_without_tolerances_there_is_nothing_to_compare_with() -> None:
    circuit = MadeUp(0, {})
    assert bands(declared({}), circuit.measured, map) == []
    assert circuit.asked == []


def test_corners_move_every_parameter_of_a_tolerance_to_its_own_ends() -> None:
    network = declared({"one": scaling("a", "b", low=0.8, high=1.5), "two": shifting("c", low=-3e-9, high=1e-9)})
    low, high, down, up = end_corners(network)
    assert [corner.name for corner in (low, high, down, up)] == ["one:min", "one:max", "two:min", "two:max"]
    assert (low.scale, high.scale) == ({"a": close(0.8), "b": close(0.8)}, {"a": close(1.5), "b": close(1.5)})
    assert (down.shift, up.shift) == ({"c": close(-3e-9, 1e-24)}, {"c": close(1e-9, 1e-24)})
    assert set(down.scale.values()) == {1.0}
    assert set(low.shift.values()) == {0.0}


def seen_corners(network: Network, of: Callable[[Corner], float]) -> list[Corner]:
    """Return the corners that are asked for where a quantity hangs on one."""
    asked: list[Corner] = []

    def measured(corner: Corner) -> Signature:
        asked.append(corner)
        return Signature({**NOMINAL, "leak_ratio": of(corner)}, {})

    def run(measure: Callable[[Corner], Signature], corners: Iterable[Corner]) -> list[Signature]:
        return [measure(corner) for corner in corners]

    bands(network, measured, run)
    return asked


def test_tolerances_of_one_parameter_add_up_where_they_are_combined() -> None:
    network = declared({"barrier": scaling("a", "b"), "mismatch": scaling("a", low=0.96, high=1.04)})
    *_, together = seen_corners(network, lambda corner: corner.scale.get("a", 1.0) * corner.scale.get("b", 1.0))
    # To first order the product moves by 0.25 at the first's ends, by 0.04 at the second's.
    first, second = (value / math.hypot(0.25, 0.04) for value in (0.25, 0.04))
    assert together.scale["b"] == pytest.approx(1 + REACH * first, abs=1e-3)
    assert together.scale["a"] / together.scale["b"] == pytest.approx(1 + 0.04 * second, abs=1e-3)


@pytest.fixture
def sidecar(tmp_path: Path) -> Path:
    shutil.copytree(REPOSITORY / "circuits", tmp_path / "circuits")
    return tmp_path / "circuits" / "networks" / "crossbar4.toml"


MINE = '[tolerance.mine]\nparameters = ["n_ra"]\nmin_scale = 0.9\nmax_scale = 1.1\nsource = "ours"\n'


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"n_ra"', '"n_raa"', r"tolerance\.mine: .*n_raa: is not a \.param of the deck \(did you mean n_ra"),
        ('["n_ra"]', '["n_ra", "nothing_like_it"]', r"tolerance\.mine: .*nothing_like_it: is not a \.param"),
        ("min_scale = 0.9\nmax_scale = 1.1\n", "", r"tolerance\.mine: each corner has to shift or scale"),
        ("max_scale = 1.1\n", "", r"tolerance\.mine: each corner has to shift or scale"),
        ("min_scale = 0.9", "min_scale = 1.0", r"tolerance\.mine: each corner has to shift or scale"),
        ("min_scale = 0.9", "min_scale = -0.9", r"tolerance\.mine\.min_scale: -0\.9: .*greater than 0"),
        ("min_scale = 0.9\nmax_scale = 1.1", 'min_shift = 0\nmax_shift = "1n"', r"tolerance\.mine: each corner"),
        ('["n_ra"]', "[]", r"tolerance\.mine\.parameters: \[\]: .*at least 1 item"),
        ('parameters = ["n_ra"]\n', "", r"tolerance\.mine\.parameters: is missing"),
        ("parameters", "parameter", r"tolerance\.mine\.parameter: unknown key \(did you mean parameters\?\)"),
        ('source = "ours"', 'source = ""', r"tolerance\.mine\.source: ''"),
    ],
)
def test_a_tolerance_that_does_not_fit_the_deck_or_moves_nothing_is_refused(
    sidecar: Path, old: str, new: str, said: str
) -> None:
    assert MINE.count(old) == 1
    sidecar.write_text(sidecar.read_text() + MINE.replace(old, new))
    with pytest.raises(SpecError, match=rf"crossbar4\.toml(:\d+)?: {said}"):
        load_sidecar(sidecar)


def test_a_good_one_of_one_s_own_is_taken_and_inherited(sidecar: Path) -> None:
    sidecar.write_text(sidecar.read_text() + MINE)
    for name in ("crossbar4.toml", "crossbar4-lif.toml"):
        network = load_sidecar(sidecar.with_name(name))
        assert network.sidecar.tolerance["mine"].parameters == ["n_ra"]
        assert [corner.name for corner in end_corners(network)][-2:] == ["mine:min", "mine:max"]


def test_every_declared_end_of_the_library_s_crossbar_makes_a_deck(sidecar: Path) -> None:
    network = load_sidecar(sidecar)
    corners = end_corners(network)
    assert len({network.variant("", corner) for corner in corners}) == len(corners) > 20


def test_validate_refuses_it_with_the_place(tmp_path: Path) -> None:
    shell = Shell(tmp_path / "my work")
    path = shell.copy_circuits()
    path.write_text(path.read_text() + MINE.replace('"n_ra"', '"n_raa"'))
    shell("validate", "circuits/networks/crossbar4.toml").fails_with(3, "tolerance.mine", "did you mean n_ra")
