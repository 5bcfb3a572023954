"""Everything that is wrong with a file is said at once, with its line, its key, its value and what is allowed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from faultsim import library
from faultsim.campaigns.spec import CampaignSpec, SearchSpec
from faultsim.circuits.sidecar import Sidecar
from faultsim.errors import SpecError
from faultsim.fault_models.definition import DefectDefinition
from faultsim.reports.published import PublishedSpec
from faultsim.specfile import Spec, check_table, read_spec, read_table

FILES: dict[type[Spec], str] = {
    CampaignSpec: "campaigns/lats2024.toml",
    PublishedSpec: "campaigns/published/lats2024.toml",
    Sidecar: "circuits/networks/crossbar4.toml",
    DefectDefinition: "fault_models/defects/open.toml",
}
Edits = dict[str, str]


def written(folder: Path, model: type[Spec], edits: Edits) -> Path:
    """Copy the library's own file of a model; each edit replaces the first match of a pattern."""
    text = (library.root() / FILES[model]).read_text()
    for pattern, replacement in edits.items():
        text, count = re.subn(f"(?m){pattern}", replacement, text, count=1)
        assert count == 1, f"{FILES[model]} has nothing like {pattern}"
    path = folder / "broken.toml"
    path.write_text(text)
    return path


def problems(path: Path, model: type[Spec]) -> list[str]:
    with pytest.raises(SpecError) as refused:
        read_spec(path, model)
    return str(refused.value).splitlines()


def line(path: Path, marker: str) -> int:
    """Return the number of the first line with a marker that only the broken text has."""
    return next(number for number, text in enumerate(path.read_text().splitlines(), start=1) if marker in text)


@pytest.mark.parametrize("model", FILES)
def test_the_library_s_own_file_is_valid(model: type[Spec]) -> None:
    read_spec(library.root() / FILES[model], model)


@pytest.mark.parametrize("model", FILES)
def test_a_missing_key_is_named(model: type[Spec], tmp_path: Path) -> None:
    path = written(tmp_path, model, {"^title = .*\n": ""})
    assert problems(path, model) == [f"{path}: title: is missing"]


@pytest.mark.parametrize("model", FILES)
def test_an_unknown_key_is_named_with_its_line_and_what_was_meant(model: type[Spec], tmp_path: Path) -> None:
    path = written(tmp_path, model, {"^title = ": "titel = "})
    missing, unknown = problems(path, model)
    assert missing == f"{path}: title: is missing"
    assert unknown.startswith(f"{path}:1: titel: unknown key (did you mean title")


@pytest.mark.parametrize(
    ("model", "edits", "expected"),
    [
        (CampaignSpec, {"^ratio = .*": "ratio = 0.5"}, "search.ratio: 0.5: Input should be greater than 1"),
        (CampaignSpec, {"^low = .*": 'low = "10q!"'}, "search.low: '10q!': '10q!' is not a quantity; write a number"),
        (CampaignSpec, {"^kind = .*": "kind = 7"}, "defects.0.kind: 7: Input should be a valid string"),
        (
            Sidecar,
            {'^role = "source"': 'role = "src"'},
            "ports.4.role: 'src': Input should be 'supply', 'input', 'read'",
        ),
        (Sidecar, {"^step = .*": "step = -1.0"}, "simulation.step: -1.0: Input should be greater than 0"),
        (Sidecar, {'method = "trap"': 'method = "trp"'}, "simulation.options.method: 'trp': Input should be 'trap'"),
        (Sidecar, {"i_max = 2": "i_max = 0"}, "stimulus.coding.i_max: 0: Input should be greater than 0"),
        (Sidecar, {"^pulses = .*": "pulses = 1.5"}, "stimulus.pulses: 1.5: Input should be a valid integer"),
        (
            DefectDefinition,
            {'^kind = "open"': 'kind = "opn"'},
            "kind: 'opn': Input should be 'open', 'bridge', 'short'",
        ),
        (DefectDefinition, {"^low = .*": "low = true"}, "severity.low: True: True is not a quantity; write a number"),
        (PublishedSpec, {"^tolerance = .*": "tolerance = 0"}, "values.0.tolerance: 0: Input should be greater than 0"),
    ],
)
def test_a_value_that_does_not_fit_is_shown_with_its_line_and_what_is_allowed(
    model: type[Spec], edits: Edits, expected: str, tmp_path: Path
) -> None:
    path = written(tmp_path, model, edits)
    where = f"{path}:{line(path, next(iter(edits.values())))}: "
    assert any(problem.startswith(where + expected) for problem in problems(path, model))


