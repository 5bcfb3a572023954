"""faultsim.load_run: a run folder as DataFrames of the right types, from its files alone."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, fields
from html.parser import HTMLParser
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_type_hints

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import faultsim
from faultsim.campaigns.results import BaselineRow, ThresholdRow
from faultsim.errors import UsageError
from faultsim.reports.run_folders.run import RunTable
from faultsim.reports.run_folders.run_table import read_table, rows_of
from faultsim.reports.tables import table_text, write_table
from faultsim.spice.expressions import Value
from tests.unit.run_folders import covered, setting, threshold, write_run

HOSTILE = "<script>alert(1)</script>\"'&|\\ µΩ"


@dataclass(frozen=True)
class Mixed:
    """One column of each kind that tables have."""

    text: str
    number: float | None
    count: int
    flag: bool | None
    value: Value


@pytest.fixture
def run(tmp_path: Path) -> faultsim.Run:
    return faultsim.load_run(
        write_run(
            tmp_path / "run",
            [threshold("R1"), threshold("R2", None)],
            [covered("R1"), covered("R2", "undetected", weight=3.0), covered(HOSTILE, "unknown", kind="short")],
            [setting(), setting("u", spiked=None, expected=2.5e-5)],
            [BaselineRow("c", "0111", 1e-5, True, 3, "ok", "0001"), BaselineRow("c", "0000", None, None, None, "x")],
        )
    )


def column_types(table: Any) -> dict[str, str]:
    return {name: str(kind) for name, kind in table.dtypes.items()}


def test_importing_faultsim_imports_no_table_and_the_names_are_there_when_asked_for() -> None:
    code = "import sys, faultsim; assert not {'pandas', 'numpy'} & set(sys.modules); print(faultsim.load_run.__name__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "load_run\n"
    assert set(faultsim.__all__) == {"Run", "__version__", "load_run"}
    with pytest.raises(AttributeError, match="no attribute 'load_rum'"):
        _ = faultsim.load_rum  # type: ignore[attr-defined]


def test_patterns_and_weights_stay_text_and_empty_cells_are_missing(run: faultsim.Run) -> None:
    assert list(run.baseline["pattern"]) == ["0111", "0000"]
    assert run.baseline["weights"].isna().tolist() == [False, True]
    assert run.baseline["weights"][0] == "0001"
    types = column_types(run.thresholds)
    assert types["threshold"] == types["vdd_v"] == "float64"
    assert types["pulses"] == "int64"
    assert types["pattern"] == str(pd.Series(["text"]).dtype)
    assert run.thresholds["threshold"].isna().tolist() == [False, True]
    assert run.thresholds["threshold"][0] == 16e3


def test_flags_and_measured_values_have_the_type_of_what_is_in_them(run: faultsim.Run) -> None:
    assert column_types(run.settings)["usable"] == "bool"
    assert run.settings["spiked"].dtype == "boolean"
    assert (~run.settings["spiked"]).tolist() == [False, pd.NA]
    assert run.settings["expected"].tolist() == [True, 2.5e-5]
    assert column_types(run.baseline)["pulses_to_spike"] == "float64"


def test_a_table_that_the_run_does_not_have_is_empty_with_the_columns_and_types_that_it_would_have(
    run: faultsim.Run,
) -> None:
    assert "comparison" not in run.tables
    assert run.comparison.empty
    assert column_types(run.comparison)["agrees"] == "bool"
    assert {"published", "ours", "ratio"} <= set(run.comparison)
    with pytest.raises(UsageError, match="no table 'tresholds' \\(did you mean thresholds"):
        run.table("tresholds")


def test_a_table_is_read_once(run: faultsim.Run) -> None:
    first = run.thresholds
    (run.folder / "thresholds.csv").unlink()
    assert run.thresholds is first


NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1).filter(lambda text: text[0] != "'")
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
VALUES: dict[Any, st.SearchStrategy[Any]] = {
    str: st.one_of(st.just(""), NAMES),
    float: NUMBERS,
    float | None: st.none() | NUMBERS,
    int: st.integers(-(2**63), 2**63 - 1),
}


@settings(max_examples=25, deadline=None)
@given(st.lists(st.builds(ThresholdRow, **{n: VALUES[hint] for n, hint in get_type_hints(ThresholdRow).items()})))
def test_what_is_written_is_read_back_to_the_last_bit(rows: list[ThresholdRow]) -> None:
    with TemporaryDirectory() as folder:
        write_table(Path(folder) / "table.csv", ThresholdRow, rows)
        assert rows_of(read_table(Path(folder), "table.csv", ThresholdRow), ThresholdRow) == rows


def mixed(path: Path, *rows: Mixed) -> Any:
    path.write_text(table_text(Mixed, rows))
    return read_table(path.parent, path.name, Mixed)


def test_several_outputs_of_a_measured_value_are_a_tuple(tmp_path: Path) -> None:
    table = mixed(
        tmp_path / "t.csv",
        Mixed("a", 1.0, 1, True, [True, False]),
        Mixed("b", None, 2, None, [1.5, None]),
        Mixed("c", 2.0, 3, False, [-2.0, 1.0]),
        Mixed("=SUM(1)", 2.0, 3, False, None),
    )
    assert table["value"].tolist() == [(True, False), (1.5, None), (-2.0, 1.0), None]
    assert table["text"].tolist()[3] == "=SUM(1)"
    assert table["flag"].isna().tolist() == [False, True, False, False]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("text,number,count,flag,value\na,much,1,true,\n", "row 1, column number: 'much' is not a number"),
        ("text,number,count,flag,value\na,1,1.5,true,\n", "row 1, column count: '1.5' is not a whole number"),
        ("text,number,count,flag,value\na,1,1,true,\na,1,1,yes,\n", "row 2, column flag: 'yes' is not true or false"),
        ("spoilt\n", "has none of the columns text, number, count"),
        ("", "cannot be read as a table"),
        ('text\n"a\n', "cannot be read as a table"),
    ],
)
def test_a_damaged_table_is_named_with_what_writes_it_again(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(UsageError) as error:
        read_table(tmp_path, "t.csv", Mixed)
    assert f"{tmp_path / 't.csv'}" in str(error.value)
    assert said in str(error.value)
    assert f"faultsim report {tmp_path} writes" in str(error.value)


def test_a_table_that_every_run_has_must_not_be_missing(run: faultsim.Run) -> None:
    (run.folder / "coverage.csv").unlink()
    with pytest.raises(UsageError, match=rf"coverage.csv is missing; faultsim report {run.folder} writes"):
        _ = run.summary


def test_a_table_of_another_version_keeps_its_own_columns_and_lacks_ours(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("text,added\na,0111\n")
    table = read_table(tmp_path, "t.csv", Mixed)
    assert list(table) == [*(field.name for field in fields(Mixed)), "added"]
    assert table["added"].tolist() == ["0111"]
    assert table[["number", "count", "flag"]].isna().all(axis=None)


def test_a_folder_that_is_not_finished_or_no_run_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nothing is not a run folder; faultsim run CAMPAIGN --out .*nothing"):
        faultsim.load_run(tmp_path / "nothing")
    begun = tmp_path / "begun"
    begun.mkdir()
    (begun / "campaign.sqlite").touch()
    with pytest.raises(UsageError, match=rf"begun is not finished: .*; faultsim status {begun} says the command"):
        faultsim.load_run(str(begun))
    for text in ("{", "[]", "{}"):
        (begun / "manifest.json").write_text(text)
        with pytest.raises(UsageError, match=rf"manifest.json .*; faultsim report {begun} writes it again"):
            faultsim.load_run(begun)


class Shown(HTMLParser):
    """What a browser would show, and the elements that it would make."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, _attributes: Any) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_a_run_says_its_verdict_as_text_and_in_a_notebook_and_shows_names_as_text(run: faultsim.Run) -> None:
    said = "1 of 3 defects are detected at their default severity; 1 is not and of 1 the verdict is unknown."
    assert said in repr(run)
    assert "33.3% to 66.7% of the defects, 20.0% to 40.0% of their weight" in repr(run)
    (run.folder / "coverage.json").write_text('{"title": "<img src=x onerror=alert(1)>"}')
    shown = Shown(run._repr_html_())
    assert set(shown.tags) == {"div", "strong", "p", "table", "tr", "th", "td", "small"}
    assert shown.texts[0] == run.title == "<img src=x onerror=alert(1)>"
    assert " ".join(shown.texts).count("detected") >= 2
    cells = [text for text in shown.texts if text in {"open", "short", "0", "1"}]
    assert cells == ["open", "1", "1", "0", "short", "0", "0", "1"]


