"""Subcircuits and instances: finds a device by its hierarchical path, says what is defined where."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from faultsim.circuits.deck import Card, Cards
from faultsim.circuits.element import Element, MalformedElement, model_names, parse_element
from faultsim.circuits.parameters import in_order
from faultsim.errors import Problem, SpecError, did_you_mean

_DEEPEST = 60
"""Levels of instances; ngspice itself gives up long before."""
_MOST_REMEDIES = 100
_COMPILED = (".hdl", ".osdi", ".verilog", ".ahdl")


@dataclass(frozen=True)
class Scope:
    """A run of cards that share names: the top level, or one subcircuit's body.

    Attributes:
        name: Subcircuit name in lower case, behind those that its definition stands in: ``outer/inner``; empty for
            the top level.
        start: Index of its first card.
        stop: Index one past its last card.
        ports: Port names in order.
        parent: Name of the scope that it is defined in.
        defaults: Parameter -> its default, as written.
    """

    name: str
    start: int
    stop: int
    ports: tuple[str, ...]
    parent: str = ""
    defaults: dict[str, str] = field(default_factory=dict)


class Hierarchy:
    """Index of a deck's subcircuits and elements."""

    def __init__(self, cards: Cards, part: bool = False) -> None:
        """Read the structure.

        Args:
            cards: The deck.
            part: It is only a part, such as a cell: subcircuits that it does not define are somebody else's.

        Raises:
            SpecError: Everything that is wrong: ``.subckt`` without ``.ends``, names defined twice, instances of
                nothing or with the wrong number of nets, subcircuits that contain themselves.
        """
        self.cards = cards
        self._part = part or any(card.name in _COMPILED for card in cards)
        problems: list[Problem] = []
        self.scopes, self._owners, all_end = _scopes(cards, problems)
        self.models = _models(cards)
        self._defaults: dict[str, Mapping[str, str]] = {}
        self._remedies: dict[str, str] = {}
        self._on_nets: dict[str, Mapping[str, list[tuple[Element, str]]]] = {}
        self.elements: dict[tuple[str, str], Element] = {}
        self.inside: dict[str, list[Element]] = {name: [] for name in self.scopes}
        for index, (card, owner) in enumerate(zip(cards, self._owners, strict=True)):
            if owner is not None and card.name[:1].isalpha():
                self._add(index, card, owner, problems)
        if all_end:
            # What a definition without an end swallows may be its own instances.
            problems += self._circles()
        if problems:
            raise SpecError(problems)

    @cached_property
    def globals(self) -> frozenset[str]:
        """Nets that are the same in every subcircuit; ground is one."""
        named = (word for card in self.cards if card.name == ".global" for word in card.lowered[1:])
        return frozenset({"0", "gnd", *named})

    def resolve(self, path: str) -> Element:
        """Return the element at a path such as ``xcell1.ma1``.

        Raises:
            SpecError: A step of the path does not exist.
        """
        return self.chain(path)[-1]

    def chain(self, path: str) -> list[Element]:
        """Return the element at a path and the instances around it, outermost first.

        Raises:
            SpecError: A step of the path does not exist.
        """
        chain: list[Element] = []
        rest = path.lower()
        while rest or not chain:
            scope = chain[-1].body if chain else ""
            # Only an instance has an inside; a resistor's empty body would lead back to the top level.
            enters = not chain or bool(chain[-1].body)
            step = rest.partition(".")[0]
            if enters and (scope, step) not in self.elements:
                # Names may have dots of their own.
                step = next((name for owner, name in self.elements if owner == scope and _starts(rest, name)), step)
            element = self.elements.get((scope, step)) if enters else None
            if element is None:
                known = [name for owner, name in self.elements if owner == scope] if enters else []
                where = ".".join(outer.card.name for outer in chain) or "the top level"
                raise SpecError([Problem(path, f"{where} has no element {step!r}", did_you_mean(step, known))])
            chain.append(element)
            rest = rest[len(step) + 1 :]
        return chain

    def nets(self, scope: str) -> set[str]:
        """Return the nets that elements of a scope connect to."""
        return set(self._mentions(scope))

    def mentions(self, scope: str, net: str) -> list[tuple[Element, str]]:
        """Return every (element, terminal) of a scope that sits on a net."""
        return self._mentions(scope).get(net, [])

    def opaque(self, scope: str, net: str) -> list[Element]:
        """Return elements of a scope that mention a net, but whose terminals are not known."""
        unknown = [element for element in self.inside[scope] if not element.terminals]
        return [element for element in unknown if net in element.card.lowered[1:]]

    def _mentions(self, scope: str) -> Mapping[str, list[tuple[Element, str]]]:
        """Return what sits on each net of a scope; indexed once, because a crossbar asks for thousands of nets."""
        if scope not in self._on_nets:
            found: dict[str, list[tuple[Element, str]]] = {}
            for element in self.inside[scope]:
                for terminal in element.terminals:
                    found.setdefault(element.net(terminal), []).append((element, terminal))
            self._on_nets[scope] = found
        return self._on_nets[scope]

    def parameters(self, scope: str) -> dict[str, str]:
        """Return the ``.param`` definitions of a scope, as written."""
        return self._parameters.get(scope, {})

    def defaults(self, scope: str) -> Mapping[str, str]:
        """Return the parameters of a subcircuit, its ``.param`` definitions among them, as written and in order."""
        if scope not in self._defaults:
            self._defaults[scope] = in_order(self.scopes[scope].defaults | self.parameters(scope))
        return self._defaults[scope]

    @cached_property
    def _parameters(self) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for card, owner in zip(self.cards, self._owners, strict=True):
            if owner is not None and card.name.startswith(".param"):
                found.setdefault(owner, {}).update(texts_of(card))
        return found

    def instance_of(self, net: str) -> str:
        """Return the element of the top level that a net is inside of, by the net's flattened name; or nothing."""
        return enclosing(net, lambda name: ("", name) in self.elements)

    def flat_net(self, path: str, net: str) -> str:
        """Return the flattened name of a net in the body of the instance at a path; at the top level without one."""
        chain = self.chain(path) if path else []
        net = net.lower()
        while chain and net not in self.globals and net in chain[-1].terminals:
            net = chain.pop().net(net)
        if net in self.globals or not chain:
            return "0" if net == "gnd" else net
        return ".".join([*(step.card.name for step in chain), net])

    def definition(self, scope: str, name: str) -> Scope | None:
        """Return the subcircuit that a name means in a scope: of those around it, the innermost."""
        while True:
            found = self.scopes.get(f"{scope}/{name}" if scope else name)
            if found is not None or not scope:
                return found
            scope = self.scopes[scope].parent

    def spice_name(self, path: str) -> str:
        """Return what ngspice calls the device at a path after it has flattened the deck.

        ``m.x1.x2.m1`` for a transistor. A subcircuit that is defined inside another is expanded there first, which
        puts the letter in once more: ``m.x1.m.x2.m1``.
        """
        chain = self.chain(path)
        name, letter, last = chain[-1].card.name, chain[-1].letter, len(chain) - 1
        while last > 0:
            pass_of = self.scopes[chain[last - 1].body].parent
            first = last - 1
            while first > 0 and chain[first - 1].body != pass_of:
                first -= 1
            name = f"{letter}." + ".".join([*(step.card.name for step in chain[first:last]), name])
            last = first
        return name

    def _add(self, index: int, card: Card, scope: str, problems: list[Problem]) -> None:
        key = (scope, card.name)
        if key in self.elements:
            first = self.elements[key].card.where
            problems.append(Problem(card.where, f"{card.name} is already defined at {first}", "rename one"))
            return
        if card.name.startswith("x"):
            element = self._instance(index, card, scope, problems)
        else:
            try:
                element = parse_element(index, scope, card, self.models)
            except MalformedElement as error:
                problems.append(Problem(card.where, str(error), "complete the card"))
                return
        if element is not None:
            self.elements[key] = element
            self.inside[scope].append(element)

    def _instance(self, index: int, card: Card, scope: str, problems: list[Problem]) -> Element | None:
        words = card.lowered
        places = [place for place in card.positional() if words[place] != "params:"]
        if len(places) < 2:
            problems.append(Problem(card.where, f"{card.name} names no subcircuit", "complete the card"))
            return None
        model, nets = words[places[-1]], places[1:-1]
        definition = self.definition(scope, model)
        if definition is None and self._part:
            return Element(index, scope, card, {}, model)
        if definition is None:
            problems.append(Problem(card.where, f"no subcircuit {model!r}", self._meant(model)))
            return None
        ports = definition.ports
        if len(ports) != len(nets):
            message = f"{card.name} connects {len(nets)} nets; {model} has {len(ports)} ports"
            problems.append(Problem(card.where, message, f"its ports are {' '.join(ports)}"))
            return None
        return Element(index, scope, card, dict(zip(ports, nets, strict=True)), model, definition.name)

    def _meant(self, model: str) -> str:
        """Return what may be meant by a subcircuit that is not there; for the first few of them."""
        if len(self._remedies) < _MOST_REMEDIES and model not in self._remedies:
            known = {name.rpartition("/")[2] for name in self.scopes if name}
            self._remedies[model] = did_you_mean(model, known)
        return self._remedies.get(model, "")

    def _circles(self) -> list[Problem]:
        """Return subcircuits that contain themselves, or that go deeper than a simulator does."""
        problems: list[Problem] = []
        depth: dict[str, int] = {}
        uses = {name: {item.body: item for item in inside if item.body} for name, inside in self.inside.items()}
        for root in self.scopes:
            self._descend(root, uses, depth, problems)
        return problems

    @staticmethod
    def _descend(
        root: str, uses: dict[str, dict[str, Element]], depth: dict[str, int], problems: list[Problem]
    ) -> None:
        """Find how deep a scope is, by a walk that keeps its own stack: a hostile deck may be very deep."""
        trail: list[str] = [root]
        while trail:
            scope = trail[-1]
            waiting = [body for body in uses[scope] if body not in depth]
            circle = next((body for body in waiting if body in trail), None)
            if circle is not None:
                card = uses[scope].pop(circle).card
                problems.append(Problem(card.where, f"subcircuit {circle!r} contains itself", "remove the instance"))
            elif waiting:
                trail.append(waiting[0])
            else:
                depth[scope] = 1 + max((depth[body] for body in uses[scope]), default=0)
                if depth[scope] == _DEEPEST:
                    card = next(iter(uses[scope].values())).card
                    problems.append(Problem(card.where, f"instances go more than {_DEEPEST} levels deep"))
                trail.pop()


