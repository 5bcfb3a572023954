"""The language of observables: arithmetic and a few functions over probes, such as ``any(rises(out, vdd/2, strobe))``.

Names are probes (waveforms), numbers (``vdd``) and windows (one row per pulse). A function of a probe and a set of
windows has one value per pulse; ``any``, ``count``, ``first``, ``nth`` and the like reduce it to one.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from functools import partial, reduce
from threading import Lock
from typing import Any

import numpy as np

from faultsim.errors import did_you_mean
from faultsim.spice.waveform import FloatArray, Waveform

Value = bool | int | float | None | list[bool] | list[float | None]


_ONE_AT_A_TIME = Lock()
"""Python 3.11 counts the depth of what it parses for all threads together, and fails where two parse at once."""


class ExpressionError(ValueError):
    """An expression that cannot be read or evaluated."""


def evaluate(expression: str, names: Mapping[str, Any]) -> Value:
    """Return the value of an observable.

    Args:
        expression: The text.
        names: `Waveform` for probes, float for numbers, shape (pulses, 2) for windows, shape (pulses,) for times.

    Raises:
        ExpressionError: Unknown name or function, unsupported syntax, or a value that does not fit.
    """
    tree = _parse(expression)
    try:
        # What is not finite becomes None; numpy need not announce it on stderr as well.
        with np.errstate(all="ignore"):
            return _plain(_Evaluator(names).value(tree.body))
    except (TypeError, IndexError, ValueError, ArithmeticError) as error:
        raise ExpressionError(f"{expression!r}: {error}") from error
    except RecursionError as error:
        raise ExpressionError(f"{expression!r}: nested too deeply") from error


def check(expression: str, known: Mapping[str, str]) -> list[str]:
    """Return what is wrong with an expression before anything is simulated.

    Args:
        expression: The text.
        known: The names that will exist when it is evaluated, with what each one is.
    """
    try:
        tree = _parse(expression)
    except ExpressionError as error:
        return [str(error)]
    called = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    functions = {node.id for node in called}
    problems = [
        f"unknown function {name!r} ({did_you_mean(name, FUNCTIONS)})" for name in sorted(functions - set(FUNCTIONS))
    ]
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and node not in called}
    problems += [f"unknown name {name!r} ({did_you_mean(name, known)})" for name in sorted(used - set(known))]
    problems += [f"{type(node).__name__} is not part of the language" for node in ast.walk(tree) if not _allowed(node)]
    return problems


def renamed(expression: str, names: Mapping[str, str]) -> str:
    """Return an expression with other names in it."""
    tree = _parse(expression)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            node.id = names.get(node.id, node.id)
    return ast.unparse(tree)


def looks_until(expression: str, names: Mapping[str, Any]) -> float:
    """Return the last time at which an expression looks at a probe, or one that is later.

    Args:
        expression: The text.
        names: Its numbers, times and windows.

    Returns:
        Minus infinity where it looks at no probe, infinity where that depends on a probe.

    Raises:
        ExpressionError: It cannot be read.
    """
    found = [-math.inf]
    for node in ast.walk(_parse(expression)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _OF_A_PROBE:
            try:
                times = _Evaluator(names).value(node.args[_WHEN.get(node.func.id, 1)])
                found.append(float(np.max(np.asarray(times, dtype=float), initial=-math.inf)))
            except (TypeError, IndexError, ValueError, ArithmeticError):
                return math.inf
    return max(found)


def _parse(expression: str) -> ast.Expression:
    try:
        with _ONE_AT_A_TIME:
            return ast.parse(expression.strip(), mode="eval")
    except SyntaxError as error:
        raise ExpressionError(f"{expression!r}: {error.msg} at column {error.offset}") from error
    except ValueError as error:
        raise ExpressionError(f"{expression!r}: {error}") from error
    except (MemoryError, RecursionError) as error:
        raise ExpressionError(f"{expression!r}: nested too deeply") from error


def _allowed(node: ast.AST) -> bool:
    syntax = (
        ast.Expression,
        ast.Load,
        ast.Name,
        ast.Call,
        ast.Constant,
        ast.BinOp,
        ast.UnaryOp,
        ast.Compare,
        ast.BoolOp,
    )
    if isinstance(node, ast.Constant):
        return isinstance(node.value, int | float)
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and not node.keywords
    return isinstance(node, syntax) or type(node) in _OPERATORS or type(node) in (ast.And, ast.Or)


class _Evaluator:
    """Walks a parsed expression; every node kind has one method."""

    def __init__(self, names: Mapping[str, Any]) -> None:
        self._names = names

    def value(self, node: ast.expr) -> Any:
        method = getattr(self, "_" + type(node).__name__.lower(), None)
        if method is None or not _allowed(node):
            raise ValueError(f"{type(node).__name__} is not part of the language")
        return method(node)

    def _constant(self, node: ast.Constant) -> Any:
        return node.value

    def _name(self, node: ast.Name) -> Any:
        if node.id not in self._names:
            raise ValueError(f"unknown name {node.id!r} ({did_you_mean(node.id, self._names)})")
        value = self._names[node.id]
        # Python would repeat and join lists where numbers are meant.
        return np.asarray(value, dtype=float) if isinstance(value, list | tuple) else value

    def _call(self, node: ast.Call) -> Any:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name not in FUNCTIONS:
            raise ValueError(f"unknown function {name!r} ({did_you_mean(name, FUNCTIONS)})")
        if name not in _OF_A_PROBE:
            return FUNCTIONS[name](*[self._number(argument) for argument in node.args])
        probe = self.value(node.args[0]) if node.args else None
        if not isinstance(probe, Waveform):
            raise ValueError(f"{name} takes a probe first")
        return FUNCTIONS[name](probe, *[self._number(argument) for argument in node.args[1:]])

    def _binop(self, node: ast.BinOp) -> Any:
        return _operator(node.op)(self._number(node.left), self._number(node.right))

    def _unaryop(self, node: ast.UnaryOp) -> Any:
        return _operator(node.op)(self._number(node.operand))

    def _boolop(self, node: ast.BoolOp) -> Any:
        join = np.logical_and if isinstance(node.op, ast.And) else np.logical_or
        return reduce(join, [self._number(value) for value in node.values])

    def _compare(self, node: ast.Compare) -> Any:
        sides = [self._number(side) for side in (node.left, *node.comparators)]
        pairs = zip(node.ops, sides[:-1], sides[1:], strict=True)
        return reduce(np.logical_and, [_operator(op)(left, right) for op, left, right in pairs])

    def _number(self, node: ast.expr) -> Any:
        """Return a value that is not a whole waveform, which would count as one true thing."""
        return _reduced(self.value(node))


def _operator(node: ast.AST) -> Callable[..., Any]:
    if type(node) not in _OPERATORS:
        raise ValueError(f"{type(node).__name__} is not part of the language")
    return _OPERATORS[type(node)]


def _reduced(value: Any) -> Any:
    if isinstance(value, Waveform):
        raise ValueError("a whole waveform where a value is meant; reduce it, for example with at(probe, time)")
    return value


def _plain(value: Any) -> Value:
    array = np.asarray(_reduced(value))
    if array.ndim == 0:
        return _scalar(array.item())
    return [_scalar(item) for item in array.ravel().tolist()]


def _scalar(item: Any) -> bool | int | float | None:
    return None if isinstance(item, float) and not math.isfinite(item) else item


def _rows(windows: FloatArray) -> FloatArray:
    rows = np.asarray(windows, dtype=float)
    if rows.ndim != 2 or rows.shape[1] != 2:
        raise ValueError("a set of windows is expected, such as strobe or integrate")
    return rows


def _per_window(reduce: Callable[[FloatArray], Any], probe: Waveform, windows: FloatArray) -> FloatArray:
    return np.array([reduce(probe.inside(start, stop).values) for start, stop in _rows(windows)])


def _mean(probe: Waveform, windows: FloatArray) -> FloatArray:
    parts = [probe.inside(start, stop) for start, stop in _rows(windows)]
    return np.array([np.trapezoid(part.values, part.time_s) / (part.time_s[-1] - part.time_s[0]) for part in parts])


def _crossing_times(probe: Waveform, level: float, windows: FloatArray, rising: bool) -> FloatArray:
    return np.array([probe.crossing_s(level, start, stop, rising) for start, stop in _rows(windows)])


def _rises(probe: Waveform, level: float, windows: FloatArray) -> Any:
    return ~np.isnan(_crossing_times(probe, level, windows, True))


def _falls(probe: Waveform, level: float, windows: FloatArray) -> Any:
    return ~np.isnan(_crossing_times(probe, level, windows, False))


def _first(flags: Any) -> float:
    hits = np.flatnonzero(np.atleast_1d(flags))
    return int(hits[0]) + 1 if hits.size else math.nan


def _nth(values: Any, number: int) -> Any:
    array = np.atleast_1d(values)
    if not 1 <= number <= array.size:
        raise ValueError(f"nth(..., {number}): there are {array.size} values, counted from 1")
    return array[number - 1]


def _earliest(values: Any) -> float:
    array = np.atleast_1d(np.asarray(values, dtype=float))
    return float(np.nanmin(array)) if np.isfinite(array).any() else math.nan


_OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: np.float_power,  # Python's integers would grow without bound in 9**9**9
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: np.logical_not,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "at": lambda probe, times: probe.at(np.asarray(times, dtype=float)),
    "highest": partial(_per_window, np.max),
    "lowest": partial(_per_window, np.min),
    "mean": _mean,
    "rises": _rises,
    "falls": _falls,
    "rise_times": partial(_crossing_times, rising=True),
    "fall_times": partial(_crossing_times, rising=False),
    "any": lambda flags: np.any(flags),
    "all": lambda flags: np.all(flags),
    "count": lambda flags: int(np.count_nonzero(flags)),
    "first": _first,
    "nth": _nth,
    "earliest": _earliest,
    "smallest": lambda values: np.min(values),
    "largest": lambda values: np.max(values),
    "abs": lambda values: np.abs(values),
}

_WHEN = {"rises": 2, "falls": 2, "rise_times": 2, "fall_times": 2}
"""Which argument of a function says when; the second one of all others."""

_OF_A_PROBE = {"at", "highest", "lowest", "mean", "rises", "falls", "rise_times", "fall_times"}
