"""The neuron set lats-quant: where it fires, and that reading it does not move it."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from faultsim.circuits import bench, network
from faultsim.circuits.deck import text_of
from faultsim.circuits.stimulus import Stimulus, pulse_points
from faultsim.spice.job import Job
from faultsim.spice.pool import WorkerPool

MARGIN_MZ = 0.03


@pytest.fixture(scope="module")
def pool():
    with WorkerPool(2, timeout_s=120.0) as workers:
        yield workers


@pytest.fixture(scope="module")
def crossbar():
    return network.load("crossbar4")


@pytest.fixture(scope="module")
def firing_level_mz(crossbar, pool):
    """The mz at which the read divider trips, from neurons whose free layer is held.

    Without damping and without current the free layer precesses at constant mz, so that each instance of the real
    neuron cell is read at a tilt of its own.
    """
    tilts = np.round(np.arange(0.82, 0.93, 0.0025), 6)
    library = text_of(crossbar.cards)
    library = library[: library.index("XPOT1")]
    library = re.sub(r"n_alpha=\S+", "n_alpha=1e-9", library)
    library = re.sub(r"my0=\{n_my0\} mz0=\{n_mz0\}", "my0={tilt_y} mz0={tilt_z}", library)
    library = library.replace(
        ".subckt neuron bl rd out ha hb vdd", ".subckt neuron bl rd out ha hb vdd tilt_y=0 tilt_z=1"
    )
    spec = crossbar.sidecar.stimulus
    vdd = crossbar.sidecar.conditions.vdd_v
    read = (1e-9, 1e-9 + spec.read_width)
    corners = " ".join(f"{time:.12g} {level:.12g}" for time, level in pulse_points([read], spec.edge, 1.5 * vdd))
    lines = [
        "* neurons held at a tilt",
        ".param temperature_c=27 time_step=0",
        library,
        f"VDD vdd 0 {vdd}",
        f".ic v(vdd)={vdd}",
        f"VRD rd 0 PWL({corners})",
    ]
    for number, mz in enumerate(tilts):
        lines += [
            f"XN{number} b{number} rd o{number} a{number} 0 vdd neuron"
            f" tilt_y={-np.sqrt(1 - mz * mz):.9g} tilt_z={mz:.9g}"
        ]
        lines += [f"RB{number} b{number} 0 1g"]
    stop = 1e-9 + spec.strobe_width
    lines += [".options method=trap reltol=1e-4 chgtol=1e-16 temp=27", f".tran 5p {stop:.12g} 0 5p uic", ".end"]
    probes = {f"o{number}": f"v(o{number})" for number in range(tilts.size)}
    job = Job(
        deck="\n".join(lines) + "\n",
        stop_s=stop,
        probes=probes,
        observables={name: f"any(rises({name}, level, strobe))" for name in probes},
        scope={"level": vdd / 2, "strobe": [(1e-9, stop)]},
    )
    outcome = pool.submit(job).result().outcome
    assert outcome.ok, outcome.log_tail
    fired = np.array([outcome.values[name] for name in probes])
    edge = int(np.flatnonzero(~fired)[0])
    assert fired[:edge].all()
    assert not fired[edge:].any()
    return float((tilts[edge - 1] + tilts[edge]) / 2)


def test_three_pulses_clear_the_firing_level_on_the_right_side(crossbar, pool, firing_level_mz):
    job = bench.job(crossbar, _stimulus(crossbar), bench.nominal(crossbar), crossbar.sidecar.simulation)
    first, second, third = pool.submit(job).result().outcome.values["mz"]
    assert first - firing_level_mz >= MARGIN_MZ
    assert second - firing_level_mz >= MARGIN_MZ
    assert firing_level_mz - third >= MARGIN_MZ


def test_the_strongest_silent_pattern_stays_clear_of_the_firing_level(crossbar, pool, firing_level_mz):
    job = bench.job(crossbar, _stimulus(crossbar, "1110"), bench.nominal(crossbar), crossbar.sidecar.simulation)
    assert min(pool.submit(job).result().outcome.values["mz"]) - firing_level_mz >= MARGIN_MZ


@pytest.mark.parametrize("pattern", ["1111", "1110", "0000"])
def test_a_hundred_reads_change_no_verdict_and_no_synapse(crossbar, pool, pattern):
    quiet, read = (pool.submit(_reads_first(crossbar, pattern, count)).result() for count in (0, 100))
    assert quiet.outcome.ok
    assert read.outcome.ok
    assert read.outcome.values["pulses_to_spike"] == quiet.outcome.values["pulses_to_spike"]
    assert read.outcome.values["mz"] == pytest.approx(quiet.outcome.values["mz"], abs=MARGIN_MZ / 3)
    assert read.outcome.values["synapse"] == pytest.approx(quiet.outcome.values["synapse"], abs=1e-4)
    # At rest it is tilted by the stray field, 4 kA/m against 80.
    assert read.outcome.values["synapse"] == pytest.approx(np.sqrt(1 - 0.05**2), abs=1e-3)
    assert read.outcome.values["reads_seen"] == 100


@pytest.mark.parametrize("factor", [0.5, 1.5])
def test_a_hundred_reads_change_no_verdict_on_an_open_away_from_its_threshold(lats2024, crossbar, pool, factor):
    """The reads' own torque moves mz by 0.007 in all, which only an open next to its threshold can notice."""
    faulty = lats2024.plan.defects[0].inject(crossbar.cards)
    edited = faulty.at(factor * lats2024.threshold_ohm("Rop1", "original"))
    jobs = [_reads_first(crossbar, "1111", count, edited) for count in (0, 100)]
    quiet, read = (pool.submit(job).result().outcome for job in jobs)
    assert read.values["pulses_to_spike"] == quiet.values["pulses_to_spike"]
    assert read.values["mz"] == pytest.approx(quiet.values["mz"], abs=MARGIN_MZ / 3)


def _stimulus(crossbar, pattern="1111"):
    return Stimulus(pattern, crossbar.sidecar.stimulus)


def _reads_first(crossbar, pattern, count, edited=None):
    """Return the job of a pattern that begins after `count` reads, 1 ns apart, have passed."""
    spec = crossbar.sidecar.stimulus.model_copy(update={"start": 110e-9})
    stimulus = Stimulus(pattern, spec)
    job = bench.job(crossbar, stimulus, bench.nominal(crossbar), crossbar.sidecar.simulation, edited)
    early = [(1e-9 + number * 1e-9, 1e-9 + number * 1e-9 + spec.read_width) for number in range(count)]
    high = 1.5 * crossbar.sidecar.conditions.vdd_v
    corners = pulse_points([*early, *stimulus.reads_s], spec.edge, high)
    source = " ".join(f"{time:.12g} {level:.12g}" for time, level in corners)
    deck, replaced = re.subn(r"VFS_rd rd 0 PWL\(.*\)", f"VFS_rd rd 0 PWL({source})", job.deck)
    assert replaced == 1
    deck = deck.replace(".save ", ".save v(xcell1.my) ")
    observables = {
        **job.observables,
        "synapse": f"at(synapse, {stimulus.stop_s:.12g})",
        "reads_seen": "count(rises(rd, vdd, early))",
    }
    scope = {**job.scope, "early": early or [(1e-9, 2e-9)]}
    return replace(
        job, deck=deck, probes={**job.probes, "synapse": "v(xcell1.my)"}, observables=observables, scope=scope
    )
