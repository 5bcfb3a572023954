"""SPICE expressions: text in, a function of the names in it out."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from faultsim.units import parse_quantity

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]{1,9}(?![0-9]))?[a-z]*)"
    r"|(?P<name>[a-z_](?:[\w.]|!(?!=))*)"
    r"|(?P<operator>\*\*|==|!=|<>|<=|>=|&&|\|\||[-+*/^%()<>!?:,]))",
    re.IGNORECASE,
)
# What stands behind the letters is as good as they are: 4k7 is 4k in ngspice. Nothing is tried twice.
_NUMBER = re.compile(
    r"\s*([+-]?(?:\d++(?:\.\d*+)?|\.\d++)(?:e[+-]?\d++)?[a-z]*+)(?:(?<=[a-z])\w++)?\s*", re.IGNORECASE | re.ASCII
)
_MICRO = {ord(letter): "u" for letter in "µ\udcb5"}
"""The sign that decks from elsewhere have for ``u``, and its byte in Latin-1."""
_LEVELS: tuple[dict[str, Callable[[float, float], float]], ...] = (
    {"||": lambda a, b: float(bool(a) or bool(b))},
    {"&&": lambda a, b: float(bool(a) and bool(b))},
    {
        "==": operator.eq,
        "!=": operator.ne,
        "<>": operator.ne,
        "<": operator.lt,
        ">": operator.gt,
        "<=": operator.le,
        ">=": operator.ge,
    },
    {"+": operator.add, "-": operator.sub},
    {"*": operator.mul, "/": operator.truediv, "%": math.fmod},
)


def _power(base: float, exponent: float) -> float:
    """Return what ``**`` and ``^`` are in ngspice: the sign of the base is lost."""
    return abs(base) ** exponent


def _nominal(value: float, *_: float) -> float:
    """Return the middle of a distribution, which ngspice draws from."""
    return value


_MOST_TURNED = 1e9
"""Of a larger angle the last bits decide the sine, and these are no more the same in any two programs."""


def _turned(function: Callable[[float], float]) -> Callable[[float], float]:
    """Return a function of an angle that has no value where the angle says nothing."""

    def of(angle: float) -> float:
        if abs(angle) > _MOST_TURNED:
            raise ValueError(angle)
        return function(angle)

    return of


_FUNCTIONS: dict[str, Callable[..., float]] = {
    "abs": abs,
    "sqrt": math.sqrt,
    "exp": math.exp,
    "ln": math.log,
    "log": math.log,
    "log10": math.log10,
    "sin": _turned(math.sin),
    "cos": _turned(math.cos),
    "tan": _turned(math.tan),
    "asin": math.asin,
    "acos": math.acos,
    "atan": math.atan,
    "arctan": math.atan,
    "sinh": math.sinh,
    "cosh": math.cosh,
    "tanh": math.tanh,
    "asinh": math.asinh,
    "acosh": math.acosh,
    "atanh": math.atanh,
    "sqr": lambda value: value * value,
    "min": min,
    "max": max,
    "int": lambda value: float(int(value)),
    "nint": lambda value: float(round(value)),
    "floor": lambda value: float(math.floor(value)),
    "ceil": lambda value: float(math.ceil(value)),
    "pow": operator.pow,
    "pwr": _power,
    "sgn": lambda value: math.copysign(1.0, value) if value else 0.0,
    "ternary_fcn": lambda condition, yes, no: yes if condition else no,
    **dict.fromkeys(("gauss", "agauss", "unif", "aunif", "limit"), _nominal),
}
_SIGNS: dict[str, Callable[[float], float]] = {
    "-": operator.neg,
    "+": operator.pos,
    "!": lambda value: float(not value),
}
_DEEPEST = 50

Names = Callable[[str], float]
Node = Callable[[Names], float]


class NoValue(Exception):
    """An expression that cannot be worked out: a function or a name that is not known, a division by zero."""


@lru_cache(maxsize=10_000)
def parse_formula(text: str) -> Node:
    """Return an expression as a function that asks for the names in it.

    Args:
        text: In lower case; in braces, quotes or neither.

    Raises:
        NoValue: It cannot be parsed, or calls a function that is not known.
    """
    text = text.translate(_MICRO).strip()
    plain = _NUMBER.fullmatch(text)
    if plain is not None:
        number = parse_quantity(plain[1])
        return lambda _: number
    return _Parser(_tokens(text.strip("{}'\""))).whole()


def _tokens(text: str) -> list[str]:
    tokens: list[str] = []
    place, text = 0, text.rstrip()
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise NoValue(text)
        tokens.append(match[match.lastgroup or 0])
        place = match.end()
    return tokens


@dataclass
class _Parser:
    """Recursive descent over the tokens of one expression."""

    tokens: list[str]
    place: int = 0
    depth: int = 0

    def whole(self) -> Node:
        node = self._choice()
        if self.place != len(self.tokens):
            raise NoValue(" ".join(self.tokens))
        return node

    def _choice(self) -> Node:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise NoValue("too deep")
        condition = self._level(0)
        if self._take("?"):
            yes = self._choice()
            self._expect(":")
            no = self._choice()
            self.depth -= 1
            return lambda names: yes(names) if condition(names) else no(names)
        self.depth -= 1
        return condition

    def _level(self, level: int) -> Node:
        if level == len(_LEVELS):
            return self._sign()
        left = self._level(level + 1)
        while self._next() in _LEVELS[level]:
            left = _applied(_LEVELS[level][self._advance()], left, self._level(level + 1))
        return left

    def _sign(self) -> Node:
        signs: list[str] = []
        while self._next() in _SIGNS:
            signs.append(self._advance())
        node = self._powers()
        for sign in reversed(signs):
            node = _signed(_SIGNS[sign], node)
        return node

    def _powers(self) -> Node:
        """Powers of powers go from left to right, as in ngspice."""
        base = self._atom()
        while self._next() in ("**", "^"):
            self._advance()
            sign = self._advance() if self._next() in _SIGNS else "+"
            base = _applied(_power, base, _signed(_SIGNS[sign], self._atom()))
        return base

    def _atom(self) -> Node:
        token = self._advance()
        if token == "(":
            node = self._choice()
            self._expect(")")
            return node
        if token[:1].isdigit() or token[:1] == ".":
            number = parse_quantity(token)
            return lambda _: number
        if not (token[:1].isalpha() or token[:1] == "_"):
            raise NoValue(token)
        if self._take("("):
            return self._call(token)
        return lambda names: names(token)

    def _call(self, name: str) -> Node:
        if name not in _FUNCTIONS:
            raise NoValue(name)
        function, arguments = _FUNCTIONS[name], [self._choice()]
        while self._take(","):
            arguments.append(self._choice())
        self._expect(")")
        return lambda names: function(*(argument(names) for argument in arguments))

    def _next(self) -> str:
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def _advance(self) -> str:
        token = self._next()
        self.place += 1
        return token

    def _take(self, token: str) -> bool:
        taken = self._next() == token
        self.place += taken
        return taken

    def _expect(self, token: str) -> None:
        if not self._take(token):
            raise NoValue(f"{token} is missing")


def _signed(function: Callable[[float], float], operand: Node) -> Node:
    return lambda names: function(operand(names))


def _applied(function: Callable[[float, float], float], left: Node, right: Node) -> Node:
    return lambda names: function(left(names), right(names))
