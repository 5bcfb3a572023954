"""A circuit whose every defect shows scores exactly 100 %, its twin that looks elsewhere exactly 0 %."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Shell

DECK = """\
* a resistor and a transistor from supply to ground, and a resistor that loads the input
VWR vdd x 0
R1 x y 2k
M1 y in 0 0 nmos40 w=1u l=40n
R2 in 0 10k
IRD rd 0 0
"""
SIDECAR = """\
title = "sentinel"
deck = "sentinel.cir"
exchange = [{{ file = "{devices}/mos40.cir" }}]
ports = [
  {{ nets = ["vdd"], role = "supply" }},
  {{ nets = ["in"], role = "input", driver_ohm = "1k" }},
  {{ nets = ["rd"], role = "read" }},
]
conditions = {{ vdd_v = 1.1, temperature_c = 27 }}
probes = {{ y = "v(y)", rd = "v(rd)", im = "i(vwr)" }}
baseline = {{ spikes = {{}} }}

[stimulus]
start = "1n"
edge = "20p"
integrate = "1n"
leaky = "9n"
pulses = 1
read_delay = "50p"
read_width = "0.2n"
strobe_width = "0.26n"
coding = {{ i_max = 1, t_max = "10n", intensity = {{ 1 = 1, 0 = 0 }} }}

[simulation]
step = "50p"
strobe_step = "20p"

[observables]
spiked = "any(rises(rd, vdd/2, read))"
pulses_to_spike = "first(rises(rd, vdd/2, read))"
time_to_spike_s = "earliest(rise_times(rd, vdd/2, read)) - start"
im_wr_a = "nth(at(im, mid_integrate), 1)"
read_v = "nth(at(rd, mid_read), 1)"
"""
CAMPAIGN = """\
title = "sentinel"
circuit = "sentinel.toml"
windows = [{{ name = "original", integrate = "1n", leaky = "9n" }}]
baseline = {{ patterns = [] }}
search = {{ low = 10, high = "1g", ratio = 1.5 }}

[[tests]]
name = "look"
pattern = "1"
windows = ["original"]
observable = "{observable}"
limits = {{ relative = 0.05 }}

[[defects]]
kind = "open"
universe = "2427"
sites = ["*"]

[[defects]]
kind = "short"
universe = "2427"
sites = ["*"]
"""


def coverage(folder: Path, observable: str) -> dict[str, object]:
    shell = Shell(folder / "my work")
    devices = Path(__file__).parents[2] / "circuits" / "devices"
    shell.write("sentinel.cir", DECK)
    shell.write("sentinel.toml", SIDECAR.format(devices=devices))
    shell.write("sentinel-campaign.toml", CAMPAIGN.format(observable=observable))
    shell("run", "sentinel-campaign.toml", "--out", "run").succeeds()
    return json.loads((shell.folder / "run" / "coverage.json").read_text())


@pytest.mark.parametrize(("observable", "share"), [("im_wr_a", 1.0), ("read_v", 0.0)], ids=["sentinel", "twin"])
def test_the_sentinel_scores_all_and_its_twin_nothing(tmp_path: Path, observable: str, share: float) -> None:
    found = coverage(tmp_path, observable)
    fractions = found["coverage"]["all"]
    assert fractions["total"] == 10
    assert {fractions[name] for name in ("low", "high", "weighted_low", "weighted_high")} == {share}
    assert {row["verdict"] for row in found["defects"]} == {"detected" if share else "undetected"}
