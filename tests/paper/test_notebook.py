"""The notebook runs on a finished run, shows what it says it shows, and is the same as its script."""

from __future__ import annotations

import os
from html import unescape
from pathlib import Path
from typing import Any

import jupytext
import nbformat
import pytest
from nbclient import NotebookClient

from tests.conftest import Reproduction

NOTEBOOKS = Path(__file__).parents[2] / "docs" / "notebooks"
Shown = dict[str, list[dict[str, Any]]]


def test_script_and_notebook_are_in_step_and_the_notebook_keeps_no_output() -> None:
    found = sorted(NOTEBOOKS.glob("*.ipynb"))
    assert [path.stem for path in found] == sorted(path.stem for path in NOTEBOOKS.glob("*.py"))
    for path in found:
        notebook, script = nbformat.read(path, 4), jupytext.read(path.with_suffix(".py"))
        cells = [[(cell.cell_type, cell.source) for cell in one.cells] for one in (notebook, script)]
        assert cells[0] == cells[1], f"jupytext --sync {path}"
        assert not any(cell.get("outputs") or cell.get("execution_count") for cell in notebook.cells)


@pytest.fixture(scope="module")
def shown(lats2024: Reproduction, lats2024_lif: Reproduction, tmp_path_factory: pytest.TempPathFactory) -> Shown:
    """What the cells below each heading show, by MIME type."""
    home = tmp_path_factory.mktemp("notebook")
    runs = {"FAULTSIM_RUN": str(lats2024.folder), "FAULTSIM_OTHER_RUN": str(lats2024_lif.folder)}
    # Kernels leave a history and a lock file in the user's home.
    kept = {"IPYTHONDIR": str(home), "JUPYTER_RUNTIME_DIR": str(home)}
    notebook = nbformat.read(NOTEBOOKS / "lats2024.ipynb", 4)
    client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(home)}})
    with pytest.MonkeyPatch.context() as patch:
        for name, value in kept.items():
            patch.setenv(name, value)
        client.execute(env={**os.environ, **runs})
    found: Shown = {}
    heading = ""
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and cell.source.startswith("#"):
            heading = cell.source.splitlines()[0].lstrip("# ")
        found.setdefault(heading, []).extend(output["data"] for output in cell.get("outputs", []) if "data" in output)
    return found


def test_the_run_and_its_coverage_are_shown(shown: Shown, lats2024: Reproduction) -> None:
    (run,) = shown["A fault campaign, looked at"]
    assert lats2024.plan.spec.title in unescape(run["text/html"])
    coverage, bounds, *curve = shown["Coverage"]
    assert all(defect.id in coverage["text/html"] for defect in lats2024.plan.defects)
    assert "weighted_low" in bounds["text/html"]
    assert any("image/png" in output for output in curve)


def test_thresholds_stand_by_test_and_window_and_beside_the_paper(shown: Shown, lats2024: Reproduction) -> None:
    thresholds, comparison, contradictions = shown["Thresholds"]
    for window in ("original", "IW 1.2 ns", "LW 8.9 ns"):
        assert window in thresholds["text/html"]
        assert f"{round(lats2024.threshold_ohm('Rop1', window), 0):.1f}" in thresholds["text/html"]
    assert "Table VI" in comparison["text/html"]
    assert "Rop2 at the original windows is 4 kohm in Table IV" in contradictions["text/html"]


def test_fig_9_is_the_run_s_own_drawing(shown: Shown, lats2024: Reproduction) -> None:
    figure, numbers = shown["The paper's Fig. 9"]
    assert "".join(figure["image/svg+xml"]) == (lats2024.folder / "figures" / "currents.svg").read_text()
    assert "Rop1" in numbers["text/html"]


def test_what_is_not_seen_and_what_changed_are_shown(shown: Shown) -> None:
    _, missed = shown["What is not seen"]
    assert "Rop5" in missed["text/html"]
    headline, moved, sources = shown["Two runs"]
    assert "thresholds moved" in headline["text/plain"]
    assert "Rop1" in moved["text/html"]
    assert "lats2024-lif" in sources["text/html"]
