"""Decks that plain ngspice runs, as they are written for people."""

from __future__ import annotations

from faultsim.circuits.sidecar import SimulationSpec
from faultsim.cli.output import printable
from faultsim.spice.job import Job
from faultsim.spice.reference import with_values


def on_its_own(simulation: SimulationSpec) -> SimulationSpec:
    """Return the same time step and options for a deck that has to do without our environment."""
    # ngspice's own two threads spin against each other here.
    return simulation.model_copy(update={"options": {"num_threads": 1.0, **simulation.options}})


def stand_alone(job: Job, about: str) -> str:
    """Return a deck that says what it is about, and that prints its probes: without, ngspice -b runs nothing.

    Args:
        job: The transient.
        about: What is wrong with the circuit; whatever is in it, it stays on the deck's first line.
    """
    title, _, body = with_values(job.deck, dict(job.alters)).partition("\n")
    printed = ".print tran " + " ".join(job.probes.values())
    head, _, _ = body.rpartition(".end\n")
    return f"{title}, {printable(' '.join(about.split()))}\n{head}{printed}\n.end\n"
