"""``faultsim inject``."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from faultsim import library
from faultsim.circuits import network
from faultsim.circuits.deck import text_of
from faultsim.circuits.learning_sidecar import is_learning
from faultsim.cli.circuits import is_deck, open_circuit
from faultsim.cli.output import write_text
from faultsim.cli.quantities import severity
from faultsim.cli.request import Request, asked_stimulus
from faultsim.cli.simulate import asked_job
from faultsim.cli.standalone import on_its_own, stand_alone
from faultsim.errors import UsageError
from faultsim.fault_models.naming import WIDEST, find_defect
from faultsim.spice.reference import with_values


def run(request: Request, out: Path | None, trust: bool) -> None:
    """Write the deck of a circuit with one defect in it: as it is, or a network's with its test bench."""
    complete = is_deck(request.circuit) or is_learning(library.find("circuits", request.circuit))
    text, read = _faulty_deck(request, trust) if complete else _faulty_network(request)
    if out is None:
        sys.stdout.buffer.write(text.encode("utf-8", "surrogateescape"))
        sys.stdout.flush()
        return
    write_text(out, text, read)


def _faulty_deck(request: Request, trust: bool) -> tuple[str, set[str]]:
    """Return a deck that has its own sources and analyses, with one defect in it, and the files that it comes from."""
    bench = [request.pattern, request.iw, request.lw, request.pulses, request.weights, request.program, request.delay]
    if any([*bench, request.vdd, request.temperature]):
        raise UsageError(f"{request.circuit} has a deck with stimulus and conditions of its own; change them there")
    circuit = open_circuit(request.circuit, trust)
    defect = find_defect(circuit, request.defect or "", request.universe or WIDEST)
    at = severity(request.ohm, defect)
    edited = defect.inject(circuit.cards).at(at)
    return with_values(text_of(edited.cards), dict(edited.alters)), {card.source for card in circuit.cards}


def _faulty_network(request: Request) -> tuple[str, set[str]]:
    loaded = network.load(request.circuit)
    simulation = on_its_own(loaded.sidecar.simulation)
    alone = replace(loaded, sidecar=loaded.sidecar.model_copy(update={"simulation": simulation}))
    job, _ = asked_job(alone, request, asked_stimulus(alone, request))
    about = f"{request.defect} at {request.ohm or 'its default severity'}"
    return stand_alone(job, about), {str(loaded.path), *(card.source for card in loaded.cards)}
