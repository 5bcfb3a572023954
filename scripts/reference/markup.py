"""Markdown of the reference pages: text of the code made harmless, code spans, tables."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence

_SPAN = re.compile(r"``(.+?)``|`(.+?)`", re.DOTALL)
_MARKS = str.maketrans({mark: f"&#{ord(mark)};" for mark in "|*_[]~"})


def prose(text: str) -> str:
    """Return a description of the code as Markdown: its code spans are kept, all else is plain text."""
    parts, end = [], 0
    for span in _SPAN.finditer(text):
        parts += [_plain(text[end : span.start()]), code(span[1] or span[2])]
        end = span.end()
    return "".join([*parts, _plain(text[end:])])


def code(text: str, name: str = "") -> str:
    """Return a code span that may stand in a table; with a name it can be linked to."""
    identity = f' id="{html.escape(name)}"' if name else ""
    return f"<code{identity}>{_plain(text)}</code>"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a table; its cells are Markdown already."""
    lines = [head, ["---"] * len(head), *rows]
    return ["", *("| " + " | ".join(" ".join(cell.split("\n")) for cell in line) + " |" for line in lines), ""]


def sentence(text: str) -> str:
    """Return the first sentence of a docstring."""
    first = " ".join(text.split("\n\n")[0].split())
    return re.split(r"(?<=[.:]) (?=[A-Z])", first)[0].rstrip(".:")


def _plain(text: str) -> str:
    return html.escape(" ".join(text.split("\n")), quote=False).translate(_MARKS)
