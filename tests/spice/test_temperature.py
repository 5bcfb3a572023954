"""What the temperature does to a junction, against the published laws written out here."""

from __future__ import annotations

import math

import pytest

from faultsim import library
from faultsim.circuits.deck import text_of
from faultsim.circuits.reading import read_cards
from faultsim.spice.job import Job
from faultsim.spice.reference import run_batch

GAMMA_MU0 = 1.76085963e11 * 1.25663706e-6
TMR, HKZ, SMALL_V = 1.5, 80e3, 1e-3
DEVICES = {
    "stt_mtj": "X{n} {n} 0 m{n}x m{n}y m{n}z 0 0 0 stt_mtj",
    "she_mtj": "X{n} {n} 0 0 m{n}x m{n}y m{n}z 0 0 0 she_mtj rho=1e-15",
}


def magnetisation(kelvin: float) -> float:
    return ((1 - kelvin / 1420) / (1 - 300.15 / 1420)) ** 0.4


def polarisation(kelvin: float) -> float:
    return (1 - 2e-5 * kelvin**1.5) / (1 - 2e-5 * 300.15**1.5)


def measured(device: str, celsius: float) -> dict[str, float]:
    """Return conductances of a parallel and an antiparallel junction, and the turn of one that precesses."""
    folder = library.root() / "circuits" / "devices"
    lines = ["* junctions at a temperature", text_of(read_cards(folder / "prism.cir"))]
    lines += [text_of(read_cards(folder / f"{device}.cir"))]
    tilt = "mx0=0.6 my0=0 mz0=0.8"
    for name, state in (("p", "mz0=1"), ("a", "mz0=-1"), ("t", tilt)):
        card = DEVICES[device].format(n=name)
        lines += [f"{card} alpha=1e-9 hkz={HKZ} tmr={TMR} ra=10p tox=1 tc={celsius} {state}"]
        lines += [f"V{name} {name} 0 {0 if name == 't' else SMALL_V}"]
    stop_s = 0.2e-9
    lines += [f".tran 0.1p {stop_s} 0 0.1p uic", ".end"]
    probes = {"ip": "i(vp)", "ia": "i(va)", "x": "v(mtx)", "y": "v(mty)"}
    observables = {name: f"at({name}, t)" for name in probes}
    outcome = run_batch(Job("\n".join(lines) + "\n", stop_s, probes, observables, {"t": 0.19e-9})).outcome
    assert outcome.ok, outcome.log_tail
    return {name: float(outcome.values[name]) for name in probes}  # type: ignore[arg-type]


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("celsius", [-40.0, 27.0, 125.0])
def test_tmr_and_precession_follow_the_published_laws(device: str, celsius: float) -> None:
    found, kelvin = measured(device, celsius), celsius + 273.15
    spin = TMR / (2 + TMR) * polarisation(kelvin) ** 2
    expected = 2 * spin / (1 - spin)
    assert found["ip"] / found["ia"] - 1 == pytest.approx(expected, rel=1e-4)
    turned = math.atan2(found["y"], found["x"])
    assert abs(turned) == pytest.approx(GAMMA_MU0 * HKZ * magnetisation(kelvin) * 0.8 * 0.19e-9, rel=2e-3)


def test_at_room_temperature_nothing_is_scaled() -> None:
    assert magnetisation(300.15) == polarisation(300.15) == 1.0
