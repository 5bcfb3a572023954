"""Reads TOML files into pydantic models and turns everything that is wrong into problems, all at once."""

from __future__ import annotations

import re
import tomllib
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
    location = [str(part) for part in item["loc"]]
    key = ".".join(location)
    line = _line_of(text, location)
    where = f"{path}:{line}: {key}" if line else f"{path}: {key}"
    if item["type"] == "extra_forbidden":
        return Problem(where, "unknown key", did_you_mean(location[-1], _fields(model, item["loc"][:-1])))
    if item["type"] == "missing":
        return Problem(where, "is missing")
    return Problem(where, f"{item['input']!r}: {item['msg'].removeprefix('Value error, ')}")


def _line_of(text: str, location: list[str]) -> int:
    """Return the line of the last key that is written out in the file, or 0."""
    for part in reversed(location):
        match = re.search(rf"(?m)^\s*(?:\[+[^\]]*\b)?[\"']?{re.escape(part)}[\"']?\s*(?:=|\])", text)
        if match and not part.isdigit():
            return text.count("\n", 0, match.start()) + 1
    return 0


def _fields(model: type[Spec], location: tuple[Any, ...]) -> list[str]:
    """Return the keys that are allowed at a place in a model."""
    schema = model.model_json_schema()
    node: dict[str, Any] = schema
    for part in location:
        node = _resolved(node, schema)
        if isinstance(part, int):
            node = node.get("items", {})
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
