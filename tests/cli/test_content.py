"""doctor, list, sites, and validate of the content that comes with the package."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from faultsim.cli import validate
from tests.cli.conftest import REPOSITORY, Shell, edit

FOLDERS = ("circuits", "campaigns", "fault_models")
CONTENT = sorted(
    str(path.relative_to(REPOSITORY))
    for folder in FOLDERS
    for path in (REPOSITORY / folder).rglob("*")
    if path.suffix in (".cir", ".toml")
)
KINDS = {
    "circuits/networks/crossbar4.toml": "sidecar",
    "campaigns/lats2024.toml": "campaign",
    "campaigns/published/lats2024.toml": "published-values file",
    "fault_models/defects/open.toml": "defect",
    "circuits/drawings/bitcell.toml": "drawing",
}
TERMINALS = {
    "Rop1": ["xcell1.bl"],
    "Rop2": ["xcell1.bl", "xcell2.bl"],
    "Rop3": ["xcell1.bl", "xcell2.bl", "xcell3.bl"],
    "Rop4": ["xcell1.ma1.d"],
    "Rop5": ["xcell1.ma3.s"],
    "Rop6": ["xcell1.ma1.s"],
    "Rop7": ["xcell1.ma2.d"],
    "Rpp1": ["xcell1.mpot.d"],
    "Rpp2": ["xcell1.ma4.d"],
    "Rpp3": ["xcell1.mpot.g"],
    "Rpp4": ["xpot1.mrst.d"],
    "Tiw:shrink": [],
    "Tlw:shrink": [],
    "Tiw:stretch": [],
    "Tlw:stretch": [],
}


def test_the_doctor_finds_this_installation_well(shell: Shell) -> None:
    done = shell("doctor").succeeds()
    lines = done.out.splitlines()
    assert all(line.startswith("ok ") for line in lines)
    for looked_at in (
        "python",
        "faultsim",
        "PySpice",
        "library",
        "ngspice library",
        "ngspice version",
        "test transient",
    ):
        assert any(f" {looked_at}: " in line for line in lines), looked_at


def test_the_doctor_says_the_same_as_json(shell: Shell) -> None:
    findings = shell("doctor", "--json").succeeds().json
    assert all(set(finding) >= {"what", "ok", "found", "remedy"} for finding in findings)
    assert all(finding["ok"] for finding in findings)


def test_list_shows_every_kind_with_a_line_each(shell: Shell) -> None:
    rows = shell("list", "--json").succeeds().json
    found = {(row["kind"], row["name"]) for row in rows}
    assert found >= {("circuits", "crossbar4"), ("campaigns", "lats2024"), ("defects", "open")}
    assert all(row["title"] for row in rows)
    lines = shell("list").succeeds().out.splitlines()
    assert len(lines) == len(rows) + 1
    assert lines[0].split() == ["kind", "name", "title"]


@pytest.mark.parametrize(("kind", "name"), [("circuits", "crossbar4"), ("campaigns", "lats2024"), ("defects", "open")])
def test_list_of_one_kind_shows_only_that_kind(shell: Shell, kind: str, name: str) -> None:
    rows = shell("list", kind, "--json").succeeds().json
    assert {row["kind"] for row in rows} == {kind}
    assert name in {row["name"] for row in rows}


def test_list_knows_every_kind_of_the_usage_line(shell: Shell) -> None:
    rows = shell("list", "behaviours", "--json").succeeds().json
    assert {row["kind"] for row in rows} <= {"behaviours"}


def test_content_of_the_working_folder_is_listed_and_goes_before_the_library(shell: Shell) -> None:
    sidecar = shell.copy_circuits()
    edit(sidecar, 'title = "', 'title = "MINE: ')
    sidecar.with_name("another.toml").write_text(sidecar.read_text())
    titles = {row["name"]: row["title"] for row in shell("list", "circuits", "--json").succeeds().json}
    assert titles["crossbar4"].startswith("MINE: ")
    assert titles["another"].startswith("MINE: ")


def test_sites_gives_every_named_defect_with_the_keys_that_scripts_use(shell: Shell) -> None:
    rows = shell("sites", "crossbar4", "--universe", "named", "--json").succeeds().json
    promised = {"id", "kind", "location", "device", "terminals", "nets", "weight", "merged"}
    assert all(set(row) >= promised for row in rows)
    assert {row["id"]: row["terminals"] for row in rows} == TERMINALS
    assert {row["id"]: row["kind"] for row in rows if ":" in row["id"]} == dict.fromkeys(
        [name for name in TERMINALS if ":" in name], "parametric"
    )
    assert {row["kind"] for row in rows if ":" not in row["id"]} == {"open"}
    assert all(row["weight"] > 0 and row["merged"] == 1 for row in rows)
    assert len({(row["location"], row["id"].partition(":")[2]) for row in rows}) == len(rows)
    assert {tuple(row["nets"]) for row in rows[:3]} == {("bl",)}


def test_the_table_of_sites_has_a_line_for_each_defect(shell: Shell) -> None:
    lines = shell("sites", "crossbar4", "--universe", "named").succeeds().out.splitlines()
    assert lines[0].split()[:3] == ["id", "kind", "location"]
    assert [line.split()[0] for line in lines[1:]] == list(TERMINALS)


def test_a_circuit_may_be_given_by_its_path(shell: Shell) -> None:
    sidecar = shell.copy_circuits().rename(shell.folder / "circuits" / "networks" / "my own.toml")
    by_path = shell("sites", sidecar, "--json").succeeds()
    assert by_path.out == shell("sites", "crossbar4", "--json").succeeds().out


@pytest.mark.parametrize("file", CONTENT)
def test_every_content_file_of_the_repository_is_valid(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], file: str
) -> None:
    # By what the verb does, in this process: a hundred new ones take a minute to load what they all need.
    monkeypatch.chdir(tmp_path)
    validate.run(REPOSITORY / file, trust=False, json=True)
    found = json.loads(capsys.readouterr().out)
    assert found["problems"] == []
    assert found["kind"] == ("deck" if file.endswith(".cir") else KINDS.get(file, found["kind"]))


def test_validate_says_what_a_good_file_is_on_stderr(shell: Shell) -> None:
    done = shell("validate", REPOSITORY / "campaigns" / "lats2024.toml").succeeds()
    assert done.out == ""
    assert "a valid campaign" in done.err
