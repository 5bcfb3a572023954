"""Names in files and JSON that users' scripts rely on; more may come, none may go."""

from __future__ import annotations

import csv
import json
import math
import tomllib
from typing import Any

import jsonschema
import pytest

from tests.cli.conftest import REPOSITORY
from tests.golden.conftest import HERE, TwoOpens

FORMATS: dict[str, dict[str, list[str]]] = tomllib.loads((HERE / "formats.toml").read_text())
WORDS = {"verdict": {"detected", "undetected", "unknown"}, "direction": {"fails_above", "fails_below"}}


@pytest.mark.parametrize("name", FORMATS["columns"])
def test_every_promised_column_is_there_in_its_order(two_opens: TwoOpens, name: str) -> None:
    promised = FORMATS["columns"][name]
    with (two_opens.folder / name).open(newline="") as file:
        header, *rows = list(csv.reader(file))
    assert [column for column in header if column in promised] == promised
    assert len(set(header)) == len(header)
    assert rows
    assert {len(row) for row in rows} == {len(header)}


@pytest.mark.parametrize("name", FORMATS["columns"])
def test_numbers_are_plain_floats_in_si_units_and_words_come_from_the_list(two_opens: TwoOpens, name: str) -> None:
    raw = (two_opens.folder / name).read_bytes()
    assert b"\r" not in raw
    assert raw.endswith(b"\n")
    for row in csv.DictReader(raw.decode().splitlines()):
        for column, cell in row.items():
            if cell and column.endswith(("_ohm", "_s", "_a", "_v", "_c")):
                assert math.isfinite(float(cell)), f"{column} = {cell}"
            assert cell in WORDS.get(column, {cell}), f"{column} = {cell}"


def answers(two_opens: TwoOpens) -> dict[str, Any]:
    commands = {
        "status": ("status", two_opens.folder, "--json"),
        "report": ("report", two_opens.folder, "--json"),
        "simulate": ("simulate", "crossbar4", "--pulses", "1", "--json"),
        "sites": ("sites", "crossbar4", "--json"),
        "list": ("list", "--json"),
        "validate": ("validate", REPOSITORY / "campaigns" / "lats2024.toml", "--json"),
        "doctor": ("doctor", "--json"),
    }
    done = two_opens.shell.together(commands.values())
    manifest = json.loads((two_opens.folder / "manifest.json").read_text())
    return {"manifest": manifest, "run": two_opens.said} | {
        name: done[words].succeeds().json for name, words in commands.items()
    }


def test_every_promised_key_of_every_json_output_is_there(two_opens: TwoOpens) -> None:
    given = answers(two_opens)
    assert set(given) == set(FORMATS["json"])
    for name, answer in given.items():
        for item in answer if isinstance(answer, list) else [answer]:
            missing = set(FORMATS["json"][name]) - set(item)
            assert not missing, f"{name}: {missing}"


def test_nothing_in_a_run_folder_depends_on_when_or_where_it_was_made(two_opens: TwoOpens) -> None:
    for path in two_opens.folder.rglob("*"):
        if path.is_file() and ".sqlite" not in path.name:
            assert str(two_opens.shell.folder).encode() not in path.read_bytes(), path.name
            assert str(REPOSITORY).encode() not in path.read_bytes(), path.name


def test_the_coverage_of_a_campaign_keeps_to_its_schema(two_opens: TwoOpens) -> None:
    coverage = json.loads((two_opens.folder / "coverage.json").read_text())
    schema = json.loads((REPOSITORY / "fault_models" / "schema" / "coverage.schema.json").read_text())
    jsonschema.validate(coverage, schema)
    assert {row["id"]: row["verdict"] for row in coverage["defects"]} == {"Rop3": "detected", "Rop5": "undetected"}
    shares = [point["opens"]["low"] for point in coverage["over_resistance"]]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 0.5)
