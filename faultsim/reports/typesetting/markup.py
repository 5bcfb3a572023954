"""Text for Markdown and LaTeX: what a name holds is shown as it is, and starts nothing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType

_BLANK = re.compile(r"[\s\x00-\x1f\x7f]+")
_MARKDOWN = re.compile(r"([\\`*_\[\]#|~$])")
_MARKDOWN_ENTITIES: Mapping[str, str] = MappingProxyType({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
# At its begin this would make a list or a line of a note.
_BEGIN = re.compile(r"(\d*)([-+.)])(?=\s|$)|()(-)(?=--)")
_LATEX: Mapping[str, str] = MappingProxyType(
    {
        **{special: rf"\{special}" for special in "#$%&_{}"},
        # Behind the end of a row these would be its argument.
        **{bracket: f"{{{bracket}}}" for bracket in "[]*"},
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        '"': r"{\char34}",
        "\N{EN DASH}": "--",
        "\N{EM DASH}": "---",
        "\N{MINUS SIGN}": r"\ensuremath{-}",
        "\N{HORIZONTAL ELLIPSIS}": r"\ldots{}",
        "\N{DEGREE SIGN}": r"\ensuremath{^\circ}",
        "\N{MULTIPLICATION SIGN}": r"\ensuremath{\times}",
        "\N{PLUS-MINUS SIGN}": r"\ensuremath{\pm}",
        "\N{LESS-THAN OR EQUAL TO}": r"\ensuremath{\le}",
        "\N{GREATER-THAN OR EQUAL TO}": r"\ensuremath{\ge}",
        "\N{SUPERSCRIPT TWO}": r"\ensuremath{^2}",
        "\N{MICRO SIGN}": r"\ensuremath{\mu}",
        "\N{GREEK SMALL LETTER MU}": r"\ensuremath{\mu}",
        "\N{OHM SIGN}": r"\ensuremath{\Omega}",
        "\N{GREEK CAPITAL LETTER OMEGA}": r"\ensuremath{\Omega}",
        "\N{LATIN SMALL LETTER SHARP S}": r"\ss{}",
    }
)
_LATEX_ACCENTS: Mapping[str, str] = MappingProxyType(
    {
        "\N{COMBINING GRAVE ACCENT}": r"\`",
        "\N{COMBINING ACUTE ACCENT}": r"\'",
        "\N{COMBINING CIRCUMFLEX ACCENT}": r"\^",
        "\N{COMBINING TILDE}": r"\~",
        "\N{COMBINING DIAERESIS}": r"\"",
        "\N{COMBINING RING ABOVE}": r"\r",
        "\N{COMBINING CARON}": r"\v",
        "\N{COMBINING CEDILLA}": r"\c",
    }
)
# TeX's fonts draw these as one letter where they follow each other.
_LIGATURE = re.compile(r"(?<=[-'`,])(?=[-'`,])|(?<=[?!])(?=`)")


def one_line(text: str) -> str:
    """Return text with a single space for all that is blank or not printed."""
    return _BLANK.sub(" ", text).strip()


def markdown(text: str) -> str:
    """Return text as Markdown that shows it in one line of a table, a heading or a list."""
    text = _MARKDOWN.sub(r"\\\1", one_line(text))
    for sign, entity in _MARKDOWN_ENTITIES.items():
        text = text.replace(sign, entity)
    return _BEGIN.sub(r"\1\3\\\2\4", text, count=1) if _BEGIN.match(text) else text


def latex(text: str) -> str:
    """Return text as LaTeX that pdflatex sets with no more than its own fonts."""
    pieces = _LIGATURE.split(unicodedata.normalize("NFC", one_line(text)))
    return "{}".join("".join(map(_latex_letter, piece)) for piece in pieces)


def _latex_letter(letter: str) -> str:
    if letter in _LATEX:
        return _LATEX[letter]
    if letter.isascii():
        return letter
    parts = unicodedata.normalize("NFD", letter)
    base, accent = parts[0], parts[1:]
    if base.isascii() and base.isalpha() and accent in _LATEX_ACCENTS:
        return f"{_LATEX_ACCENTS[accent]}{{{base}}}"
    # A letter that its fonts do not have would stop pdflatex; the number says which it is.
    return rf"\texttt{{U+{ord(letter):04X}}}"
