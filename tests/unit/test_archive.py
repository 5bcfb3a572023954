"""The transients behind a run's results are found by defect, by side, by severity and by key; nothing is simulated."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from faultsim.campaigns import spec
from faultsim.campaigns.archive import Archive
from faultsim.campaigns.evidence import Vault
from faultsim.campaigns.gates import setting_row
from faultsim.campaigns.lab import Lab
from faultsim.campaigns.ledger import Item, Ledger
from faultsim.campaigns.narrowing import Narrowing
from faultsim.campaigns.plan import Plan, Setting, ThresholdTask, make_plan
from faultsim.campaigns.portrait import Side
from faultsim.campaigns.question import Question
from faultsim.campaigns.results import WHOLE, ThresholdRow
from faultsim.campaigns.stage import labs_of
from faultsim.errors import StorageError, UsageError
from faultsim.spice.job import Outcome, Status, Trace
from faultsim.spice.recorded import Recorded
from faultsim.spice.service import SimulationService
from faultsim.spice.store import Store

LEAD, EQUAL, OTHER = "xcell1.ma2.g-s:short", "in1~bl:bridge", "in2~bl:bridge"
SPIKES = Outcome(Status.OK, {"spiked": True, "pulses_to_spike": 3, "im_wr_a": 1e-4}, 100)
SILENT = Outcome(Status.OK, {"spiked": False, "pulses_to_spike": None, "im_wr_a": 8e-5}, 100)


@pytest.fixture(scope="module")
def plan() -> Plan:
    """Of bridges4, on a coarse grid, two bridges and a short that is the same circuit as one of them."""
    path, campaign = spec.load("bridges4")
    campaign = campaign.model_copy(update={"search": campaign.search.model_copy(update={"ratio": 2.0})})
    found = make_plan(path, campaign)
    kept = tuple(defect for defect in found.defects if defect.id in (LEAD, EQUAL, OTHER))
    return replace(found, defects=kept)


class Book:
    """A run folder that is written by hand: results, and the transients that they rest on."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        self.plan = plan
        self.folder = folder
        self.ledger, self.store = Ledger(folder / "campaign.sqlite"), Store(folder / "store.sqlite")
        self.service = SimulationService(Recorded("ngspice-0"), self.store)
        lab = Lab(plan.network, self.service, plan.network.sidecar.simulation, plan.observables)
        self.archive = Archive(plan, Vault(labs_of(plan, lab), self.ledger, self.store, "faultsim run again"))
        self.lab = self.archive.vault.labs.whole
        self.written: list[tuple[Item, Any, list[str]]] = []

    def ran(self, question: Question, outcome: Outcome) -> str:
        key = self.service.key(self.lab.job(question))
        self.store.put(key, Trace(outcome, {}))
        return key

    def lose(self, key: str) -> None:
        """Take a transient out of the store."""
        with closing(sqlite3.connect(self.folder / "store.sqlite")) as connection, connection:
            assert connection.execute("DELETE FROM transient WHERE key = ?", (key,)).rowcount == 1

    def finish(self, stage: str, title: str, result: Any, keys: Sequence[str]) -> None:
        """Write a result down, with those before it."""
        self.written.append((Item(stage, title, ""), result, list(keys)))
        self.ledger.plan([item for item, _, _ in self.written], {"only": "*"})
        for one in self.written:
            self.ledger.finish(*one)

    def threshold(
        self, identity: str, setting: Setting, sides: tuple[int | None, int | None], **more: Any
    ) -> list[str]:
        """Write a threshold down with its fault-free transient, its sides and the severest; return their keys."""
        task = ThresholdTask(self.plan.known[identity], setting)
        grid = self.plan.grid(task.defect)
        probed = [*(side for side in sides if side is not None), len(grid) - 1]
        keys = [self.ran(setting.healthy, SPIKES)]
        keys += [self.ran(task.question(grid[index]), SPIKES if index == sides[0] else SILENT) for index in probed]
        ends = [None if side is None else grid[side] for side in sides]
        row = blank(task, *ends)
        self.finish("thresholds", task.id, {**asdict(row), "landmark": None, **more}, keys)
        return keys


