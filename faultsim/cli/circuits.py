"""What CIRCUIT on the command line means: a network by name or sidecar, or any deck."""

from __future__ import annotations

from pathlib import Path

from faultsim import library
from faultsim.circuits import network
from faultsim.circuits.circuit import Circuit, of_deck, of_network
from faultsim.circuits.learning_network import load_learning
from faultsim.circuits.learning_sidecar import is_learning
from faultsim.errors import UsageError


def is_deck(name: str) -> bool:
    """Return whether a name is that of a deck file, and no sidecar's."""
    path = Path(name)
    return path.is_file() and path.suffix.lower() != ".toml"


def open_circuit(name: str, trust: bool = False) -> Circuit:
    """Return the circuit that a name on the command line means.

    Raises:
        UsageError: Nothing of that name is there.
        SpecError: Everything that is wrong with it.
    """
    path = Path(name)
    if path.is_dir():
        raise UsageError(f"{name} is a folder; name a deck, or a sidecar")
    if is_deck(name):
        return of_deck(path, trust)
    if is_learning(sidecar := library.find("circuits", name)):
        return load_learning(sidecar).circuit
    return of_network(network.load(name))
