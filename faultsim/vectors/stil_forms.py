"""Takes the statements of a STIL block apart by their forms, and notes what has none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from faultsim.errors import did_you_mean
from faultsim.vectors.stil_check import Report
from faultsim.vectors.stil_lexer import Statement, Token

Blocks = Mapping[str, list[Statement]]
"""Statements by their first word."""


def children(block: Statement, forms: Mapping[str, str], report: Report) -> Blocks:
    """Return what is in a block, by its first word; what has no form, or not its own, goes to the report."""
    found: dict[str, list[Statement]] = {keyword: [] for keyword in forms}
    for child in ordered(block, forms, report):
        found[child.keyword].append(child)
    return found


def ordered(block: Statement, forms: Mapping[str, str], report: Report) -> Iterator[Statement]:
    """Yield the same in the order of the file."""
    waiting = list(reversed(block.body or ()))
    while waiting:
        child = waiting.pop()
        if child.keyword not in forms:
            report.add(child.line, f"{child.head} is not known here", did_you_mean(child.keyword, forms))
        else:
            yield from _checked(child, forms[child.keyword], waiting, report)


def entries(block: Statement, form: str, report: Report) -> Iterator[Statement]:
    """Yield what is in a block whose statements all have the same form; what has not, goes to the report."""
    waiting = list(reversed(block.body or ()))
    while waiting:
        yield from _checked(waiting.pop(), form, waiting, report)


def single(block: Statement, keyword: str, found: Blocks, report: Report) -> Statement | None:
    """Return the statement with a keyword in a block, or note that there is none, or more than one.

    Args:
        block: Where it is.
        keyword: Its first word.
        found: The children of the block that have their forms.
        report: Where to note it.
    """
    check_once(keyword, found[keyword], report)
    # One that is there and does not read was noted as such.
    if not any(child.keyword == keyword for child in block.body or ()):
        report.add(block.line, f"{block.head} has no {keyword}")
    return found[keyword][0] if found[keyword] else None


def check_once(keyword: str, those: list[Statement], report: Report) -> None:
    """Note every statement after the first."""
    for again in those[1:]:
        report.add(again.line, f"{keyword} is there twice; first on line {those[0].line}")


def is_new(seen: dict[str, int], what: str, token: Token, report: Report) -> bool:
    """Return whether a name is met for the first time, or note where it was met before.

    Args:
        seen: Names with the line that they were met on; takes this one up.
        what: What it names, for people.
        token: The name.
        report: Where to note it.
    """
    if token.text in seen:
        report.add(token.line, f"{what} {token.text} is there twice; first on line {seen[token.text]}")
        return False
    seen[token.text] = token.line
    return True


def _checked(statement: Statement, form: str, waiting: list[Statement], report: Report) -> Iterator[Statement]:
    """Yield a statement of a form; behind a semicolon that is missing the rest waits to be looked at next."""
    if statement.fits(form):
        yield statement
    elif (parts := statement.parted(form)) is not None:
        first, rest = parts
        report.add(first.tokens[-1].line, f"; is missing after {first.tokens[-1].text}")
        waiting.append(rest)
        yield first
    else:
        report.add(statement.line, f"{statement.head} does not read", f"write {form}")
