"""How the types of keys, columns and options are told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from faultsim.circuits.symbols import Symbols
from faultsim.specfile import Spec
from faultsim.units import parse_quantity

from .markup import code

_NAMES = {str: "text", int: "whole number", float: "number", bool: "true or false", Path: "path", Any: "anything"}


def is_spec(hint: Any) -> bool:
    """Return whether a hint is a model of a table in a file."""
    return isinstance(hint, type) and issubclass(hint, Spec)


def specs_in(hint: Any) -> list[type[Spec]]:
    """Return the models that a hint is made of."""
    return [hint] if is_spec(hint) else [found for part in get_args(hint) for found in specs_in(part)]


def bare(hint: Any) -> Any:
    """Return a hint without what is annotated to it, and without None."""
    if get_origin(hint) is Annotated:
        return bare(get_args(hint)[0])
    members = _members(hint)
    return bare(members[0]) if members and len(members) == 1 else hint


def told(hint: Any) -> str:
    """Return what a type is called in the reference, as Markdown."""
    if hint == Symbols:
        return "pattern"
    if get_origin(hint) is Annotated:
        base, *notes = get_args(hint)
        is_quantity = any(getattr(note, "func", None) is parse_quantity for note in notes)
        return ("quantity" if is_quantity else told(base)) + limits_told(notes)
    if members := _members(hint):
        return " or ".join(dict.fromkeys(map(told, members)))
    arguments = get_args(hint)
    if get_origin(hint) is Literal:
        return ", ".join(code(f'"{value}"') for value in arguments)
    if get_origin(hint) in (list, Sequence):
        return f"list of {_several(arguments[0])}"
    if get_origin(hint) in (dict, Mapping):
        return "table" if specs_in(hint) else f"table: name = {told(arguments[1])}"
    if get_origin(hint) is tuple:
        return "pair: " + ", ".join(map(told, arguments))
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return ", ".join(code(f'"{value}"') for value in hint)
    return "table" if is_spec(hint) else _NAMES[hint]


def limits_told(notes: Sequence[Any]) -> str:
    """Return what a value has to be, by what is annotated to its type."""
    inner = [note for outer in notes if isinstance(outer, FieldInfo) for note in outer.metadata]
    bounds = {
        name: getattr(note, name)
        for note in (*notes, *inner)
        for name in ("gt", "ge", "lt", "le")
        if getattr(note, name, None) is not None
    }
    words = {"gt": "above {:g}", "ge": "{:g} or more", "lt": "below {:g}", "le": "up to {:g}"}
    if {"ge", "le"} <= set(bounds):
        return f", {bounds['ge']:g} to {bounds['le']:g}"
    return "".join(f", {words[name].format(float(value))}" for name, value in bounds.items())


def _several(hint: Any) -> str:
    plural = {str: "texts", int: "whole numbers", float: "numbers", Path: "paths"}
    if hint == Symbols:
        return "patterns"
    if is_spec(bare(hint)):
        return "tables"
    if get_origin(hint) is Annotated and told(hint).startswith("quantity"):
        return told(hint).replace("quantity", "quantities", 1)
    return plural.get(hint) or told(hint)


def _members(hint: Any) -> list[Any]:
    if get_origin(hint) not in (Union, UnionType):
        return []
    return [member for member in get_args(hint) if member is not NoneType]
