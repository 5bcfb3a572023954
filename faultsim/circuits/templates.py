"""Jinja templates of files that are generated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from faultsim.circuits.symbols import abridged
from faultsim.circuits.toml_text import toml_key, toml_text
from faultsim.errors import Problem
from faultsim.units import format_quantity


def templates(folder: Path) -> Callable[[str, Mapping[str, Any]], str]:
    """Return what fills the templates of a folder, by name and with what they show."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    filters: dict[str, Callable[..., str]] = {
        "number": lambda value: f"{value:.12g}",
        "quantity": format_quantity,
        "toml": toml_text,
        "abridged": abridged,
        "toml_key": toml_key,
    }
    environment.filters |= filters
    return lambda name, context: environment.get_template(name).render(**context)


def missing_templates(file: Path, named: Mapping[str, str]) -> list[Problem]:
    """Return which of the templates that a generator's file names, by key, are not beside it."""
    absent = {key: name for key, name in named.items() if not file.with_name(name).is_file()}
    return [Problem(f"{file}: {key}", f"no file {name}") for key, name in absent.items()]
