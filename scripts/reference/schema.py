"""Pages of the JSON files that have a schema: every key with its type and meaning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .markup import code, prose, table

Node = Mapping[str, Any]

_NAMES = {"string": "text", "integer": "whole number", "boolean": "true or false", "null": "null", "object": "table"}


def schema_page(title: str, about: str, schema: Node) -> str:
    """Return the page of a JSON file.

    Args:
        title: Of the page.
        about: What the file is, as Markdown.
        schema: Its JSON Schema.
    """
    rows = [
        [code(path, path.replace("[]", "")), _type(node, schema), "" if optional else "yes", _about(node, schema)]
        for path, node, optional in nodes_of(schema, schema)
    ]
    return "\n".join([f"# {title}", "", about, *table(["key", "type", "always there", "what"], rows)])


def nodes_of(node: Node, schema: Node, above: str = "") -> Iterator[tuple[str, Node, bool]]:
    """Yield the path and the schema of every key, and whether it may be left out; a list's items have ``[]`` behind."""
    node = _resolved(node, schema)
    for name, part in node.get("properties", {}).items():
        path = f"{above}.{name}" if above else name
        yield path, part, name not in node.get("required", ())
        yield from _inside(part, schema, path)


def _inside(part: Node, schema: Node, path: str) -> Iterator[tuple[str, Node, bool]]:
    part = _resolved(part, schema)
    if "items" in part:
        yield from _inside(part["items"], schema, f"{path}[]")
        return
    yield from nodes_of(part, schema, path)
    if isinstance(part.get("additionalProperties"), dict):
        yield from nodes_of(part["additionalProperties"], schema, f"{path}.NAME")


def _resolved(node: Node, schema: Node) -> Node:
    while "$ref" in node:
        found: Any = schema
        for step in node["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        node = {**found, **{name: value for name, value in node.items() if name != "$ref"}}
    return node


def _about(node: Node, schema: Node) -> str:
    return prose(_resolved(node, schema).get("description", ""))


def _type(node: Node, schema: Node) -> str:
    node = _resolved(node, schema)
    if "const" in node:
        return code(repr(node["const"]).replace("'", '"'))
    if "enum" in node:
        return ", ".join(code(f'"{value}"' if isinstance(value, str) else str(value)) for value in node["enum"])
    kinds = node.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if "array" in kinds:
        inside = _type(node.get("items", {}), schema)
        return f"list of {'tables' if inside == 'table' else inside}" if inside else "list"
    bounds = f", {node['minimum']:g} to {node['maximum']:g}" if {"minimum", "maximum"} <= set(node) else ""
    return " or ".join(_NAMES.get(kind, kind) for kind in kinds) + bounds
