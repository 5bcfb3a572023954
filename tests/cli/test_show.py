"""show: one transient of a run again, checked against what is stored, with its deck, its waveforms and its plot."""

from __future__ import annotations

import csv
import json
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from faultsim.campaigns.lock import FolderLock
from faultsim.cli.show import Request
from faultsim.cli.show import run as show
from faultsim.errors import FaultsimError
from faultsim.spice.reference import read_raw
from tests.cli.conftest import PATIENCE_S, Done, Finished, Shell, edit, table

RUN = "runs/tiny"
MIDDLE_S = 1.5e-9  # of the integrate window, where TINY's one pulse is measured
ASKED = {
    "best": ("Rop3", "--json", "--deck", "rop3.cir", "--csv", "rop3.csv", "--plot", "rop3.svg"),
    "talk": ("rop3",),
    "new": ("Rop3", "--at", "2k", "--json"),
    "healthy": ("fault-free", "--test", "current", "--vdd", "1.1", "--temperature", "27", "--json"),
}
MISFITS: list[tuple[dict[str, Any], list[str]]] = [
    ({"identity": "Rop33"}, ["no defect 'Rop33'", "did you mean Rop3"]),
    ({"identity": "abc"}, ["no defect 'abc'", "known: Rop3, Rop5, fault-free", "at least 6 digits"]),
    ({"identity": "0123456789abcdef"}, ["no finished result of this run rests on", "0123456789abcdef"]),
    ({"identity": "0123456789abcdef", "at": "fails", "test": "current"}, ["leave --test, --at out"]),
    ({"test": "curent"}, ["--test 'curent'", "did you mean current?"]),
    ({"vdd": "0.9"}, ["--vdd '0.9'", "known: 1.1"]),
    ({"at": "failing"}, ["'failing' is not a quantity", "passes or fails"]),
    ({"identity": "Rop5", "at": "fails"}, ["Rop5 is not seen there", "--at passes"]),
    ({"identity": "fault-free", "at": "3k"}, ["the fault-free circuit has no severity"]),
    ({"identity": "Rop1"}, ["Rop1 is none of the defects of"]),
]


@dataclass(frozen=True)
class Answers:
    """What was shown of a finished run, and the databases before and after."""

    shell: Shell
    done: dict[str, Done]
    before: list[str]
    after: list[str]

    def record(self, name: str) -> dict[str, Any]:
        return self.done[name].succeeds().json

    def threshold(self, defect: str) -> dict[str, str]:
        rows = table(self.shell.folder / RUN / "thresholds.csv")
        return next(row for row in rows if row["defect_id"] == defect)


@pytest.fixture(scope="module")
def answers(finished: Finished) -> Answers:
    shell = finished.shell
    before = contents(shell)
    # A run that is under way is in nobody's way.
    with FolderLock(finished.folder, "run"):
        done = shell.together(("show", RUN, *words) for words in ASKED.values())
    return Answers(shell, {name: done["show", RUN, *words] for name, words in ASKED.items()}, before, contents(shell))


def contents(shell: Shell) -> list[str]:
    """Return every row of the store and of the ledger."""
    found = []
    for name in ("runs/store.sqlite", f"{RUN}/campaign.sqlite"):
        with closing(sqlite3.connect(f"file:{shell.folder / name}?immutable=1", uri=True)) as connection:
            found += list(connection.iterdump())
    return found


def refused(run: Path, **words: Any) -> str:
    """Return why a transient is not shown; nothing is simulated for that."""
    options = {field.name: None for field in fields(Request)} | {"identity": "Rop3", **words}
    with pytest.raises(FaultsimError) as caught:
        show(Request(**{**options, "run": run}), json=False)
    assert caught.value.exit_code in (1, 2)
    return str(caught.value)


def change(path: Path, statement: str, *values: object) -> None:
    connection = sqlite3.connect(path)
    with connection:
        assert connection.execute(statement, values).rowcount > 0
    connection.close()


def test_of_a_defect_the_failing_side_of_its_threshold_is_shown_as_it_is_stored_and_as_it_is_now(
    answers: Answers,
) -> None:
    shown, row = answers.record("best"), answers.threshold("Rop3")
    assert shown["severity"] == float(row["fails_at"])
    assert (shown["verdict"], shown["test"], shown["window"], shown["network"]) == (
        "fail",
        "current",
        "original",
        "whole",
    )
    assert (shown["threshold"]["passes_at"], shown["threshold"]["fails_at"]) == (3200.0, 6400.0)
    assert shown["now"] == shown["stored"]
    assert shown["differences"] == []
    fault_free = float(table(answers.shell.folder / RUN / "settings.csv")[0]["im_wr_a"])
    assert shown["fault_free"]["observables"]["im_wr_a"] == fault_free
    assert abs(shown["stored"]["observables"]["im_wr_a"] / fault_free - 1) > 0.3
    assert {use["stage"] for use in shown["rests_on_it"]} >= {"thresholds"}


def test_the_fault_free_circuit_is_asked_for_by_name(answers: Answers) -> None:
    healthy = answers.record("healthy")
    assert (healthy["defect_id"], healthy["verdict"], healthy["threshold"]) == ("", None, None)
    assert healthy["stored"]["observables"] == answers.record("best")["fault_free"]["observables"]


