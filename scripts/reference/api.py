"""The page of the Python interface: what ``import faultsim`` gives, and what that gives back."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from dataclasses import is_dataclass
from functools import cached_property
from typing import Any

import faultsim
from faultsim.reports.coverage import Coverage
from faultsim.reports.run_folders.changes import Changes, CoverageChange, Difference, VerdictChange
from faultsim.reports.run_folders.moves import Move, Moves
from faultsim.reports.run_folders.run import RunTable
from faultsim.reports.run_folders.saved_figure import SavedFigure
from faultsim.reports.summary import Summary

from .docstring import Docstring, docstring_of
from .markup import code, prose, table
from .tables import anchor_of
from .words import Words

RETURNED = (Summary, Coverage, SavedFigure, Changes, CoverageChange, VerdictChange, Moves, Move, Difference)
"""What the public names give back."""


def public() -> list[Any]:
    """Return what ``import faultsim`` gives, functions first."""
    found = [getattr(faultsim, name) for name in faultsim.__all__ if not name.startswith("_")]
    return sorted(found, key=inspect.isclass)


def api_page(words: Words) -> str:
    """Return the page of the Python interface."""
    lines = ["# Python", "", words.of("page intros", "python"), ""]
    for thing in (*public(), *RETURNED):
        name = f"faultsim.{thing.__name__}" if thing.__name__ in faultsim.__all__ else thing.__name__
        lines += [f"## {name} {{ #{thing.__name__} }}", ""]
        lines += _class(thing, words) if inspect.isclass(thing) else _function(name, thing)
    return "\n".join(lines)


def _function(name: str, function: Any) -> list[str]:
    told = docstring_of(function)
    return ["```python", f"{name}{_signature(function)}", "```", "", *_said(told), *_sections(told, ("Args", "Raises"))]


def _class(kind: Any, words: Words) -> list[str]:
    told = docstring_of(kind)
    hints = inspect.get_annotations(kind) if is_dataclass(kind) else {}
    rows = [[code(name), code(str(hint)), _about(kind, name, words)] for name, hint in _fields(hints)]
    rows += [[code(name), code(hint), about] for name, hint, about in _properties(kind)]
    lines = [*_said(told), *table(["attribute", "type", "what"], rows)]
    for name, method in vars(kind).items():
        if inspect.isfunction(method) and not name.startswith("_"):
            said = docstring_of(method)
            lines += [f"### {kind.__name__}.{name}", "", "```python", f"{name}{_signature(method)}", "```", ""]
            lines += [*_said(said), *_sections(said, ("Args", "Raises"))]
    return lines


def _about(kind: Any, name: str, words: Words) -> str:
    said = docstring_of(kind).sections.get("Attributes", {}).get(name)
    own = f"attribute {kind.__name__}"
    return prose(said) if said else words.of(own if words.has(own, name) else "column any", name)


def _fields(hints: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    return ((name, hint) for name, hint in hints.items() if not name.startswith("_"))


def _properties(kind: Any) -> Iterator[tuple[str, str, str]]:
    for name, value in vars(kind).items():
        if isinstance(value, RunTable):
            link = f" [Columns](tables.md#{anchor_of(value.file)})."
            yield name, "DataFrame", prose(str(value.__doc__)) + link
        elif isinstance(value, property | cached_property):
            get = value.fget if isinstance(value, property) else value.func
            yield name, str(inspect.signature(get).return_annotation), prose(docstring_of(get).text)


def _signature(function: Any) -> str:
    signature = inspect.signature(function)
    own = [parameter for parameter in signature.parameters.values() if parameter.name != "self"]
    return str(signature.replace(parameters=own)).replace("'", "")


def _said(told: Docstring) -> list[str]:
    return [prose(paragraph) + "\n" for paragraph in told.paragraphs]


def _sections(told: Docstring, names: Sequence[str]) -> list[str]:
    rows = [
        [code(name) if section == "Args" else "raises " + code(name), prose(about)]
        for section in names
        for name, about in told.sections.get(section, {}).items()
    ]
    return table(["", "what"], rows) if rows else []
