"""Tables of a report in CSV, Markdown and LaTeX: whatever a name holds is read back as it is."""

from __future__ import annotations

import csv
import io
import re
import shutil
import subprocess
import unicodedata
from collections.abc import Sequence
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from faultsim.reports.comparison import ComparisonRow, Side
from faultsim.reports.run_folders.run import Run, load_run
from faultsim.reports.tables import write_table
from faultsim.reports.typesetting.latex_table import latex_text
from faultsim.reports.typesetting.markup import latex, markdown, one_line
from faultsim.reports.typesetting.paper_tables import file_name, paper_tables
from faultsim.reports.typesetting.typeset import (
    Cell,
    Quantity,
    Share,
    Table,
    csv_text,
    markdown_text,
    shown,
)
from tests.unit.run_folders import covered, setting, threshold, write_run

HOSTILE = [
    "<script>alert('x')</script>",
    "a|b\\|c",
    "im_wr_a & 100% of #1 {x} ~ ^ $y$ \\input{/etc/passwd}",
    "[2ex] *star* `tick` ~~no~~ ![i](u)",
    "- not a list",
    "1. nor this",
    "--- -- ?` ''",
    "Ω µ μ ° é ç ñ ß 中 😀",
    "line\nbreak\ttab",
    "n" * 300,
]
TEXTS = st.one_of(st.sampled_from(HOSTILE), st.text(st.characters(exclude_categories=("Cs",)), max_size=40))


def table(*rows: Sequence[Cell], head: Sequence[str] = ("A", "B"), notes: Sequence[str] = ()) -> Table:
    return Table("t", "caption", tuple(head), tuple(map(tuple, rows)), tuple(notes))


