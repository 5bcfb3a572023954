"""Pages of the JSON files that have a schema: every key with its type and meaning."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from .markup import code, prose, table

Node = Mapping[str, Any]

_NAMES = {"string": "text", "integer": "whole number", "boolean": "true or false", "object": "table"}


def schema_page(title: str, about: str, schema: Node) -> str:
    """Return the page of a JSON file.

    Args:
        title: Of the page.
        about: What the file is, as Markdown.
        schema: Its JSON Schema.
    """
    alike: dict[str, list[tuple[str, Node]]] = {}
    for path, node in tables_of(schema, schema):
        alike.setdefault(json.dumps(node["properties"]), []).append((path, node))
    first = {path: places[0][0] for places in alike.values() for path, _ in places}
    lines = [f"# {title}", "", about, ""]
    for places in alike.values():
        path, node = places[0]
        if path:
            paths = ", ".join(code(other) for other, _ in places)
            # What is said of one place does not hold for all that are alike.
            about = prose(node.get("description", "")) if len(places) == 1 else ""
            lines += [f"## {paths} {{ #{_anchor(path)} }}", "", about, ""]
        lines += table(["key", "type", "always there", "what"], _rows(path, node, schema, first))
    return "\n".join(lines)


def tables_of(node: Node, schema: Node, path: str = "") -> Iterator[tuple[str, Node]]:
    """Yield every table of a file with its path: ``[]`` is each item of a list, ``NAME`` any name."""
    node = _resolved(node, schema)
    if "items" in node:
        yield from tables_of(node["items"], schema, f"{path}[]")
    elif isinstance(node.get("additionalProperties"), dict):
        yield from tables_of(node["additionalProperties"], schema, f"{path}.NAME")
    if "properties" in node:
        yield path, node
        for name, part in node["properties"].items():
            yield from tables_of(part, schema, f"{path}.{name}" if path else name)


def _rows(path: str, node: Node, schema: Node, first: Mapping[str, str]) -> Iterator[list[str]]:
    for name, part in node["properties"].items():
        part = _resolved(part, schema)
        full = f"{path}.{name}" if path else name
        inside = next((first[below] for below, _ in tables_of(part, schema, full)), None)
        shown = f"[{code(name)}](#{_anchor(inside)})" if inside else code(name, _anchor(full))
        always = "yes" if name in node.get("required", ()) else ""
        yield [shown, _type(part, schema), always, prose(part.get("description", ""))]


def _anchor(path: str) -> str:
    return path.replace("[]", "")


def _resolved(node: Node, schema: Node) -> Node:
    while "$ref" in node:
        found: Any = schema
        for step in node["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        node = {**found, **{name: value for name, value in node.items() if name != "$ref"}}
    return node


def _type(node: Node, schema: Node) -> str:
    if "const" in node:
        return code(json.dumps(node["const"]))
    if "enum" in node:
        return ", ".join(code(json.dumps(value)) for value in node["enum"])
    kinds = node.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if "array" in kinds:
        inside = _type(_resolved(node.get("items", {}), schema), schema)
        return f"list of {inside}s" if inside in ("table", "text", "number") else "list"
    bounds = f", {node['minimum']:g} to {node['maximum']:g}" if {"minimum", "maximum"} <= set(node) else ""
    return " or ".join(_NAMES.get(kind, kind) for kind in kinds) + bounds
