"""Small decks that the real simulator runs, for tests of devices and cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from faultsim.spice.job import Job
from faultsim.spice.pool import WorkerPool
from faultsim.spice.waveform import Waveform


def run_deck(
    pool: WorkerPool, cards: Sequence[str], probes: Mapping[str, str], stop_s: float, step_s: float
) -> Mapping[str, Waveform]:
    """Run a transient from the start values of the cards, by the trapezoidal rule; return each probe."""
    lines = [
        "* deck of a test",
        *cards,
        ".options method=trap",
        f".tran {step_s:.17g} {stop_s:.17g} 0 {step_s:.17g} uic",
        ".save " + " ".join(probes.values()),
        ".end",
    ]
    trace = pool.submit(Job("\n".join(lines) + "\n", stop_s, probes, {}, {}), with_waveforms=True).result()
    assert trace.outcome.ok, trace.outcome.log_tail
    return trace.waveforms