def test_a_severity_that_was_never_simulated_is_said_to_be_new(answers: Answers) -> None:
    shown = answers.record("new")
    assert (shown["severity"], shown["verdict"], shown["stored"], shown["rests_on_it"]) == (2000.0, "pass", None, [])
    assert shown["now"]["status"] == "ok"


def test_people_read_the_same_in_words(answers: Answers) -> None:
    done, shown = answers.done["talk"].succeeds(), answers.record("best")
    first, *rest = done.out.splitlines()
    assert any(line.startswith("compares: im_wr_a, within 30 % of the fault-free 0.0001") for line in rest)
    assert first == "Rop3 at 6.4 kohm fails the test current"
    assert "threshold: passes at 3.2 kohm, fails at 6.4 kohm" in rest
    assert f"key: {shown['key']}" in rest
    assert any(line.split()[0] == "im_wr_a" and len(line.split()) == 4 for line in rest)
    assert "it shows the same" in done.err


def test_nothing_is_written_into_the_ledger_or_the_store(answers: Answers) -> None:
    assert answers.after == answers.before


def test_plain_ngspice_makes_the_same_current_of_the_deck_as_the_waveforms_say(answers: Answers) -> None:
    folder, current = answers.shell.folder, answers.record("best")["stored"]["observables"]["im_wr_a"]
    command = ["ngspice", "-n", "-b", "rop3.cir", "-r", "rop3.raw"]
    subprocess.run(command, cwd=folder, capture_output=True, timeout=PATIENCE_S, check=True)
    raw = read_raw((folder / "rop3.raw").read_bytes())
    assert np.interp(MIDDLE_S, raw["time"], raw["v.xneuron.vwr#branch"]) == pytest.approx(current, rel=1e-3)
    with (folder / "rop3.csv").open(newline="") as file:
        header, *lines = list(csv.reader(file))
    columns = dict(zip(header, np.array(lines, dtype=float).T, strict=True))
    assert np.interp(MIDDLE_S, columns["time_s"], columns["im_wr"]) == pytest.approx(current, rel=1e-3)
    assert "Rop3 at 6.4 kohm" in (folder / "rop3.cir").read_text().splitlines()[0]


def test_the_plot_has_the_fault_free_circuit_behind(answers: Answers) -> None:
    root = ElementTree.fromstring((answers.shell.folder / "rop3.svg").read_bytes())
    text = " ".join("".join(element.itertext()) for element in root.iter() if element.tag.endswith("text"))
    assert all(word in text for word in ("Rop3 at 6.4 kohm", "im_wr", "out", "mz"))
    dashed = [
        element for element in root.iter() if "dasharray" in " ".join((element.get("style", ""), *element.attrib))
    ]
    assert len(dashed) >= 3


def test_the_beginning_of_a_key_is_the_same_transient(answers: Answers) -> None:
    best = answers.record("best")
    assert answers.shell("show", RUN, best["key"][:8].upper(), "--json").succeeds().json == best


@pytest.mark.parametrize(("words", "said"), MISFITS)
def test_what_does_not_fit_says_why_and_what_would(finished: Finished, words: dict[str, Any], said: list[str]) -> None:
    why = refused(finished.folder, **words)
    assert [text for text in said if text not in why] == [], why


def test_another_outcome_than_the_stored_one_is_an_error_that_names_the_observable(
    workspace: Shell, answers: Answers
) -> None:
    shown = answers.record("best")
    values = shown["stored"]["observables"]
    forged = json.dumps({**values, "im_wr_a": values["im_wr_a"] * 1.001})
    statement = "UPDATE transient SET observables = ? WHERE key = ?"
    change(workspace.folder / "runs" / "store.sqlite", statement, forged, shown["key"])
    done = workspace("show", RUN, "Rop3", "--json")
    assert done.code == 5
    assert "im_wr_a: now " in done.err
    assert "spiked" not in done.err
    assert [found["name"] for found in done.json["differences"]] == ["im_wr_a"]


def test_files_that_the_run_consists_of_are_not_written_over(workspace: Shell) -> None:
    ledger = workspace.folder / RUN / "campaign.sqlite"
    before = ledger.read_bytes()
    workspace("show", RUN, "Rop3", "--deck", ledger).fails_with(2, "is read here", "another name")
    assert ledger.read_bytes() == before


def test_of_an_unfinished_run_only_what_is_finished_is_shown(workspace: Shell) -> None:
    run = workspace.folder / RUN
    statement = "UPDATE item SET result = NULL WHERE stage = 'thresholds' AND title LIKE 'Rop3|%'"
    change(run / "campaign.sqlite", statement)
    assert "Rop3: its thresholds are not finished; faultsim run" in refused(run)
    assert "Rop5 is not seen there" in refused(run, identity="Rop5", at="fails")


def test_a_run_whose_campaign_or_store_is_another_one_is_refused(workspace: Shell) -> None:
    run = workspace.folder / RUN
    (workspace.folder / "runs" / "store.sqlite").rename(workspace.folder / "elsewhere.sqlite")
    assert "store.sqlite is gone" in refused(run)
    # The ledger has the path of the campaign that it was run with.
    own = str(workspace.folder / "tiny.toml")
    change(run / "campaign.sqlite", "UPDATE meta SET value = ? WHERE key = 'campaign'", own)
    edit(workspace.folder / "tiny.toml", "per_decade = 1", "per_decade = 2")
    assert "spec changed since this run" in refused(run)
