"""shmoo: maps as text, JSON, table and pictures; with SPICE alone the same map; what cannot be mapped is refused."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from faultsim.cli.request import Request
from faultsim.cli.shmoo import Wanted, run
from faultsim.errors import SpecError, UsageError
from tests.cli.conftest import Shell, edit, stored_transients

GRID = ("--iw", "0.8n:2n:3", "--lw", "3n:5n:3")
FAULTY = ("--defect", "Rop1", "--ohm", "5k")
HOSTILE = "my $map_1$ <a> & %s"


def with_circuits(folder: Path) -> Shell:
    """Return a shell in whose folder a circuit takes two coding windows, and nearly no rest before them."""
    shell = Shell(folder / "my work")
    sidecar = shell.copy_circuits()
    edit(sidecar, 'start = "10n"', 'start = "1n"')
    edit(sidecar.with_name("crossbar4-lif.toml"), "pulses = 5", "pulses = 2")
    return shell


@dataclass(frozen=True)
class Mapped:
    """One map asked for twice in a folder with run folders: for people, and for scripts.

    Attributes:
        talk: What was printed for people.
        maps: The same as JSON.
        transients: How many were stored after the first, and after the second.
    """

    shell: Shell
    talk: str
    maps: list[dict[str, Any]]
    transients: tuple[int, int]

    def texts(self, name: str) -> set[str]:
        root = ElementTree.fromstring((self.shell.folder / name).read_bytes())
        assert root.tag.endswith("svg")
        return {"".join(element.itertext()) for element in root.iter() if element.tag.endswith("text")}


@pytest.fixture(scope="module")
def mapped(tmp_path_factory: pytest.TempPathFactory) -> Mapped:
    shell = with_circuits(tmp_path_factory.mktemp("mapped"))
    store = shell.folder / "runs" / "store.sqlite"
    store.parent.mkdir()
    words = ("shmoo", "crossbar4-lif", *FAULTY, *GRID)
    talk = shell(*words, "--csv", f"{HOSTILE}.csv", "--plot", f"{HOSTILE}.svg").succeeds()
    first = stored_transients(store)
    again = shell(*words, "--json", "--plot", f"{HOSTILE}.PNG", "--jobs", "1").succeeds()
    return Mapped(shell, talk.out, again.json, (first, stored_transients(store)))


def test_the_json_has_a_map_and_two_boundaries_of_each_circuit(mapped: Mapped) -> None:
    assert [found["circuit"] for found in mapped.maps] == ["fault-free", "Rop1 5 kohm"]
    for found in mapped.maps:
        assert found["integrate_window_s"] == pytest.approx([0.8e-9, 1.4e-9, 2e-9])
        assert found["leaky_window_s"] == pytest.approx([3e-9, 4e-9, 5e-9])
        assert found["first_spike"] == [[0] * 3, [2] * 3, [1] * 3]
        assert (found["in_spice"], found["reason"]) == (0, "")
    healthy, faulty = mapped.maps
    # What an open takes of the current an integrate window has to make up for.
    edges = [found["smallest_integrate"] for found in (healthy, faulty)]
    assert all(edge["monotone"] and edge["changes"] == 1 and edge["width_s"] < 1e-13 for edge in edges)
    assert edges[0]["at_s"] == pytest.approx(0.93e-9, rel=0.01)
    assert 1.02 < edges[1]["at_s"] / edges[0]["at_s"] < 1.1
    nowhere = {
        "at_s": None,
        "first_change_s": None,
        "width_s": 0.0,
        "changes": 0,
        "spikes_first": True,
        "monotone": True,
        "integrate_window_s": 1e-9,
    }
    assert healthy["largest_leaky"] == nowhere
    assert edges[0]["leaky_window_s"] == pytest.approx(3e-9)
    assert [(found["defect_id"], found["severity"], found["unit"]) for found in mapped.maps] == [
        (None, None, None),
        ("Rop1", 5e3, "ohm"),
    ]
    assert {(found["pattern"], found["pulses"], found["vdd_v"]) for found in mapped.maps} == {("1111", 2, 1.1)}
    assert faulty["largest_leaky"]["at_s"] == pytest.approx(3.46e-9, rel=0.02)


def test_people_are_told_the_same(mapped: Mapped) -> None:
    lines = mapped.talk.splitlines()
    assert len(lines) == 16
    assert lines[0] == "fault-free: spikes at 66.7% of the windows"
    assert [line.split() for line in lines[1:4]] == [["5", "ns", ".21"], ["4", "ns", ".21"], ["3", "ns", ".21"]]
    assert lines[4].split() == ["LW", "0.8", "ns", "...", "IW", "...", "2", "ns"]
    at_s = mapped.maps[0]["smallest_integrate"]["at_s"]
    assert lines[5].strip() == "1 first spike on pulse 1, . none"
    assert lines[6].endswith(f"at LW 3 ns: {at_s * 1e12:.1f} ps")
    assert lines[7].endswith("at IW 1 ns: it spikes all the way from 3 ns to 5 ns")
    assert lines[8] == "Rop1 5 kohm: spikes at 66.7% of the windows"
    at_s = mapped.maps[1]["largest_leaky"]["at_s"]
    assert lines[15].endswith(f"at IW 1 ns: {at_s * 1e9:.3f} ns")


def test_the_table_has_every_pair_of_windows_of_both(mapped: Mapped) -> None:
    with (mapped.shell.folder / f"{HOSTILE}.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    healthy, faulty = mapped.maps
    pairs = [(iw, lw) for iw in healthy["integrate_window_s"] for lw in healthy["leaky_window_s"]]
    assert [(float(row["integrate_window_s"]), float(row["leaky_window_s"])) for row in rows] == [
        pytest.approx(pair) for pair in pairs
    ]
    for column, found in (("fault_free", healthy), ("faulty", faulty)):
        assert [int(row[f"{column}_first_spike"]) for row in rows] == [
            pulse for line in found["first_spike"] for pulse in line
        ]
        assert {row[f"{column}_in_spice"].lower() for row in rows} == {"false"}


def test_the_picture_is_xml_and_names_axes_circuits_and_pulses(mapped: Mapped) -> None:
    written = mapped.texts(f"{HOSTILE}.svg")
    assert {"integrate window (ns)", "leaky window (ns)", "fault-free", "Rop1 5 kohm"} <= written
    assert {"no spike in 2", "pulse 1", "pulse 2", "windows of the stimulus"} <= written
    assert "crossbar4-lif, input 1111, 1.1 V, 27 C" in written


def test_a_png_is_one_whatever_the_case_of_its_ending(mapped: Mapped) -> None:
    assert (mapped.shell.folder / f"{HOSTILE}.PNG").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


def test_the_store_of_the_run_folders_is_used_and_answers_the_second_time(mapped: Mapped) -> None:
    first, second = mapped.transients
    assert first > 0
    assert first == second
    names = {path.name for path in mapped.shell.folder.iterdir()}
    assert names == {"circuits", "runs", *(f"{HOSTILE}.{ending}" for ending in ("csv", "svg", "PNG"))}
    assert all(path.name.startswith("store.sqlite") for path in (mapped.shell.folder / "runs").iterdir())


def test_spice_alone_gives_the_same_map_and_keeps_what_it_has_simulated(mapped: Mapped, tmp_path: Path) -> None:
    shell = with_circuits(tmp_path)
    [found] = (
        shell("shmoo", "crossbar4-lif", "--iw", "0.8n:2n:2", "--lw", "3n:5n:2", "--spice", "--json").succeeds().json
    )
    assert {path.name for path in shell.folder.iterdir()} == {"circuits", "runs"}
    assert stored_transients(shell.folder / "runs" / "store.sqlite") >= 4
    twin = mapped.maps[0]
    assert found["first_spike"] == [line[::2] for line in twin["first_spike"][::2]] == [[0, 0], [1, 1]]
    assert (found["in_spice"], found["reason"]) == (4, "asked for")
    edge = found["smallest_integrate"]
    assert (edge["changes"], edge["monotone"]) == (1, True)
    assert abs(edge["at_s"] - twin["smallest_integrate"]["at_s"]) <= edge["width_s"] / 2
    assert found["largest_leaky"] == twin["largest_leaky"]


def test_a_refusal_comes_before_anything_is_simulated_or_written(shell: Shell) -> None:
    done = shell("shmoo", "crossbar4-lif", "--defect", "Rop11", "--plot", "map.svg")
    done.fails_with(2, "crossbar4-lif has no defect 'Rop11' (did you mean Rop1")
    assert list(shell.folder.iterdir()) == []


def ask(iw: str | None = None, lw: str | None = None, plot: str | None = None, **asked: Any) -> None:
    """Ask for a map that is refused before anything is simulated."""
    options = dict.fromkeys(("defect", "ohm", "pattern", "iw", "lw", "pulses", "delay", "vdd", "temperature"))
    request = Request(**{"circuit": "crossbar4-lif", "weights": "", "program": "", **options, **asked})
    run(request, Wanted(iw, lw, Path(plot) if plot else None, None, False, 1), json=False)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        *((text, "takes A:B:N") for text in ("1n", "1n:2n", "1n:2n:3:4", "1n:2n:", "1n:2n:x", "1n:2n:-3", "", "::")),
        *((text, "with N up to 1000") for text in ("1n:2n:0", "1n:2n:1001", "1n:2n:2.5", "1n:2n:1e3", "1n:2n:²")),
        *((text, "A is below B, and N is 1") for text in ("2n:1n:3", "1n:1n:3", "1n:2n:1")),
        *((text, "is not a quantity") for text in ("a:2n:3", ":2n:3", "nan:2n:3", "1n:inf:3")),
        *((text, "has to be above zero") for text in ("0:2n:3", "-1n:2n:3", "1n:1e999:3")),
    ],
)
@pytest.mark.parametrize("option", ["iw", "lw"])
def test_a_range_that_is_none_is_refused(option: str, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=f"--{option}.*{said}"):
        ask(**{option: text})


@pytest.mark.parametrize(
    ("iw", "lw", "said"),
    [
        ("1n:2n:3", "0.3n:9n:3", "the strobe into the leaky window"),
        ("20p:2n:3", None, "edge has to be shorter than the integrate window"),
    ],
)
def test_windows_into_which_what_happens_does_not_fit_are_refused(iw: str, lw: str | None, said: str) -> None:
    with pytest.raises(SpecError, match=f"--iw, --lw: .*{said}"):
        ask(iw, lw)


@pytest.mark.parametrize("name", ["map", "map.jpg", "svg", ".svg", "map.svg.gz"])
def test_a_picture_of_another_kind_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match=f"--plot {name}: maps are SVG or PNG"):
        ask(plot=name)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"ohm": "20k"}, "--ohm, --severity needs --defect"),
        ({"defect": "nothing"}, "has no defect 'nothing'"),
        ({"defect": "xneuron.xmtj:pinhol"}, "did you mean xneuron.xmtj:pinhole"),
        ({"defect": "Rop1", "ohm": "many"}, "--ohm, --severity: 'many' is not a quantity"),
        ({"defect": "Rop1", "ohm": "-5"}, "--ohm, --severity -5: has to be above zero"),
        ({"defect": "xneuron.xmtj:pinhole", "ohm": "3"}, "xneuron.xmtj:pinhole: a severity of .* is outside of"),
        ({"circuit": "crossbar4-lift"}, "no circuit named 'crossbar4-lift'.*did you mean crossbar4-lif"),
    ],
)
def test_a_defect_or_severity_that_there_is_not_is_refused(asked: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        ask(**asked)
