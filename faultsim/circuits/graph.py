"""The circuit graph: nets and devices of the flattened circuit as nodes, terminals and wire segments as edges."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from faultsim.circuits.circuit import Circuit
from faultsim.circuits.sites import tap_names, wire_taps
from faultsim.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    import networkx as nx


def circuit_graph(circuit: Circuit) -> nx.MultiGraph:
    """Return the graph of a circuit.

    Nodes are ``net:NAME`` (attributes ``kind`` = net, ``net``, ``role``, ``metal``) and ``device:PATH`` (``kind`` =
    its class, ``path``, ``model``). An edge between them is a terminal (``kind`` = terminal, ``terminal``, ``metal``).
    A net that is a wire with an order is one node per tap, ``net:NAME@TAP``, with edges between neighbours (``kind`` =
    segment, ``segment`` = ``WIRE.TAP``); behind the last tap of a driven wire stands ``net:NAME``.
    """
    import networkx as nx

    graph = nx.MultiGraph(name=circuit.name)
    places: dict[tuple[str, str], str] = {}
    for wire_name in circuit.wires:
        places |= dict(_add_wire(graph, circuit, wire_name))
    for device in circuit.devices:
        node = f"device:{device.path}"
        graph.add_node(node, kind=device.device.name, path=device.path, model=device.element.model)
        for terminal, net in circuit.terminals(device):
            end = _tap_of(places, device.path, net) or _net_node(graph, circuit, net)
            graph.add_edge(node, end, kind="terminal", terminal=terminal, metal=device.device.is_metal(terminal))
    return graph


def cut_off(graph: nx.MultiGraph, segment: str) -> set[str]:
    """Return the taps that an open of a wire segment cuts off from the wire's end.

    Raises:
        UsageError: The graph has no such segment.
    """
    import networkx as nx

    wires = nx.Graph((a, b, data) for a, b, data in graph.edges(data=True) if data["kind"] == "segment")
    edges = {data["segment"]: (a, b) for a, b, data in wires.edges(data=True)}
    if segment not in edges:
        raise UsageError(f"no wire segment {segment!r} ({did_you_mean(segment, edges)})")
    far, near = sorted(edges[segment], key=lambda node: graph.nodes[node]["place"])
    wires.remove_edge(far, near)
    return {graph.nodes[node]["tap"] for node in nx.node_connected_component(wires, far)}


def graphml(circuit: Circuit) -> str:
    """Return the graph as GraphML text."""
    import networkx as nx

    graph = circuit_graph(circuit)
    return "\n".join(nx.generate_graphml(nx.relabel_nodes(_printable(graph), _plain), prettyprint=True)) + "\n"


def _add_wire(graph: nx.MultiGraph, circuit: Circuit, name: str) -> Iterator[tuple[tuple[str, str], str]]:
    """Add a wire's nodes and segments; yield the node of each (element at the tap, net)."""
    wire = circuit.wires[name]
    taps = wire_taps(wire, circuit.hierarchy)
    inside = f"{wire.scope.lower()}." if wire.scope else ""
    net = circuit.hierarchy.flat_net(wire.scope.lower(), wire.net)
    # An element may tap a wire with two terminals.
    names = tap_names(taps)
    nodes = [f"net:{net}@{tap}" for tap in names]
    for place, (node, tap, (element, _)) in enumerate(zip(nodes, names, taps, strict=True)):
        role = circuit.roles.get(net, "")
        graph.add_node(node, kind="net", net=net, role=role, metal=True, wire=name, place=place, tap=tap)
        yield (inside + element, net), node
    ends = [*nodes[1:], *([_net_node(graph, circuit, net)] if wire.driven else [])]
    if wire.driven:
        graph.nodes[ends[-1]].update(place=len(nodes), tap="", wire=name)
    for tap, start, end in zip(names, nodes, ends, strict=False):
        graph.add_edge(start, end, kind="segment", segment=f"{name}.{tap}")


def _tap_of(places: dict[tuple[str, str], str], path: str, net: str) -> str | None:
    """Return the wire's node that a device hangs on: that of the instance around it which taps in."""
    while path:
        if (path, net) in places:
            return places[path, net]
        path = path.rpartition(".")[0]
    return None


def _net_node(graph: nx.MultiGraph, circuit: Circuit, net: str) -> str:
    node = f"net:{net}"
    if node not in graph:
        graph.add_node(node, kind="net", net=net, role=circuit.roles.get(net, ""), metal=net in circuit.metal)
    return node


def _plain(text: str) -> str:
    """Return text without characters that XML cannot hold."""
    return "".join(character if character.isprintable() else f"\\x{ord(character):02x}" for character in text)


def _printable(graph: nx.MultiGraph) -> nx.MultiGraph:
    for _, data in graph.nodes(data=True):
        data.update({key: _plain(value) for key, value in data.items() if isinstance(value, str)})
    for *_, data in graph.edges(data=True):
        data.update({key: _plain(value) for key, value in data.items() if isinstance(value, str)})
    return graph
