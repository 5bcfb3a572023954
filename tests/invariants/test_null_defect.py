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
from faultsim.spice.pool import WorkerPool


@pytest.fixture(scope="module")
def crossbar():
    return network.load("crossbar4")


@pytest.fixture(scope="module")
def pool():
    with WorkerPool(2, timeout_s=60.0) as workers:
        yield workers


def _job(crossbar, defect=None, severity=None):
    sidecar = crossbar.sidecar
    stimulus = Stimulus("1111", sidecar.stimulus.model_copy(update={"pulses": 1, "start": 1e-9}))
    if defect is None:
        return bench.job(crossbar, stimulus, bench.nominal(crossbar), sidecar.simulation)
    faulty = defect.inject(crossbar.cards).at(severity)
    return bench.job(crossbar, stimulus, bench.nominal(crossbar), sidecar.simulation, faulty)


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
