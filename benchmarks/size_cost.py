"""What a threshold costs over the number of inputs, beside ngspice's own time for a transient of the same crossbar."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar, cast

from campaign_run import run_campaign
from engine_cost import one_transient_s

from faultsim.campaigns.lab import Lab
from faultsim.campaigns.plan import make_plan
from faultsim.campaigns.question import Question
from faultsim.campaigns.spec import load
from faultsim.spice.engine import open_engine

OPENS = "xcell1.ma1.?:open"
Result = TypeVar("Result")


@dataclass(frozen=True)
class SizeCost:
    """One crossbar.

    Attributes:
        inputs: Its inputs; it fires from half of them on.
        wall_s: Of a cold run.
        thresholds: Rows of thresholds.csv.
        transients: In its store.
        equivalent_s: ngspice's own time for one pulse, where rows that do the same are one.
        whole_s: The same of all rows; None where that was not asked for.
    """

    inputs: int
    wall_s: float
    thresholds: int
    transients: int
    equivalent_s: float
    whole_s: float | None

    @property
    def each_s(self) -> float:
        """Cost of a threshold."""
        return self.wall_s / self.thresholds


def in_a_process(function: Callable[..., Result], *arguments: object) -> Result:
    """Call a function in a new process, and return what it returns."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def measure(folder: Path, inputs: int, jobs: int, whole: bool) -> SizeCost:
    """Generate a crossbar and its campaign, run the opens of one transistor from an empty store, time a transient."""
    campaign = folder / f"inputs{inputs}.toml"
    size = ["--inputs", str(inputs), "--fires-from", str(inputs // 2)]
    written = ["--out", str(folder / f"crossbar{inputs}"), "--campaign", str(campaign)]
    command = [sys.executable, "-m", "faultsim", "generate", "crossbar", *size, *written]
    subprocess.run(command, check=True, capture_output=True)
    # Without wire resistance rows are the same circuit: one transient of the whole network shows it.
    text, asked = campaign.read_text(), "[equivalent]\nsample = 1"
    assert asked in text, "the generator's template says something else"
    campaign.write_text(text.replace(asked, '[equivalent]\nproof = "structure"'))
    run = run_campaign(str(campaign), folder / f"runs{inputs}", jobs, "--only", OPENS)
    equivalent_s = in_a_process(one_pulse_s, campaign, True)
    whole_s = in_a_process(one_pulse_s, campaign, False) if whole else None
    return SizeCost(inputs, run.wall_s, len(run.rows), run.spent.total, equivalent_s, whole_s)


def one_pulse_s(campaign: Path, lumped: bool) -> float:
    """Return ngspice's own time for the fault-free transient of the campaign's setting of one pulse."""
    path, spec = load(str(campaign))
    plan = make_plan(path, spec, OPENS)
    setting = min(plan.settings, key=lambda one: one.stimulus.spec.pulses)
    # Only jobs are made with it; what runs them is the engine here.
    lab = Lab(plan.network, cast(Any, None), plan.network.sidecar.simulation, plan.observables, lumped)
    return one_transient_s(open_engine(), lab.job(Question(setting.stimulus, setting.conditions)))
