"""What is asked of the simulator, and what it answers; plain data that travels between processes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from faultsim.spice.expressions import Value
from faultsim.spice.waveform import Waveform

ENGINE_VERSION = 1
"""Part of every content hash; raised whenever the same job could give another outcome."""


class Status(StrEnum):
    """How a transient ended."""

    OK = "ok"
    CONVERGENCE = "convergence"
    TIMEOUT = "timeout"
    BAD_OUTPUT = "bad_output"
    CRASHED = "crashed"


@dataclass(frozen=True)
class Job:
    """One transient.

    Attributes:
        deck: The complete deck, ready for ``ngspice -b``, at the altered elements' placeholder values.
        stop_s: Last time of the analysis, s.
        probes: Name -> ngspice vector, ``v(node)`` or ``i(source)``; only these are saved.
        observables: Name -> expression over the probes and `scope`.
        scope: The other names that expressions may use: numbers, times (one per pulse), windows (pairs).
        alters: Flattened element name -> value, set before the run.
    """

    deck: str
    stop_s: float
    probes: Mapping[str, str]
    observables: Mapping[str, str]
    scope: Mapping[str, Any]
    alters: Mapping[str, float] = field(default_factory=dict)

    def key(self, simulator: str) -> str:
        """Return the content hash under which the outcome is stored."""
        parts = [ENGINE_VERSION, simulator, self.deck, self.stop_s, *map(_sorted, self._mappings())]
        return hashlib.sha256(json.dumps(parts, separators=(",", ":")).encode()).hexdigest()

    def _mappings(self) -> tuple[Mapping[str, Any], ...]:
        return self.probes, self.observables, self.scope, self.alters


def _sorted(mapping: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return sorted(mapping.items())


@dataclass(frozen=True)
class Outcome:
    """What one transient showed.

    Attributes:
        status: Anything but `Status.OK` means that `values` is empty and the verdict unknown.
        values: Observable -> value.
        points: Number of time points that the simulator computed.
        log_tail: Last lines that it printed, kept where it did not end well.
    """

    status: Status
    values: Mapping[str, Value] = field(default_factory=dict)
    points: int = 0
    log_tail: str = ""

    @property
    def ok(self) -> bool:
        """Whether the transient finished and its values can be trusted."""
        return self.status is Status.OK


@dataclass(frozen=True)
class Trace:
    """An outcome with the waveforms that it was read from.

    Attributes:
        outcome: What the transient showed.
        waveforms: Of the probes, where they were asked for.
        seconds: How long the simulator took; None where nobody looked at the clock.
    """

    outcome: Outcome
    waveforms: Mapping[str, Waveform]
    seconds: float | None = None
