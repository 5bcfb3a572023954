"""simulate: one transient of the paper's crossbar, as numbers, table, CSV and picture."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.cli.conftest import Shell

PROMISED = {"spiked", "pulses_to_spike", "time_to_spike_s", "im_wr_a", "status"}
FULL_CURRENT_A = 108.44e-6  # Table III, input 1111
STROBES_S = (11.05e-9, 21.05e-9, 31.05e-9)
PROBES = {"in1", "in2", "in3", "in4", "rd", "out", "mz", "im_wr"}


Answers = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Twice:
    """The fault-free circuit simulated twice, once for a script and once for people."""

    folder: Path
    values: dict[str, Any]
    talk: str


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Twice:
    shell = Shell(tmp_path_factory.mktemp("healthy") / "my work")
    done = shell("simulate", "crossbar4", "--json", "--plot", "my waves.svg", "--csv", "my waves.csv").succeeds()
    again = shell("simulate", "crossbar4", "--pattern", "1111", "--plot", "again.svg").succeeds()
    assert done.err == again.err == ""
    return Twice(shell.folder, done.json, again.out)


QUESTIONS = {
    "three inputs": ("--pattern", "0111"),
    "break in the read path": ("--defect", "Rop3"),
    "break in the programming path": ("--defect", "Rop5", "--ohm", "1g"),
    "long integrate window": ("--iw", "2ns"),
    "short leaky window": ("--lw", "2n"),
    "two pulses": ("--pulses", "2"),
    "low supply": ("--vdd", "0.9"),
    "hot": ("--temperature", "85", "--pulses", "1"),
    "cold": ("--temperature", "-40", "--pulses", "1"),
}


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    shell = Shell(tmp_path_factory.mktemp("answers") / "my work")
    asked = {name: ("simulate", "crossbar4", "--json", *options) for name, options in QUESTIONS.items()}
    done = shell.together(asked.values())
    return {name: done[words].succeeds().json for name, words in asked.items()}


def test_the_fault_free_crossbar_spikes_on_the_third_pulse_with_the_published_current(healthy: Twice) -> None:
    values = healthy.values
    assert set(values) >= PROMISED
    assert values["status"] == "ok"
    assert values["spiked"] is True
    assert values["pulses_to_spike"] == 3
    assert 20e-9 < values["time_to_spike_s"] < 22e-9  # inside the third coding window's strobe
    assert values["im_wr_a"] == pytest.approx(FULL_CURRENT_A, rel=0.01)


def test_the_csv_holds_time_and_every_probe_as_plain_floats(healthy: Twice) -> None:
    with (healthy.folder / "my waves.csv").open(newline="") as file:
        header, *lines = list(csv.reader(file))
    assert header[0] == "time_s"
    assert set(header) >= PROBES
    rows = [dict(zip(header, map(float, line), strict=True)) for line in lines]
    times = [row["time_s"] for row in rows]
    assert len(times) == healthy.values["points"]
    assert times == sorted(times)
    assert times[-1] > 31e-9
    strobes = [max(row["out"] for row in rows if start < row["time_s"] < start + 0.3e-9) for start in STROBES_S]
    assert [level > 0.55 for level in strobes] == [False, False, True]
    middle = min(rows, key=lambda row: abs(row["time_s"] - 10.5e-9))
    assert middle["im_wr"] == pytest.approx(healthy.values["im_wr_a"], rel=1e-3)


def test_the_plot_is_xml_names_every_probe_and_is_the_same_bytes_twice(healthy: Twice) -> None:
    first = (healthy.folder / "my waves.svg").read_bytes()
    root = ElementTree.fromstring(first)
    assert root.tag.endswith("svg")
    text = " ".join("".join(element.itertext()) for element in root.iter() if element.tag.endswith("text"))
    assert all(name in text for name in ("crossbar4", "1111", "rd", "out", "mz", "im_wr"))
    assert (healthy.folder / "again.svg").read_bytes() == first


def test_the_talk_for_people_says_the_same_in_one_line(healthy: Twice) -> None:
    first, *rest = healthy.talk.splitlines()
    assert "spikes on pulse 3" in first
    assert "108.4 uA" in first
    assert f"im_wr_a = {healthy.values['im_wr_a']}" in rest


def test_three_of_four_inputs_stay_silent_at_three_quarters_of_the_current(answers: Answers) -> None:
    values = answers["three inputs"]
    assert (values["spiked"], values["pulses_to_spike"], values["time_to_spike_s"]) == (False, None, None)
    assert values["im_wr_a"] == pytest.approx(0.75 * FULL_CURRENT_A, rel=0.05)


def test_an_open_in_the_read_path_is_a_break_by_default_and_silences_the_neuron(answers: Answers) -> None:
    values = answers["break in the read path"]
    assert values["spiked"] is False
    assert values["im_wr_a"] == pytest.approx(FULL_CURRENT_A / 4, rel=0.05)


def test_an_open_in_the_programming_path_changes_nothing_that_inference_sees(answers: Answers) -> None:
    values = answers["break in the programming path"]
    assert values["pulses_to_spike"] == 3
    assert values["im_wr_a"] == pytest.approx(FULL_CURRENT_A, rel=0.01)


@pytest.mark.parametrize(
    ("question", "pulse"),
    [("long integrate window", 2), ("short leaky window", None), ("two pulses", None), ("low supply", None)],
)
def test_windows_pulses_and_supply_decide_when_the_neuron_spikes(
    answers: Answers, question: str, pulse: int | None
) -> None:
    values = answers[question]
    assert values["pulses_to_spike"] == pulse
    assert values["spiked"] is (pulse is not None)


def test_windows_leave_the_current_as_it_is_and_supply_and_temperature_change_it(answers: Answers) -> None:
    current = {question: values["im_wr_a"] / FULL_CURRENT_A for question, values in answers.items()}
    for question in ("long integrate window", "short leaky window", "two pulses"):
        assert current[question] == pytest.approx(1, abs=0.01)
    assert current["low supply"] < 0.75
    assert current["hot"] < 0.97 < 1.03 < current["cold"]


@pytest.mark.parametrize("option", ["--plot", "--csv"])
def test_a_file_that_cannot_be_written_is_named(shell: Shell, option: str) -> None:
    shell.write("file", "")
    done = shell("simulate", "crossbar4", "--pulses", "1", option, "file/below.svg")
    assert done.code not in (0, 6)
    assert "Traceback" not in done.err
    assert "file/below.svg: cannot be written" in done.err


@pytest.mark.parametrize("verb", ["simulate", "inject"])
@pytest.mark.parametrize("severity", ["3", "1n"])
def test_a_severity_that_a_defect_s_own_range_does_not_have_is_refused(verb: str, severity: str, shell: Shell) -> None:
    words = (
        ["crossbar4", "--defect", "xcell1.xmtj:pinhole"] if verb == "simulate" else ["crossbar4", "xcell1.xmtj:pinhole"]
    )
    done = shell(verb, *words, "--severity", severity)
    done.fails_with(2, "xcell1.xmtj:pinhole: a severity of", "is outside of 1e-06 of area to 0.5 of area")


def test_symbols_may_be_written_as_repeats(shell: Shell) -> None:
    long, short = (shell("simulate", "crossbar4", "--pattern", text, "--json").succeeds() for text in ("1110", "1{3}0"))
    assert long.json == short.json
    shell("simulate", "crossbar4", "--pattern", "1{5}").fails_with(3, "11111", "4 symbols")