def enclosing(name: str, known: Callable[[str], bool]) -> str:
    """Return the known element that a flattened name is in, or nothing; names may have dots of their own."""
    steps = name.split(".")
    prefixes = (".".join(steps[:count]) for count in range(len(steps) - 1, 0, -1))
    return next(filter(known, prefixes), "")


def texts_of(card: Card) -> dict[str, str]:
    """Return each ``name = value`` of a card, as written."""
    words = card.lowered
    return {name: words[place] for name, place in card.assignments().items()}


def _starts(path: str, name: str) -> bool:
    return path == name or path.startswith(name + ".")


def _models(cards: Sequence[Card]) -> frozenset[str]:
    named = (card.lowered[1] for card in cards if card.name == ".model" and len(card.lowered) > 1)
    return frozenset(name for model in named for name in model_names(model))


def _scopes(cards: Cards, problems: list[Problem]) -> tuple[dict[str, Scope], list[str | None], bool]:
    """Return the scopes by name, for every card the scope that it stands in, and whether all definitions end.

    A card in a definition said again stands in None.
    """
    scopes = {"": Scope("", 0, len(cards), ())}
    owners: list[str | None] = []
    opened: list[Scope] = []
    for index, card in enumerate(cards):
        if card.name in (".subckt", ".macro"):
            opened.append(_opened(index, card, opened[-1].name if opened else "", problems))
        owners.append(opened[-1].name if opened else "")
        if card.name not in (".ends", ".eom"):
            continue
        if not opened:
            problems.append(Problem(card.where, f"{card.name} without .subckt", "remove it"))
            continue
        scope = replace(opened.pop(), stop=index + 1)
        first = scopes.setdefault(scope.name, scope)
        if first is not scope:
            owners[scope.start :] = [None] * (scope.stop - scope.start)
            problems += _said_again(cards, first, scope)
    for scope in opened:
        problems.append(Problem(cards[scope.start].where, f".subckt {scope.name} has no .ends", "end it"))
        scopes.setdefault(scope.name, replace(scope, stop=len(cards)))
    return scopes, owners, not opened


def _said_again(cards: Cards, first: Scope, second: Scope) -> list[Problem]:
    """A library that is included twice says everything twice; only the first counts, as in ngspice."""
    bodies = ("".join(card.text for card in cards[scope.start : scope.stop]).split() for scope in (first, second))
    if next(bodies) == next(bodies):
        return []
    message = f"subcircuit {second.name!r} is already defined otherwise at {cards[first.start].where}"
    return [Problem(cards[second.start].where, message, "rename one")]


def _opened(index: int, card: Card, parent: str, problems: list[Problem]) -> Scope:
    words = card.lowered
    places = [place for place in card.positional() if words[place] != "params:"]
    if len(places) < 2:
        problems.append(Problem(card.where, ".subckt has no name", "name it"))
        places = [0, 0]
    name = words[places[1]]
    defaults = texts_of(card)
    full = f"{parent}/{name}" if parent else name
    return Scope(full, index, index, tuple(words[place] for place in places[2:]), parent, defaults)
