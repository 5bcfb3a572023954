"""Holds a drawing against the deck, so that it cannot say anything else."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from faultsim.circuits.deck import Cards
from faultsim.circuits.element import Element
from faultsim.circuits.hierarchy import Hierarchy
from faultsim.errors import Problem, did_you_mean
from faultsim.reports.drawings.cell import DrawingSpec, PartSpec
from faultsim.reports.drawings.layout import named
from faultsim.reports.drawings.symbols import SYMBOLS


def check_against_deck(spec: DrawingSpec, hierarchy: Hierarchy, path: str) -> Iterator[Problem]:
    """Yield everything in which a drawing and its subcircuit disagree."""
    cell = spec.cell.lower()
    if cell not in hierarchy.scopes:
        remedy = did_you_mean(cell, filter(None, hierarchy.scopes))
        yield Problem(f"{path}: cell", f"the deck has no subcircuit {cell!r}", remedy)
        return
    devices = devices_of(hierarchy, cell)
    nets = {
        f"{name}.{terminal}": device.net(terminal) for name, device in devices.items() for terminal in device.terminals
    }
    yield from _device_problems(spec, devices, path)
    yield from _symbol_problems(spec, devices, _models(hierarchy.cards), path)
    yield from _wire_problems(spec, nets, path)
    yield from _hide_problems(spec, nets, path)
    yield from _port_problems(spec, hierarchy.scopes[cell].ports, path)


def devices_of(hierarchy: Hierarchy, cell: str) -> dict[str, Element]:
    """Return a subcircuit's elements by name."""
    return {name: element for (scope, name), element in hierarchy.elements.items() if scope == cell.lower()}


def stands_for(part: PartSpec) -> dict[str, list[str]]:
    """Return the deck's ``element.terminal`` behind every terminal of a symbol."""
    if part.joins:
        return {terminal: [name.lower() for name in names] for terminal, names in part.joins.items()}
    return {terminal: [f"{part.key}.{terminal}"] for terminal in SYMBOLS[part.symbol].leads}


def drawn_devices(part: PartSpec) -> list[str]:
    """Return the names of the devices that a symbol stands for."""
    names = [name for names in stands_for(part).values() for name in names]
    return list(dict.fromkeys(name.rpartition(".")[0] for name in names))


def _device_problems(spec: DrawingSpec, devices: dict[str, Element], path: str) -> Iterator[Problem]:
    drawn = {name: "drawn" for part in spec.parts for name in drawn_devices(part)}
    omitted = {name.lower(): "omitted" for omit in spec.omit for name in omit.devices}
    for name, done in (drawn | omitted).items():
        if name not in devices:
            yield Problem(path, f"{name} is {done}, but {spec.cell} has no such device", did_you_mean(name, devices))
    for name in sorted(drawn.keys() & omitted.keys()):
        yield Problem(path, f"{name} is both drawn and omitted")
    for name, device in devices.items():
        if name not in drawn | omitted:
            yield Problem(path, f"{name} is not drawn ({device.card.where})", "draw it, or omit it with the reason")


def _symbol_problems(
    spec: DrawingSpec, devices: dict[str, Element], models: dict[str, str], path: str
) -> Iterator[Problem]:
    for part in spec.parts:
        where = f"{path}: parts.{part.key}"
        for name in (name for names in stands_for(part).values() for name in names):
            device, _, terminal = name.rpartition(".")
            if device in devices and terminal not in devices[device].terminals:
                known = did_you_mean(terminal, devices[device].terminals)
                yield Problem(where, f"{device} has no terminal {terminal!r}; is it a {part.symbol}?", known)
        if part.device and part.key in devices:
            # nmos and pmos have the same terminals; only the model tells them apart.
            polarity = models.get(devices[part.key].model, part.symbol)
            if part.symbol in ("nmos", "pmos") and polarity != part.symbol:
                yield Problem(where, f"is drawn as {part.symbol}, but its model is a {polarity}")
            for key in part.values:
                if parameter(devices[part.key], key) is None:
                    yield Problem(where, f"its card does not state {key!r}")


