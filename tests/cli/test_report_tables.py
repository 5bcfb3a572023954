"""report RUN --format: the tables that a paper prints, from the files of the folder alone."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

import faultsim
from tests.cli.conftest import Finished, Shell, bytes_of, table
from tests.cli.report_command import report


@pytest.fixture(scope="module")
def moved(finished: Finished, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The finished run as a colleague sends it: without its databases, its store and its campaign."""
    folder = tmp_path_factory.mktemp("moved") / "my work" / "tiny"
    shutil.copytree(finished.folder, folder, ignore=shutil.ignore_patterns("*.sqlite*"))
    return folder


def test_markdown_and_latex_show_thresholds_and_coverage_and_csv_the_numbers(moved: Path) -> None:
    markdown = report(moved, "--format", "markdown").succeeds().out
    assert "| Rop3 | 6.4 kΩ |\n| Rop5 | not detected |\n" in markdown
    assert re.findall(r"(?m)^### (.*)$", markdown) == [
        "Minimum detectable resistance of opens, test current (1.1 V, 27 °C)",
        "Coverage at the default severities",
        "Verdict of each defect at its default severity",
    ]
    latex = report(moved, "--format", "latex").succeeds().out
    assert latex.startswith("% In the preamble: \\usepackage{array,booktabs,longtable}\n\\begin{table}\n")
    assert re.findall(r"\\label\{(.*?)\}", latex) == [
        "tab:tiny-thresholds-current",
        "tab:tiny-coverage",
        "tab:tiny-coverage-defects",
    ]
    assert r"Rop3 & 6.4 k\ensuremath{\Omega} \\" in latex
    csv = report(moved, "--format", "csv", "--table", "thresholds").succeeds().out
    assert csv == "Defect,original,unit\nRop3,6400.0,ohm\nRop5,not detected,\n"


def test_the_command_prints_the_same_in_a_process_of_its_own(moved: Path, shell: Shell) -> None:
    assert shell("report", moved, "--format", "latex").succeeds() == report(moved, "--format", "latex")


def test_tables_go_into_a_folder_as_the_same_bytes_each_time(moved: Path, tmp_path: Path) -> None:
    one, two, numbers = tmp_path / "one" / "tables", tmp_path / "two", tmp_path / "csv"
    assert report(moved, "--format", "latex", "-o", one).out == f"{one}/thresholds.tex\n{one}/coverage.tex\n"
    files = report(moved, "--format", "latex", "-o", two, "--json").succeeds().json["files"]
    assert files == [f"{two}/thresholds.tex", f"{two}/coverage.tex"]
    assert bytes_of(one) == bytes_of(two)
    report(moved, "--format", "csv", "-o", numbers).succeeds()
    names = ["coverage-defects.csv", "coverage.csv", "thresholds-current.csv"]
    assert sorted(bytes_of(numbers)) == names
    assert [row["Verdict"] for row in table(numbers / names[0])] == ["detected", "unknown"]


def test_a_folder_that_cannot_be_written_is_named(moved: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    out = tmp_path / "file" / "below"
    report(moved, "--format", "csv", "-o", out).fails_with(1, f"{tmp_path}/file is a file, not a folder")


def test_a_table_that_there_is_none_of_is_named(moved: Path) -> None:
    said = f"{moved} has nothing for --table comparison"
    report(moved, "--format", "csv", "--table", "comparison").fails_with(2, said)
    report(moved, "--format", "csv", "--table", "coverag").fails_with(2, "--table 'coverag'", "did you mean coverage?")


def test_printing_tables_leaves_the_run_as_it_is(moved: Path, finished: Finished) -> None:
    report(moved, "--format", "markdown").succeeds()
    assert bytes_of(moved) == bytes_of(finished.folder)


def test_an_unfinished_folder_has_no_tables_to_print(finished: Finished, tmp_path: Path) -> None:
    run = tmp_path / "tiny"
    shutil.copytree(finished.folder, run)
    (run / "manifest.json").unlink()
    report(run, "--format", "csv").fails_with(2, f"{run} is not finished", f"faultsim status {run}")


def test_every_csv_of_a_run_is_a_table_of_the_run_and_its_figures_show_themselves(finished: Finished) -> None:
    run = faultsim.load_run(finished.folder)
    files = {str(path.relative_to(finished.folder)) for path in finished.folder.rglob("*.csv")}
    declared = {item.file: name for name, item in vars(faultsim.Run).items() if hasattr(item, "file")}
    assert files <= set(declared)
    for file in files:
        with (finished.folder / file).open() as opened:
            assert list(run.table(declared[file])) == opened.readline().strip().split(",")
    assert run.thresholds["pattern"].tolist() == ["1111", "1111"]
    assert run.baseline["pattern"].tolist() == ["0000"]
    assert run.record["title"] == run.title == "Two opens"
    assert str(run.figures["currents"]._repr_svg_()).startswith("<svg")
    assert run.report.is_file()
