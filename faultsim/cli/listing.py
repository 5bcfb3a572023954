"""``faultsim list``."""

from __future__ import annotations

from faultsim import library
from faultsim.cli.output import print_rows
from faultsim.errors import UsageError, did_you_mean
from faultsim.specfile import read_table


def run(kind: str | None, json: bool) -> None:
    """List names and titles of one kind of content, or of all."""
    if kind is not None and kind not in library.FOLDERS:
        raise UsageError(f"cannot list {kind!r} ({did_you_mean(kind, library.FOLDERS)})")
    kinds = [kind] if kind else list(library.FOLDERS)
    rows = [
        {"kind": name, "name": item, "title": read_table(library.find(name, item)).get("title", "")}
        for name in kinds
        for item in library.names(name)
    ]
    print_rows(rows, json)
