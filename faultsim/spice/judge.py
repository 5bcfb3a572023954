"""Decides whether a transient may be trusted: first by its vectors, then by the log, never by an exit code.

ngspice exits 0 after a malformed line and writes warnings about floating nodes for circuits that it then solves, so
neither the exit code nor the mere presence of a message is a verdict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from faultsim.spice.expressions import ExpressionError, evaluate
from faultsim.spice.job import Job, Outcome, Status, Trace
from faultsim.spice.waveform import FloatArray, Waveform

_FEWEST_POINTS = 10
_LOG_LINES = 20
_CONVERGENCE_SIGNS = (
    "timestep too small",
    "no convergence",
    "singular matrix",
    "iteration limit reached",
    "gmin stepping failed",
    "source stepping failed",
    "transient op failed",
)


def judge(job: Job, vectors: Mapping[str, FloatArray], log: Sequence[str]) -> Trace:
    """Turn raw vectors into a trace.

    Args:
        job: What was asked.
        vectors: Lower-case vector name -> samples, ``time`` among them.
        log: All lines that the simulator printed.
    """
    fault = _fault(job, vectors)
    if fault:
        signs = [line.strip() for line in log if any(sign in line.lower() for sign in _CONVERGENCE_SIGNS)]
        status = Status.CONVERGENCE if signs else Status.BAD_OUTPUT
        fault = "; ".join([fault, *signs[-1:]])
        return Trace(Outcome(status, points=_length(vectors), log_tail=_tail(log, fault)), {})
    time_s = vectors["time"]
    waveforms = {name: Waveform(time_s, vectors[vector_name(vector)]) for name, vector in job.probes.items()}
    try:
        values = {name: evaluate(text, {**job.scope, **waveforms}) for name, text in job.observables.items()}
    except ExpressionError as error:
        return Trace(Outcome(Status.BAD_OUTPUT, points=time_s.size, log_tail=_tail(log, str(error))), waveforms)
    return Trace(Outcome(Status.OK, values, time_s.size), waveforms)


def vector_name(probe: str) -> str:
    """Return ngspice's own name of a probe: ``v(x.y)`` is ``x.y``, ``i(v.x.vs)`` is ``v.x.vs#branch``."""
    text = probe.strip().lower()
    if text.startswith("i(") and text.endswith(")"):
        return text[2:-1] + "#branch"
    if text.startswith("v(") and text.endswith(")"):
        return text[2:-1]
    return text


def _fault(job: Job, vectors: Mapping[str, FloatArray]) -> str:
    wanted = {"time", *(vector_name(vector) for vector in job.probes.values())}
    missing = sorted(wanted - set(vectors))
    if missing:
        return "no vector " + ", ".join(missing)
    time_s = vectors["time"]
    if time_s.size < _FEWEST_POINTS:
        return f"only {time_s.size} time points"
    if time_s[-1] < job.stop_s * (1 - 1e-9):
        return f"stopped at {time_s[-1]:.6g} s of {job.stop_s:.6g} s"
    broken = sorted(name for name in wanted if not np.isfinite(vectors[name]).all())
    return "not finite: " + ", ".join(broken) if broken else ""


def _length(vectors: Mapping[str, FloatArray]) -> int:
    return int(vectors["time"].size) if "time" in vectors else 0


def _tail(log: Sequence[str], fault: str) -> str:
    return "\n".join([*log[-_LOG_LINES:], "faultsim: " + fault])