def blank(task: ThresholdTask, passes_at: float | None, fails_at: float | None) -> ThresholdRow:
    setting, spec = task.setting, task.setting.stimulus.spec
    test, window, vdd_v, temperature_c, corner = setting.key
    return ThresholdRow(
        circuit="crossbar4",
        defect_id=task.defect.id,
        kind=task.defect.definition.kind,
        location=task.defect.location,
        test=test,
        window=window,
        observable=setting.observable,
        corner=corner,
        vdd_v=vdd_v,
        temperature_c=temperature_c,
        weights="",
        program="",
        pattern=setting.stimulus.pattern,
        integrate_window_s=spec.integrate,
        leaky_window_s=spec.leaky,
        pulses=spec.pulses,
        verdict="undetected" if fails_at is None else "detected",
        direction=task.defect.definition.severity.direction,
        unit=task.defect.unit,
        passes_at=passes_at,
        fails_at=fails_at,
        threshold=fails_at,
        r_pass_ohm=passes_at,
        r_fail_ohm=fails_at,
        threshold_ohm=fails_at,
        crossings=0,
        transients=3,
        network=WHOLE,
        reason="",
    )


@pytest.fixture
def book(tmp_path: Path, plan: Plan) -> Iterator[Book]:
    written = Book(tmp_path, plan)
    with closing(written.ledger), written.service:
        yield written


@pytest.fixture
def settings(plan: Plan) -> list[Setting]:
    """The windows of a test."""
    return Narrowing(test="inference").of(plan.settings)


def test_of_several_settings_the_one_that_sees_a_bridge_at_the_largest_resistance_is_shown(
    book: Book, settings: list[Setting]
) -> None:
    first, second, third = settings
    book.threshold(OTHER, first, (9, 10))
    keys = book.threshold(OTHER, second, (4, 5))
    book.threshold(OTHER, third, (15, None))
    found = book.archive.of_defect(OTHER, settings, None)
    assert (found.origin.setting, found.key) == (second, keys[2])
    assert found.severity == book.plan.grid(book.plan.known[OTHER])[5]
    assert found.stored == SILENT
    assert found.verdict(SILENT, SPIKES) == "fail"
    assert book.archive.healthy(found).key == keys[0]
    assert book.archive.of_defect(OTHER, settings, Side.PASSES).key == keys[1]
    narrowed = book.archive.of_defect(OTHER, [third], None)
    assert narrowed.severity == book.plan.grid(book.plan.known[OTHER])[15]
    with pytest.raises(UsageError, match="not seen there"):
        book.archive.of_defect(OTHER, [third], Side.FAILS)


def test_a_defect_that_is_the_same_circuit_as_another_one_has_its_transient(
    book: Book, settings: list[Setting]
) -> None:
    keys = book.threshold(LEAD, settings[0], (9, 10))
    found = book.archive.of_defect(EQUAL, settings, None)
    assert (found.key, found.defect, book.archive.lead(EQUAL)) == (keys[2], book.plan.known[LEAD], LEAD)
    assert found.origin.row is not None
    assert f"the same circuit as {LEAD}" in found.origin.row.reason


def test_a_severity_in_four_digits_is_the_stored_one_and_another_one_is_new(
    book: Book, settings: list[Setting]
) -> None:
    keys = book.threshold(OTHER, settings[0], (9, 10))
    side = book.plan.grid(book.plan.known[OTHER])[10]
    assert book.archive.of_defect(OTHER, settings, float(f"{side:.4g}")).key == keys[2]
    new = book.archive.of_defect(OTHER, settings, side * 1.5)
    assert (new.stored, new.severity, new.key in keys) == (None, side * 1.5, False)


def test_of_an_open_verdict_the_transient_that_failed_is_shown(book: Book, settings: list[Setting]) -> None:
    keys = book.threshold(OTHER, settings[0], (9, 10), verdict="unknown", passes_at=None, fails_at=None, reason="why")
    with pytest.raises(UsageError, match=f"{OTHER}: why"):
        book.archive.of_defect(OTHER, settings, None)
    hung = Outcome(Status.TIMEOUT, log_tail="no end")
    grid = book.plan.grid(book.plan.known[OTHER])
    task = ThresholdTask(book.plan.known[OTHER], settings[0])
    book.lose(keys[2])
    assert book.ran(task.question(grid[10]), hung) == keys[2]
    found = book.archive.of_defect(OTHER, settings, None)
    assert (found.key, found.severity, found.stored) == (keys[2], grid[10], hung)
    assert found.verdict(hung, SPIKES) == "unknown"


