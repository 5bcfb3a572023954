"""The simulator of a run that is over: its name says which outcomes are its own, and it runs nothing any more."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future

from faultsim.errors import SimulatorError
from faultsim.spice.job import Job, Trace


class Recorded:
    """An executor for those who only look at what is stored."""

    def __init__(self, simulator: str) -> None:
        """Take over the name and version of what the run was simulated with."""
        self.simulator = simulator

    shares: Sequence[float] = ()

    def submit(self, job: Job, with_waveforms: bool = False) -> Future[Trace]:
        """Refuse a job: whoever only looks has asked for something that is not stored."""
        future: Future[Trace] = Future()
        future.set_exception(SimulatorError(f"{self.simulator} of an earlier run cannot be asked again"))
        return future

    def close(self) -> None:
        """Stop; there is nothing to stop."""
