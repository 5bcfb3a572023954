"""From a finished run to the tester's files, played back in SPICE, and to a diagnosis: the real commands."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from faultsim.vectors.lot import Lot, PartResult
from faultsim.vectors.responses import responses_text
from faultsim.vectors.stdf_reader import read_stdf
from tests.cli.conftest import LONG_PATIENCE_S, REPOSITORY, Shell, bytes_of, table

# The paper's opens, and two bridges that a read sees.
CAMPAIGN = """\
title = "Opens and bridges for vectors"
circuit = "mine.toml"
[[windows]]
name = "original"
integrate = "1n"
leaky = "9n"
[baseline]
patterns = ["1111"]
[[defects]]
kind = "open"
sites = ["Rop1", "Rop3", "Rop4", "Rop5"]
[[defects]]
kind = "bridge"
universe = "network"
sites = ["in1~in2:bridge", "bl~0:bridge"]
[[tests]]
name = "current"
pattern = "1111"
windows = ["original"]
observable = "im_wr_a"
limits = { relative = 0.1 }
stimulus = { start = "0.5n", pulses = 1 }
[behaviours]
defects = []
[search]
low = 10
high = "1g"
ratio = 1.1
"""
SPACE = """\
title = "A few patterns"
rest = "1u"
[[spikes]]
patterns = ["full", "1110"]
integrate = [1.5]
leaky = [1]
pulses = 4
[[currents]]
patterns = ["0100", "0010"]
observable = "im_wr_a"
stimulus = { start = "0.5n", pulses = 1 }
"""
KEPT = ("metal", "mobility")


def sidecar() -> str:
    """Return crossbar4's sidecar with two of its tolerances, for another folder."""
    folder = REPOSITORY / "circuits" / "networks"
    text = (folder / "crossbar4.toml").read_text()
    text = text.replace('deck = "crossbar4.cir"', f'deck = "{folder / "crossbar4.cir"}"')
    text = text.replace('file = "../devices/', f'file = "{folder.parent / "devices"}/')
    blocks = re.split(r"(?m)^(?=\[tolerance\.)", text)
    kept = tuple(f"[tolerance.{name}]" for name in KEPT)
    return blocks[0] + "".join(block for block in blocks[1:] if block.startswith(kept))


def prepared(folder: Path) -> Shell:
    """Return a folder with a finished run and a candidate space."""
    shell = Shell(folder, LONG_PATIENCE_S)
    shell.write("mine.toml", sidecar())
    shell.write("c.toml", CAMPAIGN)
    shell.write("space.toml", SPACE)
    shell("run", "c.toml").succeeds()
    return shell


@dataclass(frozen=True)
class Chosen:
    """A run with its vectors."""

    shell: Shell
    said: str

    @property
    def folder(self) -> Path:
        return self.shell.folder / "runs" / "c" / "vectors"

    @property
    def record(self) -> Any:
        return json.loads((self.folder / "vectors.json").read_text())


def begin(folder: Path) -> Chosen:
    """Make the vectors that all tests look at, while others run."""
    shell = prepared(folder)
    done = shell("vectors", "runs/c", "--candidates", "space.toml").succeeds()
    assert done.out.splitlines()[-1] == "runs/c/vectors"
    return Chosen(shell, done.err)


@pytest.fixture(scope="module")
def chosen(begun: Chosen) -> Chosen:
    return begun


def test_every_defect_that_a_candidate_sees_is_covered_and_the_minimum_is_proven(chosen: Chosen) -> None:
    record = chosen.record
    selection = record["selection"]
    assert selection["gap"] == 0
    assert selection["cost"] <= selection["greedy_cost"]
    covered = {defect["defect_id"]: defect["covered_by"] for defect in record["defects"]}
    # Rop5 lies in the programming path, and nothing writes here.
    assert [name for name, by in covered.items() if not by] == ["Rop5"]
    [rop5] = [defect for defect in record["defects"] if defect["defect_id"] == "Rop5"]
    assert re.match(r"none of \d candidates sees it", rop5["reason"])
    assert "not covered: Rop5" in chosen.said
    assert "no cheaper set covers as much" in chosen.said