@pytest.mark.parametrize(
    ("model", "edits", "expected"),
    [
        (CampaignSpec, {"^low = .*": 'low = "2g"'}, "search: low has to be below high"),
        (Sidecar, {"^driver_ohm = .*\n": ""}, "ports.1: driver_ohm belongs to role input, and has to be stated there"),
        (Sidecar, {"^leaky = .*": 'leaky = "0.1n"'}, "stimulus: the read pulse has to fit into the strobe"),
        (Sidecar, {"^edge = .*": 'edge = "1u"'}, "stimulus: "),
        (
            Sidecar,
            {"intensity = {": "intensity = { grey = 3,"},
            "stimulus.coding: symbol 'grey' has to be one character",
        ),
        (Sidecar, {"intensity = {": "intensity = { k = 3,"}, "stimulus.coding: intensity 3 of 'k' is outside 0..2"),
        (Sidecar, {"^terminal = .*\n": ""}, "sites.Rop4: give wire and after, or device and terminal, or window"),
        (DefectDefinition, {"{far}": "{near}"}, "edit: elements have to use {near}, {far} and {severity}"),
        (DefectDefinition, {"{severity}": "{1/(severity-10)}"}, "rfault has no value at a severity of 10: {1/(s"),
        (DefectDefinition, {"^default = .*": "default = 1"}, "severity: low < high, and default between them"),
        (PublishedSpec, {"^tolerance = .*\n": ""}, "values.0: a published value needs one of tolerance and absolute"),
        (PublishedSpec, {"^published = .*\n": ""}, "values.0: give either published or verdict"),
        (PublishedSpec, {"^published = .*": "published = [-1, 1]"}, "values.0: a range with zero in it needs absolute"),
        (PublishedSpec, {", column = [^ ]* ": " "}, "values.0.source: give baseline and column, or defect and"),
    ],
)
def test_parts_of_a_table_that_contradict_each_other_are_named_with_the_table(
    model: type[Spec], edits: Edits, expected: str, tmp_path: Path
) -> None:
    path = written(tmp_path, model, edits)
    (problem,) = problems(path, model)
    assert re.sub(r"^(.*?):\d+: ", r"\1: ", problem).startswith(f"{path}: {expected}")
    assert "{'" not in problem


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        ({"im_wr_a": "im_wr"}, "values.0.source.column: 'im_wr': Input should be 'im_wr_a', 'spiked' or 'pulses_to_"),
        ({r"^published = \[": "published = [1, "}, "values.0.published: "),
        (
            {r"^published = .*": "published = [2, 1]"},
            "values.0.published: [2, 1]: the lower end of a range comes first",
        ),
    ],
)
def test_a_published_value_that_nothing_can_be_compared_with_is_refused_before_the_run(
    edits: Edits, expected: str, tmp_path: Path
) -> None:
    path = written(tmp_path, PublishedSpec, edits)
    assert any(expected in problem for problem in problems(path, PublishedSpec))


def test_all_that_is_wrong_with_a_sidecar_is_said_at_once(tmp_path: Path) -> None:
    edits = {
        "^title = ": "titel = ",
        '^role = "source"': 'role = "src"',
        "^edge = .*": 'edge = "20 p"',
        "^net = ": "nett = ",
    }
    path = written(tmp_path, Sidecar, edits)
    found = problems(path, Sidecar)
    assert [re.sub(r"^.*?broken\.toml(:\d+)?: ", "", problem).split(":")[0] for problem in found] == [
        "title",
        "ports.4.role",
        "stimulus.edge",
        "wires.bl.net",
        "wires.bl.nett",
        "titel",
    ]


def test_names_that_a_campaign_gets_wrong_are_said_at_once(tmp_path: Path) -> None:
    edits = {r"^windows = \[": 'windows = ["wide", ', r"^name = \"IW.*\"": 'name = "original"'}
    (problem,) = problems(written(tmp_path, CampaignSpec, edits), CampaignSpec)
    assert "two windows have the same name; test 'inference' names unknown windows ['wide'" in problem


WINDOWS = """\
title = "t"
circuit = "c"
[[windows]]
name = "a"
integrate = "1n"
leaky = "9n"
[[windows]]
name = "b"
integrate = "1 n"
leeky = "9n"
[[windows]]
name = "c"
integrate = "1n"
leaky = -1
[search]
low = 1
high = 2
ratio = 1.01
[[defects]]
kind = "open"
sites = []
[[tests]]
name = "x"
pattern = "1"
windows = ["a"]
observable = "spiked"
limits = { relativ = 0.1 }
"""


def test_lines_are_those_of_the_array_element_that_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text(WINDOWS)
    found = [problem.removeprefix(f"{path}:") for problem in problems(path, CampaignSpec)]
    assert [": ".join(problem.split(": ")[:2]) for problem in found] == [
        "9: windows.1.integrate",
        "7: windows.1.leaky",
        "10: windows.1.leeky",
        "14: windows.2.leaky",
        "21: defects.0.sites",
        "27: tests.0.limits.relative",
        "27: tests.0.limits.relativ",
    ]
    assert found[2].endswith("unknown key (did you mean leaky?)")
    assert found[6].endswith("unknown key (did you mean relative?)")


def test_keys_of_nested_arrays_and_named_tables_are_found(tmp_path: Path) -> None:
    text = """\
title = "t"
values = []
[[contradictions]]
id = "1"
text = ""
[[contradictions.readings]]
name = "first"
values = [{ defect = "d", window = "w", published = [1, 2] }]
[[contradictions]]
id = "2"
text = ""
[[contradictions.readings]]
name = "first"
values = []
[[contradictions.readings]]
nam = "second"
values = [
  { defect = "d", window = "w", published = [2, 1] },
]
"""
    path = tmp_path / "p.toml"
    path.write_text(text)
    assert [problem.split(": ")[0] for problem in problems(path, PublishedSpec)] == [
        f"{path}:14",
        f"{path}:15",
        f"{path}:17",
        f"{path}:16",
    ]


def test_a_key_of_a_merged_table_is_found_where_it_stands_deeper_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text('[other]\nlow = 1\n[search]\nlow = 2\nhihg = "1g"\n')
    with pytest.raises(SpecError) as refused:
        check_table({"low": 0, "hihg": "1g"}, SearchSpec, path)
    found = str(refused.value).splitlines()
    assert f"{path}:5: hihg: unknown key (did you mean high?)" in found
    assert f"{path}: low: 0.0: Input should be greater than 0" in found


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"title = \n", "not valid TOML: "), (b"title = 'caf\xe9'\n", "cannot be read: ")],
)
def test_what_is_not_toml_is_refused(content: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "broken.toml"
    path.write_bytes(content)
    with pytest.raises(SpecError) as refused:
        read_table(path)
    assert str(refused.value).startswith(f"{path}: {reason}")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"none\.toml: cannot be read: "):
        read_table(tmp_path / "none.toml")
