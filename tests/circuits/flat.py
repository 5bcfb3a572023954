"""A deck without its hierarchy, worked out independently of the editor: what is connected to what."""

from __future__ import annotations

from collections.abc import Iterator

from faultsim.circuits.deck import Cards
from faultsim.circuits.hierarchy import Hierarchy

Pins = dict[tuple[str, str], str]
"""(path of a device, terminal) -> flattened name of its net."""


def pins(cards: Cards) -> Pins:
    """Return the net of every terminal of every device, subcircuit instances resolved."""
    return dict(_pins(Hierarchy(cards), "", "", {}))


def _pins(
    hierarchy: Hierarchy, scope: str, prefix: str, ports: dict[str, str]
) -> Iterator[tuple[tuple[str, str], str]]:
    for (owner, name), element in hierarchy.elements.items():
        if owner != scope:
            continue
        nets = {terminal: _flat(element.net(terminal), prefix, ports) for terminal in element.terminals}
        if name.startswith("x"):
            yield from _pins(hierarchy, element.body, f"{prefix}{name}.", nets)
        else:
            yield from (((prefix + name, terminal), net) for terminal, net in nets.items())


def _flat(net: str, prefix: str, ports: dict[str, str]) -> str:
    return "0" if net == "0" else ports.get(net, prefix + net)