def test_a_vector_covers_from_a_bracket_of_neighbours_on(chosen: Chosen) -> None:
    for vector in chosen.record["vectors"]:
        for pair in vector["pairs"]:
            if pair["covered"] and pair["passes_at"] is not None:
                ratio = max(pair["passes_at"], pair["fails_at"]) / min(pair["passes_at"], pair["fails_at"])
                assert ratio < 1.1 * (1 + 1e-9)
                seen = {severity for severity, _ in pair["responses"]}
                assert {pair["passes_at"], pair["fails_at"], pair["demanded"]} <= seen
    rows = {row["vector"]: row for row in table(chosen.folder / "vectors.csv")}
    for vector in chosen.record["vectors"]:
        wanted = {pair["defect_id"] for pair in vector["pairs"] if pair["covered"]}
        assert {re.split("[<>]=", part)[0] for part in rows[vector["name"]]["covers"].split()} == wanted


def test_no_vector_fails_a_good_circuit_at_the_ends_of_its_tolerances(chosen: Chosen) -> None:
    for row in table(chosen.folder / "limits.csv"):
        assert float(row["certain_low"]) <= float(row["limit_low"]) < float(row["expected"]) < float(row["limit_high"])
        assert float(row["limit_high"]) <= float(row["certain_high"])
        # The two tolerances that are declared move the current by more than the tester's two per mille.
        assert float(row["limit_low"]) < 0.99 * float(row["expected"])


def test_files_for_the_tester(chosen: Chosen) -> None:
    files = {path.relative_to(chosen.folder).as_posix() for path in chosen.folder.rglob("*") if path.is_file()}
    names = {"vectors.csv", "vectors.stil", "levels.stil", "limits.csv", "matrix.csv", "golden.stdf", "faulty.stdf"}
    assert names | {"vectors.json", "dictionary.json"} <= files
    assert {"pwl/v001.in1.pwl", "pwl/v001.cap.pwl", "pwl/v001.rd.pwl"} <= files
    stil = (chosen.folder / "vectors.stil").read_text()
    for vector in chosen.record["vectors"]:
        assert f"// {vector['name']}, {vector['purpose']}: {vector['test']}" in stil
        for pair in vector["pairs"]:
            sign = "<=" if "bridge" in pair["defect_id"] else ">="
            assert (f"// covers {pair['defect_id']}{sign}" in stil) >= pair["covered"]


def test_a_golden_lot_passes_and_every_part_of_the_faulty_one_fails(chosen: Chosen) -> None:
    golden, faulty = (read_stdf(chosen.folder / name) for name in ("golden.stdf", "faulty.stdf"))
    assert [part.passed for part in golden.parts] == [True]
    assert len(faulty.parts) == sum(bool(defect["covered_by"]) for defect in chosen.record["defects"])
    assert {part.passed for part in faulty.parts} == {False}
    wanted = [vector["name"] for vector in chosen.record["vectors"]]
    assert all([result.name for result in part.results] == wanted for part in (*golden.parts, *faulty.parts))


def test_the_same_again_simulates_nothing_and_writes_the_same(chosen: Chosen) -> None:
    before = bytes_of(chosen.folder)
    done = chosen.shell("vectors", "runs/c", "--candidates", "space.toml", "--json").succeeds()
    assert done.json["selection"] == chosen.record["selection"]
    assert " 0 transients simulated" in done.err
    assert bytes_of(chosen.folder) == before


def test_running_the_campaign_again_leaves_the_chosen_vectors(chosen: Chosen) -> None:
    before = bytes_of(chosen.folder)
    chosen.shell("run", "c.toml").succeeds()
    assert bytes_of(chosen.folder) == before


def test_replay_agrees_on_every_pair(chosen: Chosen) -> None:
    done = chosen.shell("replay", "runs/c", "--json").succeeds()
    assert done.json["edges"] == done.json["mismatches"] == []
    rows = table(chosen.folder / "replay.csv")
    assert {row["agrees"] for row in rows} == {"true"}
    pairs = {(v["name"], p["defect_id"]) for v in chosen.record["vectors"] for p in v["pairs"] if p["covered"]}
    assert {(row["vector"], row["defect_id"]) for row in rows if row["defect_id"]} == pairs
    # A circuit that had other weights is as good behind the vector that writes them.
    assert [row["expected"] for row in rows if row["vector"] == "v000"] == ["pass"]
    assert {row["expected"] for row in rows} == {"pass", "fail"}


def without_v001(text: str) -> str:
    return re.sub(r"(?ms)^Pattern v001 \{.*?^\}\n", "", text).replace(" v001;", "", 1)


