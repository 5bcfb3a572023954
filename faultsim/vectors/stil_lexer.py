"""Splits the text of a STIL file into words and the words into statements, whatever they mean."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum

from faultsim.vectors.stil_check import Report

BLOCKS = {
    "Header": "Header {",
    "Signals": "Signals {",
    "SignalGroups": "SignalGroups {",
    "Spec": "Spec NAME {",
    "Selector": "Selector NAME {",
    "Timing": "Timing NAME {",
    "PatternBurst": "PatternBurst NAME {",
    "PatternExec": "PatternExec NAME {",
    "Pattern": "Pattern NAME {",
}
"""The blocks of a file, each with its form; none of them holds another."""

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n\f\v]+)
    | (?P<comment>//[^\n]*)
    | (?P<skipped>/\*.*?\*/ | Ann\s*\{\*.*?\*\})
    | (?P<endless>/\*|Ann\s*\{\*)
    | "(?P<string>[^"\n]*)"
    | '(?P<expression>(?:[^'"\n]|"[^"\n]*")*)'
    | (?P<word>[\w.]+)
    | (?P<mark>[{};=/])
    | (?P<quote>["'])
    | (?P<other>.)""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)
# Behind a semicolon that is missing there is a statement or a few; so many words are something else.
_MOST_BEHIND = 100
_MOST_SHOWN = 20
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*", re.ASCII)


class Kind(StrEnum):
    """What a token is; a string is in double quotes, an expression in single ones."""

    COMMENT = "comment"
    STRING = "string"
    EXPRESSION = "expression"
    WORD = "word"
    MARK = "mark"


@dataclass(frozen=True)
class Token:
    """A word of a file, without its quotes, and the line that it is on."""

    kind: Kind
    text: str
    line: int

    @property
    def is_name(self) -> bool:
        """Whether it may name something."""
        if self.kind is Kind.WORD:
            return _IDENTIFIER.fullmatch(self.text) is not None
        return self.kind is Kind.STRING and self.text != ""


@dataclass(frozen=True)
class Statement:
    """Tokens up to a semicolon, or up to a block in braces.

    Attributes:
        body: Statements within the braces; None where a semicolon ends it.
        comments: Texts of the ``//`` comments directly within the braces.
    """

    tokens: tuple[Token, ...]
    line: int
    body: tuple[Statement, ...] | None = None
    comments: tuple[str, ...] = ()

    @property
    def keyword(self) -> str:
        """The first word, or nothing where it begins with something else."""
        return self.tokens[0].text if self.tokens and self.tokens[0].kind is Kind.WORD else ""

    @property
    def head(self) -> str:
        """What a report calls it."""
        shown = [token.text for token in self.tokens[:_MOST_SHOWN]]
        return " ".join([*shown, "..."] if len(self.tokens) > _MOST_SHOWN else shown) or "an empty statement"

    def fits(self, form: str) -> bool:
        """Return whether its tokens are those of a form.

        Args:
            form: Words that are there as such, or ``NAME``, ``'EXPRESSION'``, ``"TEXT"``; ``DATA`` is for all the words
                that are left. The last is ``;`` or ``{``.
        """
        *pieces, end = form.split()
        if pieces[-1] == "DATA":
            pieces += ["DATA"] * (len(self.tokens) - len(pieces))
        if (self.body is None) != (end == ";") or len(self.tokens) != len(pieces):
            return False
        return all(_fits(token, piece) for token, piece in zip(self.tokens, pieces, strict=True))

    def parted(self, form: str) -> tuple[Statement, Statement] | None:
        """Return the two statements that it is where the semicolon of a form is missing; None where it is not so."""
        *pieces, end = form.split()
        count = len(pieces)
        begins = all(_fits(token, piece) for token, piece in zip(self.tokens, pieces, strict=False))
        if end != ";" or pieces[-1] == "DATA" or len(self.tokens) <= count or not begins:
            return None
        rest = self.tokens[count:]
        if len(rest) > _MOST_BEHIND:
            return None
        return Statement(self.tokens[:count], self.line), replace(self, tokens=rest, line=rest[0].line)


@dataclass
class _Open:
    tokens: tuple[Token, ...] = ()
    line: int = 1
    body: list[Statement] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)

    def closed(self) -> Statement:
        return Statement(self.tokens, self.line, tuple(self.body), tuple(self.comments))


def tokens(text: str, report: Report) -> Iterator[Token]:
    """Yield the tokens of a text, but ``Ann`` and comments in ``/* */``; what is no token goes to the report."""
    at, line = 0, 1
    while match := _TOKEN.match(text, at):
        kind, at = str(match.lastgroup), match.end()
        if kind == "endless":
            report.add(line, f"{match[0]} is never closed")
            return
        if kind == "quote":
            report.add(line, f"{match[0]} is not closed on its line")
            at = len(text) if (end := text.find("\n", at)) < 0 else end
        elif kind == "other":
            report.add(line, f"{match[0]!r} does not belong here", 'a name that is no plain word goes in "quotes"')
        elif kind not in ("space", "skipped"):
            content = match[0][2:].strip() if kind == Kind.COMMENT else match[kind]
            yield Token(Kind(kind), content, line)
        line += match[0].count("\n")


def statements(stream: Iterator[Token], report: Report) -> tuple[Statement, ...]:
    """Return the statements of a file; braces and semicolons that are missing go to the report."""
    stack, pending = [_Open()], list[Token]()
    for token in stream:
        mark = token.text if token.kind is Kind.MARK else ""
        if token.kind is Kind.COMMENT:
            stack[-1].comments.append(token.text)
        elif mark == ";":
            stack[-1].body.append(Statement(tuple(pending), _line(pending, token)))
            pending = []
        elif mark == "{":
            if len(stack) > 1 and pending and pending[0].kind is Kind.WORD and pending[0].text in BLOCKS:
                _unclosed(stack, f"before {pending[0].text} on line {pending[0].line}", report)
            stack.append(_Open(tuple(pending), _line(pending, token)))
            pending = []
        elif mark == "}":
            _unfinished(pending, report)
            pending = []
            _close(stack, token, report)
        else:
            pending.append(token)
    _unfinished(pending, report)
    _unclosed(stack, "before the file ends", report)
    return tuple(stack[0].body)


def _fits(token: Token, piece: str) -> bool:
    kinds = {"'EXPRESSION'": Kind.EXPRESSION, '"TEXT"': Kind.STRING, "DATA": Kind.WORD}
    if piece == "NAME":
        return token.is_name
    if piece in kinds:
        return token.kind is kinds[piece]
    return token.text == piece and token.kind in (Kind.WORD, Kind.MARK)


def _line(pending: list[Token], token: Token) -> int:
    return (pending or [token])[0].line


def _close(stack: list[_Open], token: Token, report: Report) -> None:
    if len(stack) == 1:
        report.add(token.line, "} closes nothing", "remove it, or add the { that is missing before")
        return
    statement = stack.pop().closed()
    stack[-1].body.append(statement)


def _unclosed(stack: list[_Open], until: str, report: Report) -> None:
    """Close what is open, from the inside to the file; the outermost is what the report names."""
    if len(stack) > 1:
        head = " ".join(token.text for token in stack[1].tokens)
        report.add(stack[1].line, f"{head} {{ is not closed {until}", "add the } that is missing")
    while len(stack) > 1:
        statement = stack.pop().closed()
        stack[-1].body.append(statement)


def _unfinished(pending: list[Token], report: Report) -> None:
    if pending:
        report.add(pending[-1].line, f"; is missing after {pending[-1].text}")
