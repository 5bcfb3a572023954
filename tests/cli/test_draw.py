"""``faultsim draw``: the paper's circuit figures from the command line."""

from __future__ import annotations

import xml.etree.ElementTree as xml

import pytest

from tests.cli.conftest import Shell

DRAWINGS = {"crossbar", "coding", "timing", "bitcell", "neuron", "potentiation"}


def test_without_a_name_it_lists_what_can_be_drawn(shell: Shell) -> None:
    rows = shell("draw", "crossbar4", "--json").succeeds().json
    assert {row["drawing"] for row in rows} == DRAWINGS
    assert all(row["shows"] for row in rows)


@pytest.mark.parametrize(
    ("drawing", "shown"),
    [
        ("crossbar", ["Rop1", "Rop2", "Rop3", "in4"]),
        ("bitcell", ["Rop4", "Rop5", "Rop6", "Rop7", "MPot"]),
        ("potentiation", ["MPre_pot", "Cpot"]),
        ("neuron", ["MWR", "XREF"]),
        ("coding", ["t_max"]),
        ("timing", ["IW", "LW"]),
    ],
)
def test_each_drawing_is_svg_with_its_names_in_it(shell: Shell, drawing: str, shown: list[str]) -> None:
    shell("draw", "crossbar4", drawing, "-o", "my drawing.svg").succeeds()
    text = (shell.folder / "my drawing.svg").read_text()
    assert xml.fromstring(text).tag.endswith("svg")
    words = "".join(xml.fromstring(text).itertext())
    assert all(name in words for name in shown)
    assert shell("draw", "crossbar4", drawing).succeeds().out == text


def test_sites_can_be_left_out(shell: Shell) -> None:
    assert "Rop4" not in shell("draw", "crossbar4", "bitcell", "--no-sites").succeeds().out


def test_a_drawing_that_is_not_there_names_the_nearest(shell: Shell) -> None:
    shell("draw", "crossbar4", "bitcel").fails_with(2, "no drawing 'bitcel'", "did you mean bitcell?")


def test_a_place_that_cannot_be_written_is_said(shell: Shell) -> None:
    shell("draw", "crossbar4", "timing", "-o", "no such folder/x.svg").fails_with(1, "cannot be written")