_LAST_ONE = r"= ([01]*)1([01]*X)"
CORRUPTIONS: dict[str, tuple[Callable[[str], str], int, str]] = {
    "an edge of an input": (lambda text: text.replace("'1500ps' D", "'1700ps' D", 1), 5, "in1: D at"),
    "the end of the capture": (lambda text: text.replace("'1810ps' D", "'2010ps' D", 1), 5, "cap: D at"),
    "the comparison": (lambda text: text.replace("'1821ps' H", "'2021ps' H", 1), 5, "out: H at"),
    "a vector less": (without_v001, 5, "v001 is not in the file"),
    "another character": (lambda text: re.sub(_LAST_ONE, r"= \g<1>0\2", text, count=1), 5, ""),
    "an unknown character": (
        lambda text: re.sub(_LAST_ONE, r"= \g<1>7\2", text, count=1),
        3,
        "has no waveform for 7",
    ),
    "a misspelled block": (lambda text: text.replace("\nTiming ", "\nTimng ", 1), 3, "did you mean Timing"),
}


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_a_corrupted_file_is_caught(chosen: Chosen, name: str) -> None:
    corrupt, code, said = CORRUPTIONS[name]
    text = (chosen.folder / "vectors.stil").read_text()
    wrong = corrupt(text)
    assert wrong != text
    chosen.shell.write("wrong.stil", wrong)
    chosen.shell("replay", "runs/c", "--stil", "wrong.stil").fails_with(code, said or "wrong.stil")


def response(chosen: Chosen, defect: str) -> Lot:
    """Return what the faulty lot has of a defect, as a table that a tester's user would write."""
    lot = read_stdf(chosen.folder / "faulty.stdf")
    [part] = [part for part in lot.parts if part.part_id.startswith(defect)]
    return Lot("", "", "", (PartResult("7", part.results),))


@pytest.mark.parametrize("defect", ["Rop1", "Rop4", "in1~in2:bridge", "bl~0:bridge"])
def test_what_a_faulty_part_shows_leads_back_to_its_defect(chosen: Chosen, defect: str) -> None:
    chosen.shell.write("responses.csv", responses_text(response(chosen, defect)))
    [found] = chosen.shell("diagnose", "runs/c", "responses.csv", "--json").succeeds().json
    group = [one for one in found["defects"] if one["in_group"]]
    [own] = [one for one in group if defect in (one["defect_id"], *one["same_as"])]
    [record] = [one for one in chosen.record["defects"] if one["defect_id"] == defect]
    assert own["severity_low"] <= record["demanded"] <= own["severity_high"]
    assert found["passed"] is False


def test_stdf_is_read_as_well_and_parts_are_told_apart(chosen: Chosen) -> None:
    done = chosen.shell("diagnose", "runs/c", "runs/c/vectors/faulty.stdf").succeeds()
    # The answer is on stdout, each part's table below its name.
    parts = done.out.split("\n\n")
    lot = read_stdf(chosen.folder / "faulty.stdf")
    assert [text.split(" fails; ")[0] for text in parts] == [f"part {part.part_id}" for part in lot.parts]
    assert all("\nrank  defect" in text for text in parts)
    assert done.err == ""


def test_a_good_part_looks_good_and_is_asked_no_more(chosen: Chosen) -> None:
    good = chosen.shell("diagnose", "runs/c", "runs/c/vectors/golden.stdf").succeeds()
    assert good.out.startswith("part fault-free passes: consistent with a good part\n")
    assert "apply" not in good.out
    [found] = chosen.shell("diagnose", "runs/c", "runs/c/vectors/golden.stdf", "--json").succeeds().json
    assert (found["good"], found["explained"], found["missing"], found["next"]) == (True, True, [], [])
    demanded = {one["defect_id"]: one["demanded"] for one in chosen.record["defects"]}
    for one in found["defects"]:
        # What it may have is milder than what the vectors were to see.
        wanted = demanded[one["defect_id"]]
        inside = one["severity_low"] <= wanted <= one["severity_high"] if wanted is not None else False
        assert not (one["in_group"] and inside)


def test_without_responses_the_first_vectors_to_apply_are_said(chosen: Chosen) -> None:
    chosen.shell.write("none.csv", "vector,result\nv001,\n")
    done = chosen.shell("diagnose", "runs/c", "none.csv").succeeds()
    assert re.match(r"part 1 was not tested; \d+ defects are possible\napply v\d+ first: ", done.out)


def currents(chosen: Chosen) -> list[Any]:
    return [vector for vector in chosen.record["vectors"] if vector["observable"] == "im_wr_a"]


def test_responses_to_vectors_that_there_are_not(chosen: Chosen) -> None:
    chosen.shell.write("odd.csv", "vector,result\nv01,pass\nv000,pass\n")
    said = chosen.shell("diagnose", "runs/c", "odd.csv")
    said.fails_with(3, "odd.csv:2: vector: 'v01' is none of the vectors (did you mean 'v001'", "matrix.csv")
    assert "v000" not in said.err
    assert len(said.err) < 300


