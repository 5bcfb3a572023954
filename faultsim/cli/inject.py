"""``faultsim inject``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from faultsim.circuits import network
from faultsim.cli.output import write_text
from faultsim.cli.simulate import Request, asked_job, asked_stimulus
from faultsim.spice.job import Job
from faultsim.spice.reference import with_values


def run(request: Request, out: Path | None) -> None:
    """Write the deck of a circuit with one defect in it and a test bench around it."""
    loaded = network.load(request.circuit)
    sidecar = loaded.sidecar
    # ngspice's own two threads spin against each other here, and the deck has to do without our environment.
    options = {"num_threads": 1.0, **sidecar.simulation.options}
    simulation = sidecar.simulation.model_copy(update={"options": options})
    alone = replace(loaded, sidecar=sidecar.model_copy(update={"simulation": simulation}))
    job, _ = asked_job(alone, request, asked_stimulus(alone, request))
    text = _stand_alone(job, request)
    if out is None:
        print(text, end="")
        return
    write_text(out, text)


def _stand_alone(job: Job, request: Request) -> str:
    """Return a deck that says what is wrong with it, and that prints its probes: without, ngspice -b runs nothing."""
    title, _, body = with_values(job.deck, dict(job.alters)).partition("\n")
    severity = f" at {request.ohm}" if request.ohm else " at its default severity"
    printed = ".print tran " + " ".join(job.probes.values())
    head, _, _ = body.rpartition(".end\n")
    return f"{title}, {request.defect}{severity}\n{head}{printed}\n.end\n"
