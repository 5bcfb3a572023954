"""Metamorphic: a defect of no severity is no defect, and a floating node is no detection."""

from __future__ import annotations

import numpy as np
import pytest

from faultsim.campaigns.plan import Setting
from faultsim.campaigns.search import Verdict
from faultsim.campaigns.threshold import judge_response
from faultsim.circuits import bench, network
from faultsim.circuits.circuit import of_network
from faultsim.circuits.hierarchy import Hierarchy
from faultsim.circuits.sidecar import SiteSpec
from faultsim.circuits.sites import site_of
from faultsim.circuits.stimulus import Stimulus
from faultsim.fault_models.defect import Defect
from faultsim.fault_models.definition import load as load_definition
from faultsim.fault_models.naming import named_defects
from faultsim.fault_models.universe import Universe
from faultsim.fault_models.universe_file import load_universe
from faultsim.spice.pool import WorkerPool

NULL = {"connection": 1e-3, "nets": 1e15, "parameter": 1e-9}
"""Severity at which a defect is none, by what it is at."""
# The first integrate window with its edges and what follows, in steps that the circuit has no say in: else two runs
# differ by where their steps are.
TIMES_S = np.linspace(0.5e-9, 2.5e-9, 2001)
STEP_S = 2e-12
OF_RANGE = 1e-6
OTHER_CELLS = ("xcell2.", "xcell3.", "xcell4.")
IN_THE_CURRENT = {"xneuron.mwr.s:open", "xneuron.xmtj.ha:open", "xneuron.xmtj.hb:open"}


@pytest.fixture(scope="module")
def crossbar():
    return network.load("crossbar4")


@pytest.fixture(scope="module")
def pool():
    with WorkerPool(2, timeout_s=60.0) as workers:
        yield workers


def _job(crossbar, defect=None, severity=None, **changed):
    sidecar = crossbar.sidecar
    simulation = sidecar.simulation.model_copy(update=changed)
    stimulus = Stimulus("1111", sidecar.stimulus.model_copy(update={"pulses": 1, "start": 1e-9}))
    if defect is None:
        return bench.job(crossbar, stimulus, bench.nominal(crossbar), simulation)
    faulty = defect.inject(crossbar.cards).at(severity)
    return bench.job(crossbar, stimulus, bench.nominal(crossbar), simulation, faulty)


@pytest.mark.parametrize(
    "name", ["Rop1", "Rop2", "Rop3", "Rop4", "Rop5", "Rop6", "Rop7", "Rpp1", "Rpp2", "Rpp3", "Rpp4"]
)
def test_an_open_of_a_milli_ohm_is_the_fault_free_circuit(crossbar, pool, name):
    healthy = pool.submit(_job(crossbar), with_waveforms=True).result()
    null = pool.submit(_job(crossbar, named_defects(of_network(crossbar))[name], 1e-3), with_waveforms=True).result()
    times = np.linspace(1.2e-9, 1.8e-9, 7)
    for probe, wave in healthy.waveforms.items():
        scale = np.abs(wave.values).max()
        np.testing.assert_allclose(null.waveforms[probe].at(times), wave.at(times), rtol=0, atol=1e-6 * scale)


@pytest.fixture(scope="module")
def representatives(crossbar):
    """One defect of each set of equal circuits that changes the deck, by the model of its kind."""
    found = {}
    for defect in Universe(of_network(crossbar), load_universe("network")):
        if defect.definition.edit.at in NULL and not defect.accounting.same_as:
            found.setdefault(defect.model, []).append(defect)
    return found


@pytest.fixture(scope="module")
def ranges(crossbar, pool):
    """Range of each probe in the fault-free response, which ends with a spike."""
    stimulus = Stimulus("1111", crossbar.sidecar.stimulus)
    job = bench.job(crossbar, stimulus, bench.nominal(crossbar), crossbar.sidecar.simulation)
    result = pool.submit(job, with_waveforms=True).result()
    assert result.outcome.values["spiked"]
    return {probe: np.ptp(wave.values) for probe, wave in result.waveforms.items()}


def _deviations(crossbar, pool, ranges, defects, share=1.0):
    """Return the defects that move a probe by more than a millionth of its range: defect and probe -> by how much."""
    options = crossbar.sidecar.simulation.options | {"trtol": "1e6"}
    steps = {"step": STEP_S, "strobe_step": STEP_S, "options": options}
    healthy = pool.submit(_job(crossbar, **steps), with_waveforms=True).result()
    jobs = [_job(crossbar, defect, share * NULL[defect.definition.edit.at], **steps) for defect in defects]
    traces = [pool.submit(job, with_waveforms=True) for job in jobs]
    moved = {}
    for defect, trace in zip(defects, traces, strict=True):
        result = trace.result()
        assert result.outcome.ok, f"{defect.id}: {result.outcome.log_tail}"
        for probe, wave in healthy.waveforms.items():
            moves = np.abs(result.waveforms[probe].at(TIMES_S) - wave.at(TIMES_S)).max()
            if moves > OF_RANGE * ranges[probe]:
                moved[defect.id, probe] = moves
    return moved


def test_every_kind_of_defect_that_changes_the_deck_is_looked_at(crossbar, representatives):
    transistors = [device.path for device in of_network(crossbar).devices if device.device.name == "mos"]
    counts = {model: len(defects) for model, defects in representatives.items()}
    # Less than the universe lists: equal circuits count once.
    assert counts == {"open": 149, "open-gate": len(transistors), "short": 121, "bridge": 4, "corner": 16}


@pytest.mark.parametrize("model", ["open", "open-gate", "short", "bridge", "corner"])
def test_every_defect_of_no_severity_is_the_fault_free_circuit(crossbar, pool, ranges, representatives, model):
    """Every one but those of the other three cells, which are instances of the same subcircuit."""
    defects = [defect for defect in representatives[model] if not defect.id.startswith(OTHER_CELLS)]
    moved = _deviations(crossbar, pool, ranges, defects)
    assert {defect for defect, _ in moved} <= IN_THE_CURRENT
    # There a milliohm is two millionths of the half kilohm that carries the current: go on to the limit.
    nearer = [defect for defect in defects if defect.id in IN_THE_CURRENT]
    assert _deviations(crossbar, pool, ranges, nearer, 0.1) == {}


@pytest.mark.parametrize("severity", [1e9, 1e12, 1e15, 1e18])
@pytest.mark.parametrize(("device", "terminal"), [("xcell1.ma1", "g"), ("xcell1.ma2", "d"), ("xneuron.mread", "g")])
def test_an_open_so_large_that_a_node_floats_simulates_or_is_unknown(crossbar, pool, device, terminal, severity):
    spec = SiteSpec(device=device, terminal=terminal, path="read")
    site = site_of("float", spec, {}, Hierarchy(crossbar.cards))
    defect = Defect("float", load_definition("open"), site, "open")
    healthy = pool.submit(_job(crossbar)).result().outcome
    faulty = pool.submit(_job(crossbar, defect, severity)).result().outcome
    setting = Setting("t", "spiked", None, "w", Stimulus("1111", crossbar.sidecar.stimulus), bench.nominal(crossbar))
    verdict = judge_response(setting, healthy, faulty)
    if faulty.ok:
        # An open takes current away; it brings none.
        assert -1e-6 < faulty.values["im_wr_a"] < 1.001 * healthy.values["im_wr_a"]
    else:
        assert verdict is Verdict.UNKNOWN
        assert faulty.log_tail
