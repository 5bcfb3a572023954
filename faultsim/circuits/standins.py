"""What is gone from a deck, and what stands for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from faultsim.circuits.hierarchy import enclosing


@dataclass(frozen=True)
class StandIns:
    """Elements and nets of the top level that are gone, each with the one that stands for it; in lower case.

    Attributes:
        elements: By name.
        nets: By name.
    """

    elements: Mapping[str, str] = field(default_factory=dict)
    nets: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Return whether anything is gone."""
        return bool(self.elements or self.nets)

    def covers(self, net: str) -> bool:
        """Return whether a net, by its flattened name, is gone: itself, or with the instance that it is in."""
        return net in self.nets or bool(self._instance(net))

    def vector(self, vector: str) -> str:
        """Return a vector such as ``v(in7)``, ``v(x7.n)`` or ``i(v.x7.v1)`` of what stands for its net or element."""
        kind, _, inner = vector.lower().partition("(")
        name = inner.removesuffix(")")
        if kind == "v" and name in self.nets:
            return f"v({self.nets[name]})"
        # A flattened device's name begins with its letter.
        letter, dot, path = name.partition(".")
        head, rest = (letter + dot, path) if len(letter) == 1 and "." in path else ("", name)
        instance = self._instance(rest)
        return f"{kind}({head}{self.elements[instance]}{rest[len(instance) :]})" if instance else vector

    def _instance(self, name: str) -> str:
        return enclosing(name, self.elements.__contains__)


NONE = StandIns()
