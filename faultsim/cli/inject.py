"""``faultsim inject``."""

from __future__ import annotations

from pathlib import Path

from faultsim.circuits import bench, network
from faultsim.circuits.stimulus import Stimulus
from faultsim.cli.output import write_text
from faultsim.cli.quantities import positive
from faultsim.cli.simulate import default_pattern
from faultsim.fault_models.defect import find_defect
from faultsim.spice.reference import with_values


def run(circuit: str, defect_id: str, ohm: str | None, out: Path | None, pattern: str | None) -> None:
    """Write the deck of a circuit with one defect in it and a test bench around it."""
    loaded = network.load(circuit)
    defect = find_defect(loaded, defect_id)
    severity = positive("--ohm", ohm, defect.definition.severity.default)
    symbols = pattern or default_pattern(loaded)
    loaded.check_pattern(symbols)
    faulty = defect.inject(loaded.cards).at(severity)
    sidecar = loaded.sidecar
    # ngspice's own two threads spin against each other here, and the deck has to do without our environment.
    options = {"num_threads": 1.0, **sidecar.simulation.options}
    simulation = sidecar.simulation.model_copy(update={"options": options})
    stimulus = defect.disturb(Stimulus(symbols, sidecar.stimulus), severity)
    conditions = bench.nominal(loaded)
    job = bench.job(loaded, stimulus, conditions, simulation, faulty)
    text = with_values(job.deck, dict(faulty.alters))
    if out is None:
        print(text, end="")
        return
    write_text(out, text)
