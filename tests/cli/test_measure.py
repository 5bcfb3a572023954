"""measure: switching, plasticity and power on small benches, and powers against the law of the junction."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from faultsim.circuits.learning_bench import LearningBench
from faultsim.learning.energy import Energy, Load, spent_in
from faultsim.learning.measure_spec import EnergySpec
from faultsim.magnetics.two_state import TwoStateJunction
from faultsim.spice.pool import WorkerPool
from faultsim.units import parse_quantity
from tests.cli.conftest import Shell

SWITCHING = """\
kind = "switching"
title = "Four pulses"
trials = 150
steps = 10
finer = [1, 4]
[[sweeps]]
heights = [0.21, 0.24]
widths = ["6u"]
[[sweeps]]
heights = [-0.14, -0.16]
widths = ["2u"]
"""
PLASTICITY = """\
kind = "plasticity"
title = "Nine delays"
copies = 4
junctions = 8
delays = 11
first = 0.02
last = 0.98
high = 0.5
unchanged = 0.02
drawn = [0.02, 0.95]
[[curves]]
width = "10m"
[published]
width = "60m"
k0_per_ms = 0.47
t0_ms = 20.8
k1_per_ms = 0.76
t1_ms = 48.9
source = "a test"
"""
ENERGY = """\
kind = "energy"
title = "Two loads"
duration = "50m"
spike = "10m"
initialisations = 1
step = "100u"
slips = ["none"]
[[sweeps]]
junctions = [2]
frequencies = [80]
modes = ["training", "inference"]
[[variations]]
name = "as it is"
why = "a test"
[[published]]
item = "a value"
junctions = 2
frequency = 80
mode = "inference"
power = "10p"
energy = "100f"
"""


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    shell = Shell(tmp_path_factory.mktemp("measured"))
    for name, text in (("switching", SWITCHING), ("plasticity", PLASTICITY), ("energy", ENERGY)):
        (shell.folder / f"{name}.toml").write_text(text)
        shell("validate", f"{name}.toml").succeeds()
    return shell


@pytest.fixture(scope="module")
def pool() -> Iterator[WorkerPool]:
    with WorkerPool(1, timeout_s=300.0) as workers:
        yield workers


def rows(path: Path) -> list[dict[str, str]]:
    with path.open() as file:
        return list(csv.DictReader(file))


def test_switching_agrees_with_the_law_whatever_the_step(measured: Shell) -> None:
    done = measured("measure", "switching.toml").succeeds()
    folder = measured.folder / "runs" / "switching"
    found = rows(folder / "switching.csv")
    assert [row["bias_v"] for row in found[::2]] == ["0.21", "0.24", "-0.14", "-0.16"]
    assert {row["trials"] for row in found} == {"150"}
    assert all(float(row["low"]) <= float(row["share"]) <= float(row["high"]) for row in found)
    agreement = rows(folder / "agreement.csv")
    assert [row["finer"] for row in agreement] == ["1", "4"]
    assert all(float(row["p_value"]) > 0.01 for row in agreement)
    assert int(agreement[1]["unlike"]) <= 2
    assert "chi-square" in done.err
    assert (folder / "figures" / "probability.svg").is_file()


def test_plasticity_goes_from_potentiation_to_depression(measured: Shell) -> None:
    measured("measure", "plasticity.toml").succeeds()
    folder = measured.folder / "runs" / "plasticity"
    changes = [float(row["change"]) for row in rows(folder / "plasticity.csv")]
    assert changes[0] > 0.8
    assert abs(changes[5]) < 0.02
    assert changes[-1] < -0.5
    # Nothing is depressed where the input is above 0 V, nothing potentiated where it is below.
    assert all(row["depressed"] == "0" for row in rows(folder / "plasticity.csv")[:6])
    assert all(row["potentiated"] == "0" for row in rows(folder / "plasticity.csv")[7:])
    fits = {row["parameter"]: float(row["fitted"]) for row in rows(folder / "fits.csv")}
    assert 0 < fits["t0"] < 4 < fits["t1"] < 10
    assert len(rows(folder / "regions.csv")) == 5
    assert {path.stem for path in (folder / "figures").glob("*.svg")} == {
        "change-10ms",
        "pairs",
        "input-neuron",
        "output-neuron",
    }


def test_powers_are_beside_the_published_ones(measured: Shell) -> None:
    answer = measured("measure", "energy.toml", "--json").succeeds().json
    assert answer["unknown"] == 0
    folder = measured.folder / "runs" / "energy"
    training, inference = rows(folder / "power.csv")
    assert float(training["dissipated_w"]) > 1e-9 > float(inference["drawn_w"])
    power, energy = rows(folder / "power-comparison.csv")
    assert float(power["ours"]) == float(inference["drawn_w"])
    assert float(energy["ours"]) == pytest.approx(float(inference["drawn_w"]) * 10e-3)
    assert float(power["ratio"]) == pytest.approx(float(power["ours"]) / 10e-12)
    # Pulses at 0, 12.5, 25 and 37.5 ms.
    assert inference["input_spikes"] == "4"


@pytest.mark.parametrize("mode", ["training", "inference"])
def test_what_a_synapse_dissipates_is_what_its_junctions_do_by_their_law(pool: WorkerPool, mode: str) -> None:
    table = {"kind": "energy", "title": "t", "duration": 0.03, "spike": 0.01, "initialisations": 1, "step": 1e-4}
    table |= {"sweeps": [{"junctions": [3], "frequencies": [80], "modes": [mode]}]}
    table |= {"variations": [{"name": "v", "why": "w"}]}
    job = Energy(EnergySpec.model_validate(table)).job(Load("v", 3, 80.0, mode), 1)
    job = replace(job, probes={**job.probes, **{f"p{n}": f"v(p{n})" for n in range(3)}})
    trace = pool.submit(job, with_waveforms=True).result()
    assert trace.outcome.ok, trace.outcome.log_tail
    waves = trace.waveforms
    across = waves["pre"].values - waves["post"].values
    defaults = {name: parse_quantity(text) for name, text in LearningBench.load().cells.defaults["synapse"].items()}
    junction = TwoStateJunction.of_deck(defaults)
    watts = sum(across**2 * junction.conductance_s(across, waves[f"p{n}"].values) for n in range(3))
    wanted = np.trapezoid(watts, waves["pre"].time_s) / 0.03
    assert spent_in(trace, "pre", "post", "current", "turn").dissipated_w == pytest.approx(float(wanted), rel=1e-3)
    # What an inference draws charges the membrane through 100 Mohm, and no more.
    if mode == "inference":
        most = np.trapezoid(np.maximum(waves["pre"].values, 0) ** 2 / 100e6, waves["pre"].time_s) / 0.03
        assert spent_in(trace, "pre", "post", "current", "turn").drawn_w < most


def test_what_does_not_fit_is_said(shell: Shell) -> None:
    (shell.folder / "bad.toml").write_text('kind = "swiching"\n')
    shell("measure", "bad.toml").fails_with(3, "'swiching' is nothing that can be measured", "switching")
    (shell.folder / "bad.toml").write_text(SWITCHING + "[settings.synapse]\ntmrr = 1\n")
    shell("measure", "bad.toml").fails_with(3, "settings: synapse.tmrr=1", "did you mean tmr")
    shell("measure", "none").fails_with(2, "no measure named 'none'", "energy")
