"""From a finished run to the tester's files, played back in SPICE, and to a diagnosis: the real commands."""

from __future__ import annotations

import json
import re
import shutil
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from faultsim.units import format_quantity
from faultsim.vectors.lot import Lot, PartResult
from faultsim.vectors.responses import responses_text
from faultsim.vectors.stdf_reader import read_stdf
from faultsim.vectors.tester import load_tester
from tests.cli.conftest import LONG_PATIENCE_S, REPOSITORY, Shell, bytes_of, kill_group, table, wait_until

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
    assert done.err.splitlines()[-1] == "faultsim report runs/c shows them on the run's page"
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
    (chosen.folder / "replay.csv").write_text("of a replay\n")
    (chosen.folder / "mine.csv").write_text("of the user\n")
    done = chosen.shell("vectors", "runs/c", "--candidates", "space.toml", "--json").succeeds()
    assert done.json["selection"] == chosen.record["selection"]
    assert " 0 transients simulated" in done.err
    assert "runs/c/vectors/replay.csv was of the vectors before, and is deleted" in done.err
    (chosen.folder / "mine.csv").unlink()
    assert bytes_of(chosen.folder) == before


def test_the_summary_says_what_the_cost_is_made_of(chosen: Chosen) -> None:
    record = chosen.record
    times_s = {
        purpose: sum(one["time_s"] for one in record["vectors"] if one["purpose"] == purpose)
        for purpose in ("detection", "diagnosis")
    }
    supply_s = load_tester("bench").spec.overheads.level
    assert record["selection"]["cost"] == pytest.approx(times_s["detection"] + supply_s)
    assert f"that is {format_quantity(times_s['detection'], 's')} in " in chosen.said
    assert " for detection and 1 ms for the supply" in chosen.said
    if times_s["diagnosis"]:
        assert f"not in the cost: {format_quantity(times_s['diagnosis'], 's')} in " in chosen.said
    assert "of v000, which writes the weights 1111" in chosen.said
    first, *others = record["applied"]
    assert (first["name"], first["about"][:18]) == ("v000", "writes the weights")
    assert [one["name"] for one in others] == [one["name"] for one in record["vectors"]]
    assert all(one["rest_fs"] == 10**9 and one["level"]["high_pe"] == 1.65 for one in record["applied"])


def test_running_the_campaign_again_leaves_the_chosen_vectors(chosen: Chosen) -> None:
    before = bytes_of(chosen.folder)
    chosen.shell("run", "c.toml").succeeds()
    assert bytes_of(chosen.folder) == before


