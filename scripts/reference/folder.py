"""The page of a run folder: every file and what it is."""

from __future__ import annotations

from collections.abc import Iterator

from .markup import code, prose, table
from .tables import FileOfRows, anchor_of, tables_of
from .words import Words

_INTRO = """\
`faultsim run CAMPAIGN` makes `runs/CAMPAIGN/`, or what `--out` names. Same inputs give the same bytes: no file but the databases has a time in it.
Files that are only there where the campaign asks for them say so.
"""
_GROUPS = {
    "run": "In the folder",
    "vectors": "In vectors/, written by faultsim vectors and replay",
    "beside": "Beside the folder, shared by all run folders there",
}


def files_of(words: Words) -> Iterator[tuple[str, str, str]]:
    """Yield the group, the name or pattern, and the description of every file, tables included."""
    tables = {file.path: file for file in tables_of(words) if file.path.endswith(".csv")}
    for path, file in tables.items():
        yield "vectors" if path.startswith("vectors/") else "run", path, _about(file)
    for group in _GROUPS:
        for name in words.groups.get(f"file {group}", {}):
            yield group, name, prose(words.of(f"file {group}", name))


def folder_page(words: Words) -> str:
    """Return the page of a run folder."""
    lines = ["# The run folder", "", _INTRO]
    files = list(files_of(words))
    for group, title in _GROUPS.items():
        rows = [[code(name), about] for own, name, about in files if own == group]
        lines += [f"## {title} {{ #{group} }}", *table(["file", "what"], rows)]
    return "\n".join(lines)


def _about(file: FileOfRows) -> str:
    return f"{prose(file.about)}. [Columns](tables.md#{anchor_of(file.path)})"