def test_figures_show_and_save_themselves(run: faultsim.Run, tmp_path: Path) -> None:
    assert dict(run.figures) == {}
    folder = tmp_path / "drawn"
    (folder / "figures").mkdir(parents=True)
    write_run(folder)
    (folder / "figures" / "currents.svg").write_text("<svg/>")
    (folder / "figures" / "currents.png").write_bytes(b"\x89PNG")
    (folder / "figures" / "crossbar.svg").write_text("<svg id='2'/>")
    figures = faultsim.load_run(folder).figures
    assert list(figures) == ["crossbar", "currents"]
    assert (figures["currents"]._repr_svg_(), figures["currents"]._repr_png_()) == ("<svg/>", b"\x89PNG")
    assert figures["crossbar"]._repr_png_() is None
    assert figures["currents"].save(tmp_path / "new" / "fig9.PNG").read_bytes() == b"\x89PNG"
    with pytest.raises(UsageError, match=r"fig9.png: figure crossbar is drawn as .svg; give the file such a name"):
        figures["crossbar"].save(tmp_path / "fig9.png")


def test_every_table_says_what_it_is(run: faultsim.Run) -> None:
    declared = {name: table for name, table in vars(faultsim.Run).items() if isinstance(table, RunTable)}
    assert {"thresholds", "coverage", "currents", "baseline", "behaviours", "settings", "comparison"} <= set(declared)
    for name, table in declared.items():
        assert table.file in str(table.__doc__)
        assert list(run.table(name)) == [field.name for field in fields(table.row_type)]