def test_replay_agrees_on_every_pair(chosen: Chosen) -> None:
    done = chosen.shell("replay", "runs/c", "--json").succeeds()
    assert done.json["differences"] == done.json["mismatches"] == []
    assert f"{done.json['transients']} of {done.json['transients']} transients show what they should" in done.err
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
    "weights that nothing writes": (
        lambda text: re.sub(r"(?ms)^Pattern v000 \{.*?^\}", "Pattern v000 {\n}", text),
        5,
        "v000: has 0 cycles before its rest, certified with 2",
    ),
    "another order": (
        lambda text: re.sub(r"( +v001;\n)( +v002;\n)", r"\2\1", text),
        5,
        "the order is another: v002 comes after v000, where v001 was certified",
    ),
    "a supply beyond the tester": (
        lambda text: text.replace("vdd_v = '1.1'", "vdd_v = '1100'"),
        5,
        "of 1.1 kV is outside of what tester bench drives, -1 V to 2.5 V\nnothing was simulated",
    ),
    "a level less": (
        lambda text: re.sub(r" +high_vb = .*\n", "", text).replace("   high_vb Typ;\n", ""),
        3,
        "has no high_vb, the high level of vb",
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
    own = chosen.folder / "replay.csv"
    before = own.read_bytes() if own.is_file() else b""
    chosen.shell("replay", "runs/c", "--stil", "wrong.stil").fails_with(code, said or "wrong.stil")
    # The table of a file that is not the vectors' own lies beside that file.
    assert (own.read_bytes() if own.is_file() else b"") == before
    assert (chosen.shell.folder / "wrong.replay.csv").is_file() == (code == 5 and "nothing was" not in said)
    (chosen.shell.folder / "wrong.replay.csv").unlink(missing_ok=True)


def test_what_is_told_of_a_file_that_does_the_same_otherwise(chosen: Chosen) -> None:
    text = (chosen.folder / "vectors.stil").read_text()
    chosen.shell.write("rest.stil", text.replace("Period '1000000ps'", "Period '1ps'"))
    done = chosen.shell("replay", "runs/c", "--stil", "rest.stil").fails_with(5)
    assert "driven as rest.stil says, which is not what was certified, " in done.err
    assert done.err.splitlines()[-2:] == [
        "faultsim: rest.stil is not what was certified:",
        "all vectors: rests 1 ps at its end, certified with 1 us",
    ]


def test_a_level_of_the_file_drives_the_circuit(chosen: Chosen) -> None:
    """At 0.3 V the neuron is not read, so that no vector of spikes passes any more."""
    text = (chosen.folder / "vectors.stil").read_text()
    chosen.shell.write("level.stil", text.replace("high_rd = '1.65'", "high_rd = '0.3'"))
    done = chosen.shell("replay", "runs/c", "--stil", "level.stil", "--json")
    assert done.code == 5
    assert re.match(
        r"faultsim: level.stil is not what was certified:\n"
        r"all vectors: high_rd is 300 mV \(level.stil:\d+\), certified with 1.65 V\n",
        done.err[done.err.index("faultsim: ") :],
    )
    spikes = {one["name"] for one in chosen.record["vectors"] if one["observable"] == "pulses_to_spike"}
    found = [line.split(":")[0] for line in done.json["mismatches"] if "the fault-free circuit should pass" in line]
    assert set(found) >= spikes


def test_a_replay_that_is_stopped_goes_on_with_the_same_file(chosen: Chosen) -> None:
    store, own = chosen.shell.folder / "runs" / "store.sqlite", chosen.folder / "vectors.stil"
    shutil.copy(own, chosen.shell.folder / "a copy.stil")
    before = transients_simulated(store)
    words = ("replay", "runs/c", "--stil", "a copy.stil", "--jobs", "1", "--fresh", "--out", "runs/c/vectors", "--json")
    process = chosen.shell.start(*words)
    wait_until(lambda: transients_simulated(store) > before, process)
    said = "resume with: faultsim replay runs/c --stil 'a copy.stil' --out runs/c/vectors --jobs 1 --json\n"
    kill_group(process, signal.SIGINT).fails_with(130, said)


def transients_simulated(store: Path) -> int:
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as connection:
        return connection.execute("SELECT total(runs) FROM transient").fetchone()[0]


def test_stil_files_are_validated_as_such(chosen: Chosen, tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    own = chosen.folder / "vectors.stil"
    shutil.copy(own, tmp_path / "renamed.txt")
    text = (chosen.folder / "levels.stil").read_text()
    shell.write("wrong.stil", text.replace("VIH '1.65V'", "VIH '1.65s'").replace("vb {", "bv {"))
    done = shell.together(
        [("validate", path) for path in (own, chosen.folder / "levels.stil", "renamed.txt", "wrong.stil")]
    )
    said = [one.succeeds().err.rpartition(": ")[2] for one in list(done.values())[:3]]
    assert said == ["a valid STIL file\n", "a valid STIL file of levels\n", "a valid STIL file\n"]
    done["validate", "wrong.stil"].fails_with(
        3, "VIH = '1.65s' is not a value", "signal bv is not defined", "wrong.stil:"
    )


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
    shell("replay", finished.folder, "--out", "cv").fails_with(
        2, f"cv has no vectors.json; faultsim vectors '{finished.folder}' --out cv makes it"
    )
    shell("diagnose", "no", "x.csv").fails_with(2, "no is not a run folder: it has no campaign.sqlite")


def test_what_the_options_take(chosen: Chosen) -> None:
    chosen.shell("vectors", "runs/c", "--tester", "bnch").fails_with(2, "did you mean bench")
    chosen.shell("vectors", "runs/c", "--candidates", "nosuch").fails_with(2, "no candidate named 'nosuch'")
    chosen.shell("vectors", "runs/c", "--coverage", "101").fails_with(2)
    said = chosen.shell("vectors", "runs/c", "--tester", "production", "--candidates", "space.toml")
    said.fails_with(
        5,
        "tester production can apply none of",
        "the read pulse of 200 ps is shorter than its shortest pulse, 600 ps",
        "nothing may be left of the read pulse of 200 ps\n",
        "choose another tester with --tester",
    )
    assert "Input should" not in said.err
    chosen.shell.write("plain", "a file")
    said = chosen.shell("vectors", "runs/c", "--candidates", "space.toml", "--out", "plain")
    # Before anything is computed, so that no stage is told.
    said.fails_with(1, "plain: cannot be written: plain is a file, not a folder; choose another folder with --out")
    assert said.err.startswith("faultsim: ")
    text = (REPOSITORY / "campaigns" / "testers" / "bench.toml").read_text()
    chosen.shell.write("narrow.toml", text.replace("tables = 64", "tables = 2"))
    said = chosen.shell("vectors", "runs/c", "--tester", "narrow.toml", "--candidates", "space.toml", "--out", "narrow")
    said.fails_with(5, "waveform tables, and tester narrow 2")