class Rendered(HTMLParser):
    """The cells, headings and list items of rendered Markdown as text, and every tag that it made."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.found: dict[str, list[str]] = {"h3": [], "th": [], "td": [], "li": []}
        self._open = ""
        self.feed(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text))

    def handle_starttag(self, tag: str, _attributes: Any) -> None:
        self.tags.add(tag)
        if tag in self.found:
            self._open = tag
            self.found[tag].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == self._open:
            self._open = ""

    def handle_data(self, data: str) -> None:
        if self._open:
            self.found[self._open][-1] += data


@given(TEXTS, TEXTS, TEXTS, TEXTS)
@example("\\", "|", "- - -", "+")
def test_markdown_shows_every_text_as_it_is_and_makes_nothing_of_it(one: str, two: str, note: str, title: str) -> None:
    made = Table("t", f"of {title}", (f"h {one}", "B"), ((one, two), (two, one)), (note,))
    rendered = Rendered(markdown_text(made))
    plain = {name: one_line(text) for name, text in {"one": one, "two": two, "note": note}.items()}
    assert rendered.found["td"] == [plain["one"], plain["two"], plain["two"], plain["one"]]
    assert rendered.found["th"] == [one_line(f"h {one}"), "B"]
    assert rendered.found["h3"] == [one_line(f"of {title}")]
    assert "".join(rendered.found["li"]).strip() == plain["note"]
    assert rendered.tags <= {"h3", "table", "thead", "tbody", "tr", "th", "td", "ul", "li"}


_TEX_WORDS = {
    "textbackslash": "\\",
    "textasciitilde": "~",
    "textasciicircum": "^",
    "textless": "<",
    "textgreater": ">",
    "textbar": "|",
    "ldots": "…",
    "ss": "ß",
}
_TEX_ACCENTS = {"`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", '"': "\u0308"}
_TEX_ACCENTS |= {"r": "\u030a", "v": "\u030c", "c": "\u0327"}
_TEX_MATHS = {r"\mu": "µ", r"\Omega": "Ω", r"^\circ": "°", r"\times": "×", r"\pm": "±", "-": "−", "^2": "²"}
_TEX_MATHS |= {r"\le": "≤", r"\ge": "≥"}
_TEX = re.compile(
    r"""\\(?P<special>[\#$%&_{}])
      | \\(?P<word>textbackslash|textasciitilde|textasciicircum|textless|textgreater|textbar|ldots|ss)\{\}
      | \\ensuremath\{(?P<maths>[^{}]+)\}
      | \\texttt\{U\+(?P<code>[0-9A-F]{4,6})\}
      | \\(?P<accent>[`'^~"]|[rvc](?=\{))\{(?P<base>[A-Za-z])\}
      | \{(?P<kept>[][*])\}
      | \{\\char(?P<char>34)\}
      | (?P<dash>---|--)
      | (?P<nothing>\{\})
      | (?P<letter>[^\\{}$&\#%_~^<>|"\[\]*])""",
    re.VERBOSE,
)


def read_tex(text: str) -> str:
    """Return what pdflatex would set; a letter with a meaning of its own that is not escaped fails."""
    found, place = "", 0
    while place < len(text):
        match = _TEX.match(text, place)
        assert match, f"{text[place : place + 20]!r} means something to TeX"
        place = match.end()
        kind, value = next((name, value) for name, value in match.groupdict().items() if value is not None)
        if kind == "accent":
            found += unicodedata.normalize("NFC", match["base"] + _TEX_ACCENTS[value])
        elif kind == "code":
            found += chr(int(value, 16))
        elif kind == "char":
            found += chr(int(value))
        else:
            words = {"word": _TEX_WORDS, "maths": _TEX_MATHS, "dash": {"--": "–", "---": "—"}}
            found += "" if kind == "nothing" else words.get(kind, {}).get(value, value)
    return found


@given(TEXTS)
@example("a--b")
@example("?`")
def test_latex_sets_every_text_as_it_is_and_takes_no_command_from_it(text: str) -> None:
    written = latex(text)
    assert written.isascii()
    assert not re.search(r"--|``|''|,,|[?!]`", written) or re.search("[–—]", text)
    told = unicodedata.normalize("NFC", one_line(text)).replace("μ", "µ")
    assert read_tex(written) == told


def test_the_oracle_fails_where_a_special_letter_is_left() -> None:
    for bare in ("a_b", "50%", "a & b", "#", "$x$", "~", "^", "{", "[x]", r"\input{x}", "<", '"'):
        with pytest.raises(AssertionError, match="means something"):
            read_tex(bare)


def rows_of_tex(text: str) -> list[list[str]]:
    """Return the cells between the rules of a LaTeX table, read back."""
    lines = [line for line in text.splitlines() if line.endswith(r" \\")]
    return [[read_tex(cell) for cell in re.split(r"(?<!\\)&", line.removesuffix(r" \\"))] for line in lines]


def test_a_latex_table_is_complete_and_its_cells_are_read_back() -> None:
    made = table(
        *[(name, Quantity(15154.13, "ohm")) for name in HOSTILE], head=("Defect", "R & x"), notes=["50 % & more"]
    )
    text = latex_text(made, "tab:run-t")
    environments = re.findall(r"\\(begin|end)\{(\w+)\}", text)
    assert environments == [("begin", "table"), ("begin", "tabular"), ("end", "tabular"), ("end", "table")]
    assert re.findall(r"\\(toprule|midrule|bottomrule)", text) == ["toprule", "midrule", "bottomrule"]
    assert r"\caption{caption}\label{tab:run-t}" in text
    assert r"{50 \% \& more}" in text
    head, *rows = rows_of_tex(text)
    assert [cell.strip() for cell in head] == ["Defect", "R & x"]
    assert [row[0].strip().replace("μ", "µ") for row in rows] == [one_line(name).replace("μ", "µ") for name in HOSTILE]
    assert {row[1].strip() for row in rows} == {"15.15 kΩ"}
    assert text.count("{") - text.count(r"\{") == text.count("}") - text.count(r"\}")


def test_a_table_longer_than_a_page_breaks_and_repeats_its_head() -> None:
    text = latex_text(table(*[(f"R{number}", number) for number in range(41)], notes=["a note"]), "tab:t")
    assert text.count(r"A & B \\") == 2
    assert [word for word in re.findall(r"\\(end\w*)", text) if word != "end"] == ["endfirsthead", "endhead", "endfoot"]
    assert text.count(r"\begin{longtable}{lr}") == text.count(r"\end{longtable}") == 1
    assert r"\begin{table}" not in text


def test_words_are_broken_into_lines_and_names_are_not() -> None:
    words = latex_text(table(("x" * 30, "a reason of several words")), "tab:t")
    assert re.search(r"\\begin\{tabular\}\{l>\{\\raggedright\\arraybackslash\}p\{0\.\d\d\\linewidth\}\}", words)


REASON = "im_wr_a as fault-free up to 1 Gohm; where im_wr_a has moved by 0.05%"


def test_long_remarks_stand_below_their_rows() -> None:
    text = latex_text(table(("R1", "detected", "short"), ("R2", "undetected", REASON), head=("A", "B", "Why")), "tab:t")
    assert r"R1 & detected & short \\" in text.splitlines()
    place = text.splitlines().index(r"R2 & undetected &  \\*")
    remark = re.fullmatch(r"\\multicolumn\{3\}\{(.*)\}\{\\quad (.*)\} \\\\", text.splitlines()[place + 1])
    assert remark is not None
    assert read_tex(remark[2]) == f"Why: {REASON}"


def test_a_column_of_nothing_but_long_remarks_is_left_out() -> None:
    text = latex_text(table(("R1", ""), ("R2", REASON), head=("A", "Why")), "tab:t")
    assert r"\begin{tabular}{l}" in text
    assert r"R1 \\" in text.splitlines()


def test_a_table_whose_remarks_fill_a_page_breaks() -> None:
    text = latex_text(table(*[(f"R{number}", 4 * REASON) for number in range(12)]), "tab:t")
    assert r"\begin{longtable}" in text


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no pdflatex here (Debian: texlive-latex-recommended)")
@pytest.mark.parametrize("count", [1, 5])
def test_pdflatex_sets_whatever_a_cell_holds_within_the_line(tmp_path: Path, count: int) -> None:
    # The last one is a name of 300 letters, which nothing can break.
    rows = [(name, Quantity(15154.13, "ohm"), name, f"{name} {REASON}") for name in HOSTILE[:-1]] * count
    made = table(*rows, head=("Defect", "R & x", "Item", "Why"), notes=["50 % & more"])
    packages = r"\usepackage{array,booktabs,longtable}"
    document = f"\\documentclass{{article}}{packages}\\begin{{document}}{latex_text(made, 'tab:t')}\\end{{document}}"
    (tmp_path / "all.tex").write_text(document)
    for _ in range(2):
        command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "all.tex"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stdout[-2000:]
    assert "Float too large" not in done.stdout
    assert re.findall(r"Overfull \\hbox \(\d{2,}", done.stdout) == []


def test_csv_has_plain_numbers_and_the_unit_in_a_column_of_its_own() -> None:
    made = table(("=R1", Quantity(15154.133332062098, "ohm")), ("R2", Quantity(3.1e3, "ohm", 4e3)), ("R3", "unknown"))
    assert list(csv.reader(io.StringIO(csv_text(made)))) == [
        ["A", "B", "unit"],
        ["'=R1", "15154.133332062098", "ohm"],
        ["R2", "3100.0 to 4000.0", "ohm"],
        ["R3", "unknown", ""],
    ]
    assert csv_text(table(("a", Share(0.5, 1.0)), ("b", None))) == "A,B\na,0.5 to 1.0\nb,\n"


@pytest.mark.parametrize(
    ("cell", "text", "signed"),
    [
        (Quantity(15154.13, "ohm"), "15.15 kohm", "15.15 kΩ"),
        (Quantity(50.0, "ohm"), "50 ohm", "50 Ω"),
        (Quantity(3.1e3, "ohm", 4e3), "3.1 kohm to 4 kohm", "3.1 kΩ to 4 kΩ"),
        (Quantity(1e3, "ohm", 1e3), "1 kohm", "1 kΩ"),
        (Quantity(27.07e-6, "A"), "27.07 uA", "27.07 µA"),
        (Quantity(0.0, "A"), "0 A", "0 A"),
        (Quantity(3.0, ""), "3", "3"),
        (Quantity(0.01, "of area"), "0.01 of area", "0.01 of area"),
        (Share(0.711, 0.711), "71.1%", "71.1%"),
        (Share(0.5, 1.0), "50.0% to 100.0%", "50.0% to 100.0%"),
        (True, "yes", "yes"),
        (None, "", ""),
        (2, "2", "2"),
        (0.94713, "0.9471", "0.9471"),
    ],
)
def test_cells_are_for_people_and_in_print_with_the_signs_of_units(cell: Cell, text: str, signed: str) -> None:
    assert shown(cell) == text
    assert Rendered(markdown_text(table((cell, "x")))).found["td"][0] == signed


@pytest.fixture
def run(tmp_path: Path) -> Run:
    windows = [f"w{number}" for number in range(8)]
    settings = [setting("read", name, usable=name != "w2") for name in windows]
    settings += [setting("read", "w0", vdd_v=1.0), setting("write", "w0", corner="ss")]
    rows = [
        *(threshold("R1", 1e3 * (1 + n), test="read", window=name) for n, name in enumerate(windows) if name != "w2"),
        threshold("R2", None, test="read", window="w0"),
        threshold("R2", None, test="read", window="w1", verdict="unknown"),
        threshold("B|1", 2e3, test="read", window="w0", kind="bridge", direction="fails_below", passes_at=2.02e3),
        threshold("R1", 5e3, test="read", window="w0", vdd_v=1.0),
    ]
    defects = [covered("R1"), covered("R2", "unknown", undetectable="potentially undetectable"), covered("B|1")]
    folder = write_run(tmp_path / "run", rows, defects, settings)
    compared = [
        ComparisonRow("1", "Table IV", "R1", "ohm", "16000.0", "15154.1", 0.947, True, "-5.3%, within 25%"),
        ComparisonRow("2", "Table IV", "R2", "ohm", "3100.0 to 4000.0", "", None, False, "unknown: no convergence"),
        ComparisonRow("3", "Table V", "R5", "ohm", "undetected", "undetected", None, True, "as fault-free"),
    ]
    write_table(folder / "comparison.csv", ComparisonRow, compared)
    sides = [Side("1", "R2 is 4 kohm and 3.1 kohm.", "nearest to: Table VI", (("Table VI", 0.17),))]
    write_table(folder / "contradictions.csv", Side, sides)
    return load_run(folder)


def test_thresholds_stand_by_window_one_table_for_each_test_and_point_and_page_of_windows(run: Run) -> None:
    tables = paper_tables(run, "thresholds")
    assert [made.name for made in tables] == ["thresholds-read", "thresholds-read-2", "thresholds-read-3"]
    first, second, low = tables
    assert first.head == ("Defect", "w0", "w1", "w2", "w3", "w4", "w5")
    assert first.rows[0][:4] == ("R1", Quantity(1e3, "ohm"), Quantity(2e3, "ohm"), "unusable")
    assert first.rows[1][:4] == ("R2", "not detected", "unknown", "unusable")
    assert second.head == ("Defect", "w6", "w7")
    assert [row[0] for row in second.rows] == ["R1"]
    assert "1 V, 27 °C" in low.caption
    assert low.rows == (("R1", Quantity(5e3, "ohm")),)
    assert second.caption.startswith("Minimum detectable resistance of opens, test read (1.1 V, 27 °C)")
    assert first.caption.startswith("Threshold of each defect")
    assert first.notes == (
        "Opens and defects of devices are seen from the value on, bridges and shorts up to it.",
        "Each value fails in SPICE, and one that is at most 1.0% less severe passes.",
    )


def test_published_values_stand_beside_ours_with_the_paper_s_contradictions_below(run: Run) -> None:
    (made,) = paper_tables(run, "comparison")
    assert made.caption == "Published values beside ours: 2 of 3 agree"
    assert made.rows[0][2:6] == (Quantity(16e3, "ohm"), Quantity(15154.1, "ohm"), 0.947, True)
    assert made.rows[1][2:] == (Quantity(3.1e3, "ohm", 4e3), "", None, False, "unknown: no convergence")
    assert made.rows[2][2:4] == ("undetected", "undetected")
    assert made.notes[1] == "R2 is 4 kohm and 3.1 kohm. Nearest to: Table VI"


def test_coverage_stands_by_kind_and_by_defect(run: Run) -> None:
    summary, defects = paper_tables(run, "coverage")
    assert [row[0] for row in summary.rows] == ["all"]
    assert summary.rows[0] == ("all", 3, 2, 0, 1, Share(2 / 3, 1.0), Share(2 / 3, 1.0))
    assert defects.rows[1][-2:] == ("unknown", "potentially undetectable; why not")


def test_what_a_run_does_not_have_makes_no_table(tmp_path: Path) -> None:
    bare = load_run(write_run(tmp_path / "run"))
    assert paper_tables(bare, "comparison") == []
    assert paper_tables(bare, "thresholds") == []


@given(TEXTS)
def test_a_name_of_a_file_is_letters_digits_and_dashes(text: str) -> None:
    assert re.fullmatch(r"[a-z0-9]([a-z0-9-]{,58}[a-z0-9])?", file_name(text))


def test_entities_in_a_name_stay_as_they_are_written() -> None:
    assert unescape(markdown("&lt;")) == "&lt;"
