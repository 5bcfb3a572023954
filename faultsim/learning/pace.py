"""How fast trainings are simulated: milliseconds of the circuit's time per second of ours."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from faultsim.campaigns.pulse import duration
from faultsim.learning.training import Training
from faultsim.spice.service import SimulationService


class Pace:
    """How far trainings are, while they run."""

    def __init__(self, service: SimulationService, durations_s: Sequence[float]) -> None:
        """Say who simulates them, and how long each of them is."""
        self._service = service
        self._left_s = sum(durations_s)
        self._longest_s = max(durations_s)
        self._done_s = 0.0
        self._began_s = time.monotonic()
        self._lock = threading.Lock()

    def finished(self, duration_s: float, reused: bool) -> None:
        """Count a training that is over."""
        with self._lock:
            self._left_s -= duration_s
            self._done_s += 0.0 if reused else duration_s

    def __str__(self) -> str:
        """Return the circuit's time that has been simulated, and that is left, for people."""
        with self._lock:
            under_way_s = min(self._left_s, sum(self._service.shares) * self._longest_s)
            done_s, left_s = self._done_s + under_way_s, self._left_s - under_way_s
        said = f"{1e3 * done_s:,.0f} of {1e3 * (done_s + left_s):,.0f} ms simulated"
        took_s = time.monotonic() - self._began_s
        return said if done_s == 0 else f"{said}; about {duration(left_s * took_s / done_s)} more"


@dataclass(frozen=True)
class SizePace:
    """How fast crossbars of one size were simulated, each by one process.

    Attributes:
        size: Of the crossbar.
        trainings: How many.
        simulated_s: The circuit's time, s.
        took_s: Ours, added up over the trainings, s.
    """

    size: str
    trainings: int
    simulated_s: float
    took_s: float

    @property
    def ms_per_s(self) -> float:
        """Milliseconds of the circuit's time per second of ours."""
        return 1e3 * self.simulated_s / self.took_s

    def __str__(self) -> str:
        """Return it for people."""
        each = self.took_s / self.trainings
        return (
            f"{self.size}: {self.ms_per_s:.2f} ms simulated per s, {each:.1f} s a training ({self.trainings} simulated)"
        )


def paces(trainings: Iterable[Training]) -> list[SizePace]:
    """Return the paces of those that were simulated now, size by size."""
    found: defaultdict[str, list[Training]] = defaultdict(list)
    for training in trainings:
        if training.trace.seconds is not None and training.learners:
            found[training.trial.size].append(training)
    return [
        SizePace(
            size=size,
            trainings=len(group),
            simulated_s=sum(float(one.learners[0].times_s[-1]) for one in group),
            took_s=sum(one.trace.seconds or 0.0 for one in group),
        )
        for size, group in found.items()
    ]
