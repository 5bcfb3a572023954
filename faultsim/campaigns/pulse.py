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

_FACT = "pulse"


class Spending(Protocol):
    """What counts transients: `faultsim.spice.service.SimulationService`."""

    simulated: int
    reused: int


@dataclass(frozen=True)
class Pulse:
    """How a run is at one moment.

    Attributes:
        stage: What it is at.
        elapsed_s: Time since its plan was made.
        simulated: Transients that it simulated.
        reused: Transients that the store had already.
        eta_s: About how long it still takes; None where nothing says so yet.
    """

    stage: str
    elapsed_s: float
    simulated: int
    reused: int
    eta_s: float | None

    @property
    def spent(self) -> str:
        """Return the transients, for people."""
        return f"{self.simulated} transients" + (f", {self.reused} reused" if self.reused else "")

    def __str__(self) -> str:
        """Return the transients and the time to go, for people."""
        return self.spent if self.eta_s is None else f"{self.spent}; ~{duration(self.eta_s)} to go"


class Monitor:
    """Takes the pulse of a run and leaves it in the ledger."""

    def __init__(self, ledger: Ledger, spending: Spending) -> None:
        """Say whose."""
        self._ledger, self._spending = ledger, spending
        self._began_s = time.monotonic()
        self._before: Headway | None = None

    def planned(self) -> None:
        """Remember how far the run was at its start."""
        self._began_s, self._before = time.monotonic(), self._ledger.progress()

    def take(self, stage: str) -> Pulse:
        """Return the pulse, and write it down for others to read."""
        elapsed_s, spending = time.monotonic() - self._began_s, self._spending
        pulse = Pulse(stage, elapsed_s, spending.simulated, spending.reused, self._eta_s(elapsed_s))
        # Where the ledger cannot be written, the run itself is about to say so.
        with suppress(StorageError):
            self._ledger.remember({_FACT: json.dumps(asdict(pulse))})
        return pulse

    def _eta_s(self, elapsed_s: float) -> float | None:
        """Return the time that the rest takes at the pace so far."""
        if self._before is None:
            return None
        now = self._ledger.progress()
        done, remaining = now.spent - self._before.spent, now.remaining
        return remaining * elapsed_s / done if done > 0 and remaining is not None else None


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