def _models(cards: Cards) -> dict[str, str]:
    """Return the type of every model, such as nmos, by its name."""
    words = [[word.text.lower() for word in card.words[1:3]] for card in cards if card.name == ".model"]
    return {pair[0]: pair[1] for pair in words if len(pair) == 2}


def _wire_problems(spec: DrawingSpec, nets: dict[str, str], path: str) -> Iterator[Problem]:
    behind = {f"{part.key}.{drawn}": names for part in spec.parts for drawn, names in stands_for(part).items()}
    joined: set[str] = set()
    for wire in spec.wires:
        net, where = wire.net.lower(), f"{path}: wires of net {wire.net}"
        names = [name for anchor in named(wire) for name in behind.get(anchor, ())]
        if net not in nets.values():
            yield Problem(where, f"{spec.cell} has no such net", did_you_mean(net, set(nets.values())))
        for name in names:
            if net in nets.values() and nets.get(name, net) != net:
                yield Problem(where, f"joins {name}, which is on net {nets[name]} in the deck")
            if name in joined:
                yield Problem(where, f"joins {name}, which is joined already")
            joined.add(name)
        if not wire.ends and sum(other.net.lower() == net for other in spec.wires) > 1:
            yield Problem(where, "one of its pieces has no end that names it", "add an end, or join the pieces")
    drawn = {device for part in spec.parts for device in drawn_devices(part)}
    for name, net in nets.items():
        if name.rpartition(".")[0] in drawn and name not in joined and not _hidden(spec, name):
            message = f"{name} is on it in the deck, but not joined"
            yield Problem(f"{path}: wires of net {net}", message, "join it, or hide it with the reason")


def _hidden(spec: DrawingSpec, name: str) -> bool:
    return any(fnmatchcase(name, pattern.lower()) for hide in spec.hide for pattern in hide.terminals)


def _hide_problems(spec: DrawingSpec, nets: dict[str, str], path: str) -> Iterator[Problem]:
    drawn = {name for part in spec.parts for names in stands_for(part).values() for name in names}
    for hide in spec.hide:
        for pattern in hide.terminals:
            where = f"{path}: hide {pattern}"
            found = [name for name in nets if fnmatchcase(name, pattern.lower())]
            if not found:
                yield Problem(where, f"{spec.cell} has no such terminal", did_you_mean(pattern.lower(), nets))
            for name in found:
                if name in drawn:
                    yield Problem(where, f"{name} is drawn")
                if hide.net and nets[name] != hide.net.lower():
                    yield Problem(where, f"{name} is on net {nets[name]} in the deck, not on {hide.net}")


def _port_problems(spec: DrawingSpec, ports: tuple[str, ...], path: str) -> Iterator[Problem]:
    ends = [(wire.net.lower(), end) for wire in spec.wires for end in wire.ends]
    for net, end in ends:
        if end.mark == "ground" and net != "0":
            yield Problem(f"{path}: wires of net {net}", "is marked as ground, which is net 0")
        if end.mark != "ground" and net not in ports:
            yield Problem(
                f"{path}: wires of net {net}", f"is marked as {end.mark}, but is no port", did_you_mean(net, ports)
            )
    for port in ports:
        if port not in {net for net, _ in ends}:
            yield Problem(path, f"port {port} is not named", "give one of its wires an end")


def parameter(device: Element, key: str) -> str | None:
    """Return a parameter as the card writes it; ``value`` is what follows the nets."""
    words = [word.text for word in device.card.words]
    if key == "value":
        place = len(device.terminals) + 1
        return words[place] if place < len(words) else None
    for number in range(len(words) - 2):
        if words[number].lower() == key.lower() and words[number + 1] == "=":
            return words[number + 2]
    return None
