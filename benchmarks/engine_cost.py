"""What the engine, the pool and the store add to the time that ngspice itself reports for a transient.

ngspice starts once in a process and its engine changes the environment, so a measurement wants a process of its own.
"""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from faultsim.campaigns.lab import Lab
from faultsim.campaigns.plan import Plan, make_plan
from faultsim.campaigns.question import Question
from faultsim.campaigns.spec import load
from faultsim.spice.engine import Engine, open_engine
from faultsim.spice.job import Job
from faultsim.spice.pool import WorkerPool
from faultsim.spice.service import SimulationService
from faultsim.spice.store import Store

_ANALYSIS = re.compile(r"Total analysis time \(seconds\) = ([\d.]+)")


@dataclass(frozen=True)
class EngineCost:
    """Of a sequence of transients, in seconds.

    Attributes:
        analysis_s: What ngspice reports, for each.
        engine_s: From the job to its trace in the process that has ngspice.
        whole_s: From the job to the stored outcome, by a worker process.
        making_s: From the question to the job, which a campaign does while its workers simulate.
    """

    analysis_s: tuple[float, ...]
    engine_s: tuple[float, ...]
    whole_s: tuple[float, ...]
    making_s: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """All that a transient costs over what ngspice reports: the median over the sequence."""
        return _median_ratio(self.whole_s, self.analysis_s)

    @property
    def engine_ratio(self) -> float:
        """The engine alone over what ngspice reports."""
        return _median_ratio(self.engine_s, self.analysis_s)


def _median_ratio(above: Sequence[float], below: Sequence[float]) -> float:
    return statistics.median(one / other for one, other in zip(above, below, strict=True))


def sequence(plan: Plan, lab: Lab, severities: Sequence[float]) -> Iterator[Job]:
    """Yield jobs as a campaign asks for them: one defect after another, each at some severities in its settings."""
    for defect in plan.defects:
        for setting in plan.settings:
            for severity in severities if setting.covers(defect.id) else ():
                yield lab.job(Question(setting.stimulus, setting.conditions, defect, severity))


@dataclass
class _Timed:
    """Transients as they are measured."""

    analysis_s: list[float] = field(default_factory=list)
    engine_s: list[float] = field(default_factory=list)
    whole_s: list[float] = field(default_factory=list)
    making_s: list[float] = field(default_factory=list)

    def cost(self) -> EngineCost:
        return EngineCost(tuple(self.analysis_s), tuple(self.engine_s), tuple(self.whole_s), tuple(self.making_s))


def measure(campaign: str, folder: Path, only: str, severities: Sequence[float]) -> EngineCost:
    """Run the same transients by a worker and in this process, in turn."""
    path, spec = load(campaign)
    plan = make_plan(path, spec, only)
    simulation = plan.network.sidecar.simulation
    timed, store = _Timed(), Store(folder / "store.sqlite")
    with SimulationService(WorkerPool(1, simulation.timeout), store) as service:
        lab, engine = Lab(plan.network, service, simulation, plan.observables), open_engine()
        before_s, deck, started = 0.0, "", time.perf_counter()
        for job in sequence(plan, lab, severities):
            made = time.perf_counter()
            service.outcome(job)
            stored = time.perf_counter()
            engine.run(job)
            done = time.perf_counter()
            timed.making_s.append(made - started)
            timed.whole_s.append(stored - made)
            timed.engine_s.append(done - stored)
            # It adds up until another deck is loaded.
            total_s = _analysis_s(engine)
            timed.analysis_s.append(total_s - (before_s if job.deck == deck and total_s > before_s else 0.0))
            before_s, deck, started = total_s, job.deck, time.perf_counter()
    return timed.cost()


def _analysis_s(engine: Any) -> float:
    found = _ANALYSIS.search(engine._shared.exec_command("rusage everything"))
    assert found, "ngspice's rusage says no analysis time"
    return float(found[1])


def one_transient_s(engine: Engine, job: Job) -> float:
    """Return ngspice's own time for one transient of a deck that is not loaded yet."""
    engine.run(job, reload=True)
    return _analysis_s(engine)
