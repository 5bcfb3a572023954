"""docs/vectors.md has every key of a tester's profile and every column of the tables, and no others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields

from faultsim import library
from faultsim.specfile import Spec
from faultsim.vectors import tester
from faultsim.vectors.table import VectorRow
from faultsim.vectors.tables import MatrixRow

TEXT = (library.root() / "docs" / "vectors.md").read_text()


def rows_behind(head: str) -> list[str]:
    """Return the rows of the table that begins behind a text."""
    assert TEXT.count(head) == 1
    table = TEXT.partition(head)[2].partition("|---")[2].split("\n")[1:]
    return table[: next(place for place, row in enumerate(table) if not row.startswith("|"))]


def keys_of(model: type[Spec], prefix: str) -> Iterator[str]:
    """Yield a row for each key, as the model describes it."""
    for name, field in model.model_fields.items():
        extra = field.json_schema_extra
        kinds = {str: "text", int: "whole number"}
        kind = f"number, {extra['unit']}" if isinstance(extra, dict) else kinds.get(field.annotation, "table")
        default = "" if field.is_required() else "; none needed"
        yield f"| `{prefix}{name}` | {kind} | {field.description}{default} |"


def test_keys_of_a_tester_s_profile() -> None:
    wanted = [*keys_of(tester.TesterSpec, ""), *keys_of(tester.OverheadsSpec, "overheads.")]
    assert rows_behind("any other unit is an error.") == wanted


def columns_behind(head: str) -> list[str]:
    return [name for row in rows_behind(head) for name in re.findall(r"`(\w+)`", row.split("|")[1])]


def test_columns_of_vectors_csv() -> None:
    assert columns_behind("Columns of vectors.csv;") == [field.name for field in fields(VectorRow)]


def test_columns_of_matrix_csv() -> None:
    assert columns_behind("Columns of matrix.csv:") == [field.name for field in fields(MatrixRow)]
