"""Reads TOML files into pydantic models and turns everything that is wrong into problems, all at once."""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from faultsim.errors import Problem, SpecError, did_you_mean
from faultsim.units import parse_quantity

Quantity = Annotated[float, BeforeValidator(parse_quantity)]
"""A float that may be written with a SPICE suffix."""


class Spec(BaseModel):
    """Base of every file model: unknown keys are errors, and what was read does not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=False)


_HEADER = re.compile(r"\s*(\[\[?)([^\[\]]+)\]")
_ASSIGNMENT = re.compile(r"\s*([\w\-.\"' ]+?)\s*=")

Model = TypeVar("Model", bound=Spec)


def read_table(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises:
        SpecError: The file cannot be read or is not TOML.
    """
    try:
        return tomllib.loads(path.read_text())
    except (OSError, UnicodeDecodeError) as error:
        raise SpecError([Problem(str(path), f"cannot be read: {error}")]) from error
    except tomllib.TOMLDecodeError as error:
        raise SpecError([Problem(str(path), f"not valid TOML: {error}")]) from error


def read_spec(path: Path, model: type[Model]) -> Model:
    """Read a TOML file into a model.

    Raises:
        SpecError: Everything that is wrong with it.
    """
    return check_table(read_table(path), model, path)


def read_json(path: Path, model: type[Model]) -> Model:
    """Read a JSON file that faultsim has written into a model.

    Raises:
        SpecError: Everything that is wrong with it.
    """
    try:
        table = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise SpecError([Problem(str(path), f"cannot be read: {error}")]) from error
    return check_table(table, model, path)


def check_table(table: dict[str, Any], model: type[Model], path: Path) -> Model:
    """Check a table that came from a file.

    Raises:
        SpecError: Everything that is wrong with it, each with its key, value and what is allowed.
    """
    try:
        return model.model_validate(table)
    except ValidationError as error:
        text = path.read_text() if path.is_file() else ""
        raise SpecError(_problem(path, text, model, item) for item in error.errors()) from error


def _problem(path: Path, text: str, model: type[Spec], item: Any) -> Problem:
    location = [str(part) for part in _keys_of(model, item["loc"])]
    line = _line_of(text, location)
    where = ": ".join(filter(None, [f"{path}:{line}" if line else str(path), ".".join(location)]))
    if item["type"] == "extra_forbidden":
        return Problem(where, "unknown key", did_you_mean(location[-1], _fields(model, item["loc"][:-1])))
    if item["type"] == "missing":
        return Problem(where, "is missing")
    message = item["msg"].removeprefix("Value error, ")
    # What does not fit within a table is said by the message; the whole table would only bury it.
    return Problem(where, message if isinstance(item["input"], dict) else f"{item['input']!r}: {message}")


def _line_of(text: str, location: list[str]) -> int:
    """Return the line of the innermost part of a location that is written out in the file, or 0."""
    lines = _lines(text)
    for depth in range(len(location), 0, -1):
        if tuple(location[:depth]) in lines:
            return lines[tuple(location[:depth])]
    # A table put together from several files is checked on its own; its keys stand deeper in this one.
    deeper = [line for key, line in lines.items() if key[-1:] == tuple(location)]
    return deeper[0] if len(deeper) == 1 else 0


def _lines(text: str) -> dict[tuple[str, ...], int]:
    """Return the line that every table and key begins on, by its path; array elements count from 0."""
    lines: dict[tuple[str, ...], int] = {}
    elements: Counter[tuple[str, ...]] = Counter()
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            table = ()
            for key in _keys(header[2]):
                table = (*table, str(elements[table] - 1), key) if table in elements else (*table, key)
            if header[1] == "[[":
                elements[table] += 1
            if table in elements:
                table = (*table, str(elements[table] - 1))
            lines.setdefault(table, number)
        elif assignment := _ASSIGNMENT.match(line):
            lines.setdefault((*table, *_keys(assignment[1])), number)
    return lines


def _keys(dotted: str) -> list[str]:
    return [key.strip().strip("\"'") for key in dotted.split(".")]


def _keys_of(model: type[Spec], location: tuple[Any, ...]) -> Iterator[Any]:
    """Yield the parts of a location that are keys of the file, not pydantic's names for the members of a union."""
    schema = model.model_json_schema()
    node: dict[str, Any] = schema
    for part in location:
        if "[" in str(part):
            continue
        node = _resolved(node, schema)
        members = node.get("discriminator", {}).get("mapping", {})
        if part in members:
            node = {"$ref": members[part]}
            continue
        yield part
        extra = node.get("additionalProperties", {})
        inside = node.get("properties", {}).get(part, extra if isinstance(extra, dict) else {})
        node = node.get("items", {}) if isinstance(part, int) else inside


def _fields(model: type[Spec], location: tuple[Any, ...]) -> list[str]:
    """Return the keys that are allowed at a place in a model."""
    schema = model.model_json_schema()
    node: dict[str, Any] = schema
    for part in location:
        node = _resolved(node, schema)
        if isinstance(part, int):
            node = node.get("items", {})
        elif part in (members := node.get("discriminator", {}).get("mapping", {})):
            node = {"$ref": members[part]}
        else:
            extra = node.get("additionalProperties", {})
            node = node.get("properties", {}).get(part, extra if isinstance(extra, dict) else {})
    return list(_resolved(node, schema).get("properties", {}))


def _resolved(node: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    for choice in node.get("anyOf", ()):
        if "$ref" in choice:
            node = choice
    if "$ref" in node:
        return schema["$defs"][node["$ref"].rsplit("/", 1)[-1]]
    return node