def test_a_key_is_found_whichever_result_asked_for_it(book: Book, settings: list[Setting]) -> None:
    setting = settings[0]
    pattern = book.plan.baseline[0]
    own = book.ran(Question(pattern, book.plan.conditions[0]), SILENT)
    book.finish("baseline", pattern.pattern, {}, [own])
    keys = book.threshold(OTHER, setting, (9, 10))
    row = setting_row(book.plan, setting, SPIKES, WHOLE)
    book.finish("settings", "|".join(map(str, setting.key)), asdict(row), keys[:1])
    healthy, _, fails, severest = (book.archive.of_key(key) for key in keys)
    assert (healthy.defect, healthy.origin.setting, healthy.origin.row) == (None, setting, None)
    assert book.archive.of_healthy(setting).key == keys[0]
    grid = book.plan.grid(book.plan.known[OTHER])
    assert (fails.severity, severest.severity) == (grid[10], grid.severest)
    assert fails.origin.row is not None
    baseline = book.archive.of_key(own[:10])
    assert (baseline.origin.setting, baseline.origin.question.stimulus) == (None, pattern)
    assert baseline.verdict(SPIKES, SPIKES) is None
    with pytest.raises(UsageError, match="begins 5 keys") as caught:
        book.archive.of_key("")
    assert f"  {own[:12]}  baseline {pattern.pattern}\n" in f"{caught.value}\n"


def test_what_cannot_be_shown_says_why(book: Book, settings: list[Setting], plan: Plan) -> None:
    swept = book.ran(Question(plan.baseline[0], plan.conditions[0]), SPIKES)
    book.finish("currents", OTHER, {}, [swept])
    with pytest.raises(UsageError, match=f"{swept[:12]} is a transient of currents {OTHER}, which cannot be shown"):
        book.archive.of_key(swept)
    with pytest.raises(UsageError, match="its thresholds are not finished; faultsim run again"):
        book.archive.of_defect(OTHER, settings, None)
    elsewhere = [setting for setting in plan.settings if not setting.covers(OTHER)]
    with pytest.raises(UsageError, match="none of these tests looks at it; it is looked at in"):
        book.archive.of_defect(OTHER, elsewhere, None)
    mute = [asdict(setting_row(plan, setting, SILENT, WHOLE)) for setting in settings]
    for row in mute:
        book.finish("settings", f"{row['test']}|{row['window']}", {**row, "usable": False, "reason": "mute"}, [])
    with pytest.raises(UsageError, match="inference at original cannot be used: mute"):
        Archive(plan, book.archive.vault).of_defect(OTHER, settings, None)


def test_a_transient_that_the_store_has_lost_is_said_to_be(book: Book, settings: list[Setting]) -> None:
    keys = book.threshold(OTHER, settings[0], (9, 10))
    book.lose(keys[2])
    with pytest.raises(StorageError, match=f"no transient {keys[2][:12]} any more; faultsim run again"):
        book.archive.of_defect(OTHER, settings, None)
    with pytest.raises(UsageError, match="none that this run rests on"):
        book.archive.of_healthy(settings[1])


def test_an_option_that_leaves_no_setting_says_what_is_there(plan: Plan) -> None:
    assert Narrowing().of(plan.settings) == plan.settings
    assert {setting.window for setting in Narrowing(window="IW 1.2 ns", vdd_v=1.1).of(plan.settings)} == {"IW 1.2 ns"}
    with pytest.raises(UsageError, match=r"--window 'IW 1.3 ns'.*with --test 'inference'.*did you mean IW 1.2 ns"):
        Narrowing(test="inference", window="IW 1.3 ns").of(plan.settings)
    with pytest.raises(UsageError, match=r"--temperature '85'.*known: 27"):
        Narrowing(temperature_c=85.0).of(plan.settings)
