"""The pages of the documentation as text: their fenced blocks, the commands in them, and those in running text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.cli.conftest import REPOSITORY

DOCS = REPOSITORY / "docs"
_FENCE = re.compile(r"^(?P<fence>```+)(?P<language>\w*)(?P<rest>.*)$")
_TITLE = re.compile(r'title="([^"]+)"')
_CODE = re.compile(r"(?<!`)`([^`\n]+(?:\n[^`\n]+)?)`(?!`)")
_CODE_IN_ROW = re.compile(r"`(faultsim [^`]+)`")
_EXIT_CODE = re.compile(r"# exit code (\d+)$")
_COMMENT = re.compile(r"""^((?:'[^']*'|"[^"]*"|[^'"#]|\S#)*?)\s+#.*$""")


@dataclass(frozen=True)
class Block:
    """A fenced block."""

    line: int
    language: str
    title: str
    text: str


@dataclass(frozen=True)
class Command:
    """A command of a page, what it has to print, and what it has to end with."""

    line: int
    text: str
    printed: tuple[str, ...] = ()
    code: int = 0
    language: str = "sh"


def pages() -> list[Path]:
    """README and everything under docs/ that people wrote."""
    return [REPOSITORY / "README.md", *sorted(DOCS.rglob("*.md"))]


def name_of(page: Path) -> str:
    return page.relative_to(REPOSITORY).as_posix()


def blocks_of(text: str) -> Iterator[Block]:
    open_block: tuple[int, re.Match[str]] | None = None
    lines: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if open_block is None and (found := _FENCE.match(line)):
            open_block, lines = (number, found), []
        elif open_block is not None and line.strip() == open_block[1]["fence"]:
            title = _TITLE.search(open_block[1]["rest"])
            yield Block(open_block[0], open_block[1]["language"], title[1] if title else "", "\n".join(lines) + "\n")
            open_block = None
        else:
            lines.append(line)


def commands_of(text: str) -> Iterator[Command]:
    """Yield the commands of the fenced blocks of a page, and of its table rows, in their order."""
    fenced = [command for block in blocks_of(text) for command in _commands(block)]
    yield from sorted([*fenced, *_in_rows(text)], key=lambda command: command.line)


def _commands(block: Block) -> Iterator[Command]:
    if block.language == "python" or block.text.startswith("#!"):
        yield Command(block.line, block.text.strip(), language="python" if block.language == "python" else "sh")
    elif block.language == "sh":
        yield from _shell_lines(block)
    elif block.language == "console":
        yield from _session(block)


def _shell_lines(block: Block) -> Iterator[Command]:
    joined = block.text.replace("\\\n", " ")
    for number, line in enumerate(joined.splitlines(), start=block.line + 1):
        if line.strip() and not line.startswith("#"):
            yield _command(number, line)


def _session(block: Block) -> Iterator[Command]:
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        line, *printed = part.splitlines()
        yield Command(block.line, line.strip(), tuple(filter(None, map(str.strip, printed))))


def _command(number: int, line: str) -> Command:
    code = _EXIT_CODE.search(line.strip())
    return Command(number, _COMMENT.sub(r"\1", line).strip(), code=int(code[1]) if code else 0)


def _in_rows(text: str) -> Iterator[Command]:
    """Yield the commands in the tables' columns that are headed so."""
    column = None
    for number, line in enumerate(text.splitlines(), start=1):
        cells = [cell.strip() for cell in line.split("|")[1:-1]] if line.startswith("|") else []
        if not cells:
            column = None
        elif column is None:
            column = cells.index("command") if "command" in cells else -1
        elif column >= 0:
            yield from (Command(number, found) for found in _CODE_IN_ROW.findall(cells[column]))


def spoken_of(text: str) -> Iterator[str]:
    """Yield the code spans of a page, what is broken over two lines in one piece."""
    fences = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
    for found in _CODE.findall(fences.sub("", text)):
        yield " ".join(found.split())