def test_what_no_defect_does_is_said_to_be_explained_by_none(chosen: Chosen) -> None:
    name, other = (vector["name"] for vector in currents(chosen)[:2])
    chosen.shell.write("amperes.csv", f"vector,result,im_wr_a\n{name},fail,20.5\n{other},fail,21.3\n")
    done = chosen.shell("diagnose", "runs/c", "amperes.csv").succeeds()
    assert done.out.startswith("part 1 fails; no single defect explains this (nearest: a good part)\n")
    assert f"  {name} reads 20.5 A, where it has " in done.out
    assert done.err.startswith(f"amperes.csv:2: im_wr_a: {name} reads 20.5 A, and no good part more than")
    [found] = chosen.shell("diagnose", "runs/c", "amperes.csv", "--json", "--top", "1").succeeds().json
    assert found["explained"] is False
    assert {one["vector"] for one in found["misfits"]} == {name, other}
    assert (len(found["defects"]), found["group"]) == (1, len(chosen.record["defects"]))


def test_a_verdict_that_contradicts_its_value_is_said_with_its_line(chosen: Chosen) -> None:
    vector = currents(chosen)[0]
    chosen.shell.write("contra.csv", f"vector,result,im_wr_a\n{vector['name']},fail,{vector['expected']!r}\n")
    done = chosen.shell("diagnose", "runs/c", "contra.csv").succeeds()
    assert done.err.startswith(f"contra.csv:2: im_wr_a: {vector['name']} fails with ")
    assert "the value is believed" in done.err
    assert "part 1 passes" in done.out
    chosen.shell.write("kind.csv", f"vector,result,spike_pulse\n{vector['name']},fail,1\n")
    chosen.shell("diagnose", "runs/c", "kind.csv").fails_with(3, "kind.csv:2: spike_pulse: ", "it has no pulse")


def test_a_folder_without_a_dictionary_says_what_makes_it_there(chosen: Chosen, tmp_path: Path) -> None:
    folder = tmp_path / "my vectors"
    folder.mkdir()
    shutil.copy(chosen.folder / "vectors.json", folder)
    chosen.shell.write("some.csv", "vector,result\nv001,fail\n")
    said = chosen.shell("diagnose", "runs/c", "some.csv", "--out", str(folder))
    said.fails_with(2, f"has no dictionary.json; faultsim vectors runs/c --out '{folder}' makes it")


def test_a_dictionary_of_another_version_is_made_anew(chosen: Chosen, tmp_path: Path) -> None:
    shutil.copytree(chosen.folder, tmp_path / "old")
    older = json.loads((tmp_path / "old" / "dictionary.json").read_text())
    del older["format"]
    for test in older["tests"]:
        del test["drifts"]
    (tmp_path / "old" / "dictionary.json").write_text(json.dumps(older))
    chosen.shell.write("some.csv", "vector,result\nv001,fail\n")
    said = chosen.shell("diagnose", "runs/c", "some.csv", "--out", str(tmp_path / "old"))
    said.fails_with(2, "is of another version of faultsim; faultsim vectors")


def test_folders_without_a_run_or_vectors(tmp_path: Path, finished: Any) -> None:
    shell = Shell(tmp_path)
    shell("vectors", ".").fails_with(2, "is not a run folder")
    shell("replay", str(finished.folder)).fails_with(2, "faultsim vectors")
    shell("diagnose", str(tmp_path / "no"), "x.csv").fails_with(2, "faultsim vectors")


def test_what_the_options_take(chosen: Chosen) -> None:
    chosen.shell("vectors", "runs/c", "--tester", "bnch").fails_with(2, "did you mean bench")
    chosen.shell("vectors", "runs/c", "--candidates", "nosuch").fails_with(2, "no candidate named 'nosuch'")
    chosen.shell("vectors", "runs/c", "--coverage", "101").fails_with(2)
    said = chosen.shell("vectors", "runs/c", "--tester", "production", "--candidates", "space.toml")
    said.fails_with(5, "tester production can apply none of", "shorter than its shortest pulse")
    text = (REPOSITORY / "campaigns" / "testers" / "bench.toml").read_text()
    chosen.shell.write("narrow.toml", text.replace("tables = 64", "tables = 2"))
    said = chosen.shell("vectors", "runs/c", "--tester", "narrow.toml", "--candidates", "space.toml", "--out", "narrow")
    said.fails_with(5, "waveform tables, and tester narrow 2")
