"""Tables of a report in LaTeX: words are broken into lines, long remarks stand below their rows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from faultsim.reports.typesetting.markup import latex
from faultsim.reports.typesetting.typeset import Table, flush_right, shown, signed

_LONG = 16
"""Letters from which on words of a column are broken into lines."""
_LINE = 82
"""Letters of a line of print, in the size of footnotes."""
_CLOSER, _GAP = r"\setlength{\tabcolsep}{4pt}", 2
"""What brings columns closer together than they are by default, and how many letters then fit between two."""
_NARROWEST = 0.12
"""Of the line, for a column of words."""
_REMARK = 40
"""Letters from which on what the last column says is set below its row, over the whole width."""
_REMARK_WIDTH = 0.9
"""Of the line."""
_PAGE = 40
"""Lines from which on a table may not fit on a page."""


def latex_text(table: Table, label: str) -> str:
    r"""Return a table as LaTeX, for a document with ``\usepackage{array,booktabs,longtable}``.

    Args:
        table: The table.
        label: What it is referred to by, in letters, digits, dashes and colons.
    """
    title = rf"\caption{{{latex(table.caption)}}}\label{{{label}}}"
    body, remarks = _remarked(table)
    rows = list(_rows(body, remarks))
    notes = [latex(note) for note in table.notes]
    shape = _long_table if _height(body, remarks) > _PAGE else _short_table
    return "\n".join(shape(_columns(body), title, _row(body.head), rows, notes)) + "\n"


def _remarked(table: Table) -> tuple[Table, list[str]]:
    """Return a table without the long texts of its last column, and what is remarked on each row instead."""
    name, last = table.head[-1], [row[-1] for row in table.rows]
    if not all(cell is None or isinstance(cell, str) for cell in last):
        return table, [""] * len(last)
    long = [shown(cell) if len(shown(cell)) > _REMARK else "" for cell in last]
    if len(table.head) > 1 and list(map(shown, last)) == long:
        kept = replace(table, head=table.head[:-1], rows=tuple(row[:-1] for row in table.rows))
    else:
        rows = ((*row[:-1], None if text else row[-1]) for row, text in zip(table.rows, long, strict=True))
        kept = replace(table, rows=tuple(rows))
    return kept, [f"{name}: {text}" if text else "" for text in long]


def _rows(table: Table, remarks: Sequence[str]) -> Iterator[str]:
    for row, remark in zip(table.rows, remarks, strict=True):
        # A page does not end between a row and what is remarked on it.
        yield _row([signed(cell) for cell in row]) + (r"*" if remark else "")
        if remark:
            shape = _paragraph(_REMARK_WIDTH)
            yield rf"\multicolumn{{{len(table.head)}}}{{{shape}}}{{\quad {latex(remark)}}} \\"


def _height(table: Table, remarks: Sequence[str]) -> int:
    """Return about how many lines a table has."""
    shares, lines = _shares(table), 0
    for row, remark in zip(table.rows, remarks, strict=True):
        broken = [len(shown(cell)) / (share * _LINE) for cell, share in zip(row, shares, strict=True) if share]
        lines += math.ceil(max([1.0, *broken])) + math.ceil(len(remark) / (_REMARK_WIDTH * _LINE))
    return lines


def _short_table(columns: str, title: str, head: str, rows: Sequence[str], notes: Sequence[str]) -> list[str]:
    return [
        r"\begin{table}",
        rf"\centering\footnotesize{_CLOSER}",
        title,
        rf"\begin{{tabular}}{{{columns}}}",
        *(r"\toprule", head, r"\midrule"),
        *rows,
        r"\bottomrule",
        r"\end{tabular}",
        *(rf"\par\smallskip\parbox{{\linewidth}}{{{note}}}" for note in notes),
        r"\end{table}",
    ]


def _long_table(columns: str, title: str, head: str, rows: Sequence[str], notes: Sequence[str]) -> list[str]:
    return [
        rf"{{\footnotesize{_CLOSER}",
        rf"\begin{{longtable}}{{{columns}}}",
        rf"{title}\\",
        *(r"\toprule", head, r"\midrule", r"\endfirsthead"),
        *(r"\toprule", head, r"\midrule", r"\endhead"),
        *(r"\bottomrule", r"\endfoot"),
        *rows,
        r"\end{longtable}",
        *(rf"\noindent {note}\par" for note in notes),
        "}",
    ]


def _row(cells: Sequence[str]) -> str:
    return " & ".join(map(latex, cells)) + r" \\"


def _shares(table: Table) -> list[float]:
    """Return the share of the line that each column of words has, and 0 for every other column.

    Words share what numbers and names, which cannot be broken, leave of the line.
    """
    texts = [[name, *map(shown, column)] for name, column in zip(table.head, table.columns, strict=True)]
    widest = [max(map(len, column)) for column in texts]
    words = [any(len(text) > _LONG and " " in text for text in column) for column in texts]
    taken = sum(width for width, broken in zip(widest, words, strict=True) if not broken) + _GAP * len(words)
    wanted = [min(width, _REMARK) if broken else 0 for width, broken in zip(widest, words, strict=True)]
    left = max(0.0, 1 - taken / _LINE)
    return [max(_NARROWEST, left * letters / sum(wanted)) if letters else 0.0 for letters in wanted]


def _columns(table: Table) -> str:
    """Return the types of columns."""
    flush = ("r" if right else "l" for right in flush_right(table))
    return "".join(_paragraph(share) if share else letter for share, letter in zip(_shares(table), flush, strict=True))


def _paragraph(share: float) -> str:
    return rf">{{\raggedright\arraybackslash}}p{{{share:.2f}\linewidth}}"
