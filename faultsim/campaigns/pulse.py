"""What a running process says of itself, for its own progress bar and for ``faultsim status`` in another shell."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Protocol

from faultsim.campaigns.headway import Headway
from faultsim.campaigns.ledger import Ledger
from faultsim.errors import StorageError
from faultsim.units import number_of

_FACT = "pulse"


class Spending(Protocol):
    """What counts transients: `faultsim.spice.service.SimulationService`."""

    @property
    def simulated(self) -> int:
        """Those that were simulated."""

    @property
    def reused(self) -> int:
        """Those that the store had already."""


@dataclass(frozen=True)
class Pulse:
    """How a run is at one moment.

    Attributes:
        stage: What it is at.
        elapsed_s: Time since its plan was made.
        simulated: Transients that it simulated.
        reused: Transients that the store had already.
        eta_s: About how long the stage still takes; None where nothing says so yet.
    """

    stage: str
    elapsed_s: float
    simulated: int
    reused: int
    eta_s: float | None

    @property
    def spent(self) -> str:
        """Return the transients, for people."""
        return spent_of(self)

    def __str__(self) -> str:
        """Return the transients and the time that the stage still takes, for people."""
        return self.spent if self.eta_s is None else f"{self.spent}; about {duration(self.eta_s)} more of this stage"


def spent_of(spending: Spending) -> str:
    """Return how many transients there have been, for people."""
    reused = f", {spending.reused} reused" if spending.reused else ""
    return number_of(spending.simulated, "transient") + reused


class Monitor:
    """Takes the pulse of a run and leaves it in the ledger."""

    def __init__(self, ledger: Ledger, spending: Spending) -> None:
        """Say whose."""
        self._ledger, self._spending = ledger, spending
        self._began_s = time.monotonic()
        self._stage: tuple[float, Headway] | None = None

    def planned(self) -> None:
        """Begin to count the time."""
        self._began_s = time.monotonic()

    def begin(self) -> None:
        """Remember how far the run was when a stage began."""
        self._stage = (time.monotonic(), self._ledger.progress())

    def take(self, stage: str) -> Pulse:
        """Return the pulse, and write it down for others to read."""
        elapsed_s, spending = time.monotonic() - self._began_s, self._spending
        pulse = Pulse(stage, elapsed_s, spending.simulated, spending.reused, self._eta_s(stage))
        # Where the ledger cannot be written, the run itself is about to say so.
        with suppress(StorageError):
            self._ledger.remember({_FACT: json.dumps(asdict(pulse))})
        return pulse

    def _eta_s(self, stage: str) -> float | None:
        """Return the time that the rest of a stage takes at its pace so far.

        Of the stages that follow nobody knows yet what they cost.
        """
        if self._stage is None:
            return None
        (began_s, before), now = self._stage, self._ledger.progress()
        remaining, done = now.remaining(stage), now.transients.get(stage, 0) - before.transients.get(stage, 0)
        return remaining * (time.monotonic() - began_s) / done if remaining is not None and done > 0 else None


def last_pulse(ledger: Ledger) -> Pulse | None:
    """Return the last pulse that a run left."""
    found = ledger.facts().get(_FACT)
    return None if found is None else Pulse(**json.loads(found))


def duration(seconds: float) -> str:
    """Return a time for people: seconds, or minutes, or hours and minutes."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60:02} min"
