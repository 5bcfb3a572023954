"""The page of a run folder: every file and what it is."""

from __future__ import annotations

from collections.abc import Iterator

from .markup import code, table
from .tables import FileOfRows, anchor_of, tables_of
from .words import Words

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
            yield group, name, words.of(f"file {group}", name)


def folder_page(words: Words) -> str:
    """Return the page of a run folder."""
    lines = ["# The run folder", "", words.of("page intros", "run-folder"), ""]
    files = list(files_of(words))
    for group, title in _GROUPS.items():
        rows = [[code(name), about] for own, name, about in files if own == group]
        lines += [f"## {title} {{ #{group} }}", *table(["file", "what"], rows)]
    return "\n".join(lines)


def _about(file: FileOfRows) -> str:
    return f"{file.about}. [Columns](tables.md#{anchor_of(file.path)})"
