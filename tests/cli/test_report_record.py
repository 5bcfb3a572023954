"""coverage.json: the record of a run after IEEE Std 2427-2025 is complete, and its schema is strict."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import jsonschema
import pytest

from tests.cli.conftest import REPOSITORY, Finished, table

SCHEMA = json.loads((REPOSITORY / "fault_models" / "schema" / "coverage.schema.json").read_text())
# What the standard asks of the record of a defect, under our names.
ASKED = {
    *("id", "kind", "device", "terminals", "nets", "spice_model", "multiplier", "weight", "weight_origin"),
    *("zero_weight_reason", "group", "same_as", "merged", "undetectable", "undetectable_reason", "verdict", "results"),
}


@pytest.fixture
def record(finished: Finished) -> dict[str, Any]:
    return json.loads((finished.folder / "coverage.json").read_text())


def objects(schema: Any, where: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every schema of an object that names its properties; conditions on a part of one are none."""
    if isinstance(schema, dict):
        if schema.get("type") == "object" and "properties" in schema:
            yield where, schema
        for key, value in schema.items():
            if key not in ("allOf",):
                yield from objects(value, f"{where}/{key}")


def test_the_record_of_a_finished_run_follows_its_schema(record: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.Draft202012Validator(SCHEMA).validate(record)


def test_the_schema_lets_nothing_in_that_it_does_not_describe() -> None:
    found = dict(objects(SCHEMA))
    assert len(found) > 10
    for where, schema in found.items():
        assert schema["additionalProperties"] is False, where
        assert schema["required"], where
        for name, inner in schema["properties"].items():
            assert inner.get("description"), f"{where}: {name} says nothing of itself"
    assert set(SCHEMA["$defs"]["defect"]["required"]) == set(SCHEMA["$defs"]["defect"]["properties"]) >= ASKED


def spoil(record: dict[str, Any], change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    spoilt = copy.deepcopy(record)
    change(spoilt)
    return spoilt


@pytest.mark.parametrize(
    "change",
    [
        lambda record: record.update(more=1),
        lambda record: record.pop("deck_sha256"),
        lambda record: record["simulation"]["versions"].pop("simulator"),
        lambda record: record["tests"][0].update(pulses=0),
        lambda record: record["tests"][0].pop("observable"),
        lambda record: record["defects"][0].update(verdict="seen"),
        lambda record: record["defects"][0].update(weight=0),
        lambda record: record["defects"][0].update(undetectable="structurally undetectable"),
        lambda record: record["defects"][0].update(group=0),
        lambda record: record["defects"][0]["results"][0].update(detects=False),
        lambda record: record["defects"][0]["results"][0].update(threshold=None),
        lambda record: record["defects"][1].update(reason=""),
        lambda record: record["defects"][1]["results"][0].update(detects=True),
        lambda record: record["coverage"]["all"].update(low=1.5),
    ],
)
def test_a_record_that_is_not_one_is_refused(
    record: dict[str, Any], change: Callable[[dict[str, Any]], object]
) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(SCHEMA).validate(spoil(record, change))


def test_who_detects_a_defect_is_told_with_the_bracket_that_thresholds_have(
    record: dict[str, Any], finished: Finished
) -> None:
    seen, unseen = record["defects"]
    (row, other) = table(finished.folder / "thresholds.csv")
    assert [test["id"] for test in record["tests"]] == ["current, original"]
    assert seen["results"] == [
        {
            "test": "current, original",
            "verdict": "detected",
            "detects": True,
            "passes_at": float(row["passes_at"]),
            "fails_at": float(row["fails_at"]),
            "threshold": float(row["threshold"]),
        }
    ]
    assert seen["seen_by"] == "current, original"
    assert (unseen["verdict"], unseen["results"][0]["detects"]) == ("unknown", False)
    assert unseen["results"][0]["passes_at"] == float(other["passes_at"])


def test_the_record_says_what_was_run(record: dict[str, Any], finished: Finished) -> None:
    manifest = json.loads((finished.folder / "manifest.json").read_text())
    assert record["simulation"] == {"versions": manifest["versions"], "options": manifest["options"]}
    assert record["deck_sha256"] == manifest["deck_sha256"]
    assert record["coverage"]["all"] == manifest["coverage"]
    assert record["search"] == {"low_ohm": 100.0, "high_ohm": 1e4, "ratio": 2.0}
    assert record["universe"]["chosen"][0]["sites"] == ["Rop3", "Rop5"]
    assert record["verdicts"] == {"detected": 1, "undetected": 0, "unknown": 1}
    assert record["weights"] == {"total": 2.0, "by_kind": {"open": 2.0}}
