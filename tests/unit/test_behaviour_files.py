"""Behaviour files: what is refused in them, what their conditions mean, and what each of the library's is said of."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faultsim import library
from faultsim.campaigns import spec as campaign_spec
from faultsim.campaigns.calling import Seen, behaviour_rows
from faultsim.campaigns.examiner import Signature
from faultsim.campaigns.plan import Plan, make_plan
from faultsim.campaigns.results import BehaviourRow, ToleranceRow
from faultsim.campaigns.tolerance import NOMINAL
from faultsim.errors import SpecError
from faultsim.fault_models.behaviour import (
    QUANTITIES,
    Band,
    Behaviours,
    BehaviourSpec,
    ConditionSpec,
    Quantity,
    load_behaviour,
    load_behaviours,
)
from tests.cli.conftest import Shell

HEAD = 'title = "T"\nabout = "a"\nbecause = "b"\norder = 5\n'
GOOD: dict[str, Quantity] = {
    "integration_gain": 1.0,
    "leak_retention": 1.0,
    "phase_advance_rad": 0.0,
    "level_shift": 0.0,
    "spikes_at_any_state": False,
    "spikes_at_no_state": False,
    "integrate_ratio": 1.0,
    "leak_ratio": 1.0,
    "spikes_anywhere": True,
    "spikes_when_driven": True,
    "spikes_when_silent": False,
    "weakest_synapse": 1.0,
    "switched_synapse": 1.0,
}
BANDS = {
    "integration_gain": Band(0.8, 1.2),
    "leak_retention": Band(0.9, 1.1),
    "phase_advance_rad": Band(-0.05, 0.05),
    "level_shift": Band(-0.1, 0.1),
    "integrate_ratio": Band(0.7, 1.4),
    "leak_ratio": Band(0.6, 1.5),
}
LEAKS = {"Slow-to-Leak", "Fast-to-Leak"}


def condition(text: str, view: str = "simulator") -> str:
    """Return a behaviour file with one condition, on line 6."""
    return f"{HEAD}[{view}]\nall = [ {{ {text} }} ]\n"


WRONG = [
    pytest.param(
        condition('quantity = "level_shift", above = 0.1', "tester"),
        ": tester: only a simulator sees level_shift; a tester sees integrate_ratio, leak_ratio, ",
        id="a tester who sees too much",
    ),
    pytest.param(
        HEAD.replace('"T"', '"A + B"') + "otherwise = true\n",
        ": title 'A + B': '+' stands between the names of a combination",
        id="a title of two",
    ),
    pytest.param(
        condition('quantity = "integration_gian", band = "below"'),
        ":6: simulator.all.0: no quantity 'integration_gian' (did you mean integration_gain",
        id="misspelt quantity",
    ),
    pytest.param(
        condition('quantity = "colour", band = "below"', "tester"),
        ":6: tester.all.0: no quantity 'colour' (known: integrate_ratio, integration_gain, ",
        id="unknown quantity",
    ),
    pytest.param(
        condition('quantity = "leak_ratio", below = 0.5, above = 2'),
        ":6: simulator.all.0: leak_ratio takes one of band, below, above",
        id="two conditions",
    ),
    pytest.param(
        condition('quantity = "leak_ratio", band = "below", equals = true'),
        ":6: simulator.all.0: leak_ratio takes one of band, below, above",
        id="band and truth",
    ),
    pytest.param(
        condition('quantity = "leak_ratio", equals = true'),
        ":6: simulator.all.0: leak_ratio takes one of band, below, above",
        id="truth of a number",
    ),
    pytest.param(
        condition('quantity = "weakest_synapse", band = "below"'),
        ":6: simulator.all.0: weakest_synapse takes one of below, above",
        id="a band that there is not",
    ),
    pytest.param(
        condition('quantity = "spikes_when_silent", above = 0'),
        ":6: simulator.all.0: spikes_when_silent takes equals",
        id="number of a truth",
    ),
    pytest.param(
        condition('quantity = "leak_ratio"'),
        ":6: simulator.all.0: leak_ratio takes one of band, below, above",
        id="no condition",
    ),
    pytest.param(
        condition('quantity = "leak_ratio", band = "beneath"', "tester"),
        ":6: tester.all.0.band: 'beneath': Input should be 'below', 'inside', 'above' or 'outside'",
        id="unknown side",
    ),
    pytest.param(
        condition('quantity = "leak_ratio", below = "little"'),
        ":6: simulator.all.0.below: 'little': Input should be a valid number",
        id="no number",
    ),
    pytest.param(
        condition('quantiy = "leak_ratio", band = "below"'),
        ":6: simulator.all.0.quantiy: unknown key (did you mean quantity?)",
        id="misspelt key",
    ),
    pytest.param(
        HEAD + '[simulator]\nal = [ { quantity = "leak_ratio", below = 1 } ]\n',
        ":6: simulator.al: unknown key (did you mean all?)",
        id="misspelt list",
    ),
    pytest.param(HEAD + "[tester]\nany = []\n", ":5: tester: give conditions: all, any", id="empty view"),
    pytest.param(HEAD, ": give simulator or tester conditions, or otherwise = true", id="neither view nor otherwise"),
    pytest.param(
        HEAD + 'otherwise = true\n[tester]\nany = [ { quantity = "leak_ratio", below = 1 } ]\n',
        ": give simulator or tester conditions, or otherwise = true",
        id="view and otherwise",
    ),
    pytest.param(
        HEAD.replace("order = 5\n", "") + "otherwise = true\n",
        ": order: is missing",
        id="no order",
    ),
    pytest.param(HEAD.replace("= 5", '= "x"') + "otherwise = true\n", ":4: order: 'x': ", id="order in words"),
    pytest.param(HEAD + "[tester\n", ": not valid TOML: ", id="no TOML"),
]


def refused(path: Path, text: str) -> str:
    path.write_text(text)
    with pytest.raises(SpecError) as caught:
        load_behaviour(path)
    return str(caught.value)


@pytest.mark.parametrize("name", library.names("behaviours"))
def test_every_file_of_the_library_loads_and_says_what_a_row_needs(name: str) -> None:
    spec = load_behaviour(library.find("behaviours", name))
    assert spec.title.replace(" ", "-").lower() == name
    assert all(text.endswith(".") for text in (spec.about, spec.because))
    conditions = [one for view in (spec.simulator, spec.tester) if view for one in (*view.all, *view.any)]
    assert bool(conditions) != spec.otherwise


def test_the_library_has_twelve_with_orders_and_titles_of_their_own() -> None:
    specs = load_behaviours().specs
    assert len(specs) == len({spec.order for spec in specs}) == len({spec.title for spec in specs}) == 12
    assert [spec.order for spec in specs] == sorted(spec.order for spec in specs)
    assert [spec.title for spec in specs if spec.otherwise] == ["Unclassifiable"]


@pytest.mark.parametrize(("text", "said"), WRONG)
def test_what_is_wrong_is_said_with_file_key_and_remedy(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "mine.toml"
    assert any(line.startswith(f"{path}{said}") for line in refused(path, text).splitlines())


def test_the_quantities_with_a_band_are_those_that_tolerances_are_measured_of() -> None:
    assert set(QUANTITIES["banded"]) == set(NOMINAL)


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    text = condition('quantiy = "leak_ratio", band = "beneath"').replace("because", "becaus")
    lines = refused(tmp_path / "mine.toml", text).splitlines()
    keys = {re.sub(r".*mine\.toml(:\d+)?: ([\w.]+): .*", r"\2", line) for line in lines}
    assert keys >= {"because", "becaus", "simulator.all.0.quantity", "simulator.all.0.quantiy", "simulator.all.0.band"}


def test_validate_says_the_same_and_knows_a_good_one(tmp_path: Path) -> None:
    shell = Shell(tmp_path / "my work")
    shell.write("good.toml", condition('quantity = "leak_ratio", below = 0.5'))
    assert "good.toml: a valid behaviour" in shell("validate", "good.toml").succeeds().err
    shell.write("bad.toml", condition('quantity = "integration_gian", band = "below"'))
    said = "bad.toml:6: simulator.all.0: no quantity 'integration_gian' (did you mean integration_gain"
    shell("validate", "bad.toml").fails_with(3, said)


def test_files_of_the_working_folder_are_looked_at_too_and_all_their_problems_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / library.FOLDERS["behaviours"]
    folder.mkdir(parents=True)
    (folder / "mine.toml").write_text(condition('quantity = "leak_ratio", below = 0.5'))
    assert next(spec.title for spec in load_behaviours().specs) == "T"
    (folder / "dead-neuron.toml").write_text(HEAD)
    (folder / "other.toml").write_text(condition('quantity = "leak"'))
    with pytest.raises(SpecError) as caught:
        load_behaviours()
    assert [Path(problem.where.split(":")[0]).name for problem in caught.value.problems] == [
        "dead-neuron.toml",
        "other.toml",
    ]


NUMBER, TRUTH = "leak_ratio", "spikes_when_silent"


def test_two_files_may_not_give_the_same_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "fault_models" / "behaviours"
    folder.mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    (folder / "mine.toml").write_text(HEAD.replace('"T"', '"Dead Neuron"') + "otherwise = true\n")
    with pytest.raises(SpecError, match=r"title: 'Dead Neuron' is the title of .*a file of the same name replaces it"):
        load_behaviours()


@pytest.mark.parametrize(
    ("given", "value", "met"),
    [
        ({"band": "below"}, 0.59, True),
        ({"band": "below"}, 0.6, False),
        ({"band": "inside"}, 0.6, True),
        ({"band": "inside"}, 1.5, True),
        ({"band": "inside"}, 1.51, False),
        ({"band": "above"}, 1.5, False),
        ({"band": "above"}, 1.51, True),
        ({"band": "outside"}, 0.59, True),
        ({"band": "outside"}, 1.0, False),
        ({"band": "outside"}, 1.51, True),
        ({"below": 0.2}, 0.19, True),
        ({"below": 0.2}, 0.2, False),
        ({"below": 0}, -1e-9, True),
        ({"below": 0}, 0.0, False),
        ({"above": 0.2}, 0.2, False),
        ({"above": 0.2}, 0.21, True),
        ({"above": 0}, 1e-9, True),
        ({"above": -1}, -0.5, True),
    ],
)
def test_conditions_on_numbers(given: dict[str, object], value: float, met: bool) -> None:
    spec = ConditionSpec.model_validate({"quantity": NUMBER, **given})
    assert spec.met(value, BANDS) is met
    assert spec.met(None, BANDS) is False


@pytest.mark.parametrize("side", ["below", "inside", "above", "outside"])
def test_where_nothing_says_what_a_good_circuit_may_do_no_band_is_met(side: str) -> None:
    spec = ConditionSpec.model_validate({"quantity": NUMBER, "band": side})
    assert not any(spec.met(value, {}) for value in (-9.0, 1.0, 9.0, True, None))


@pytest.mark.parametrize("wanted", [True, False])
def test_conditions_on_truths(wanted: bool) -> None:
    spec = ConditionSpec.model_validate({"quantity": TRUTH, "equals": wanted})
    assert [spec.met(value, BANDS) for value in (wanted, not wanted, None)] == [True, False, False]


@given(value=st.floats(-10, 10), low=st.floats(-5, 5), width=st.floats(0, 5))
def test_a_number_is_below_inside_or_above_its_band_and_inside_or_outside_of_it(
    value: float, low: float, width: float
) -> None:
    bands = {NUMBER: Band(low, low + width)}
    below, inside, above, outside = (
        ConditionSpec.model_validate({"quantity": NUMBER, "band": side}).met(value, bands)
        for side in ("below", "inside", "above", "outside")
    )
    assert below + inside + above == 1
    assert outside is not inside


def behaviour(title: str, order: int, **given: object) -> BehaviourSpec:
    """Return a behaviour; conditions of the simulator's view by quantity, to lie outside of the band."""
    quantities = given.pop("of", ())
    table = {"title": title, "about": "a", "because": "b", "order": order, **given}
    if quantities:
        table["simulator"] = {"all": [{"quantity": name, "band": "outside"} for name in quantities]}
    return BehaviourSpec.model_validate(table)


def named(specs: list[BehaviourSpec], **measured: Quantity) -> tuple[str, ...]:
    return Behaviours(tuple(specs)).names("simulator", {**GOOD, **measured}, BANDS)


def test_what_is_met_alone_ends_the_list_and_leaves_what_stands_before_it() -> None:
    first, alone, behind = (
        behaviour("first", 1, of=["leak_ratio"]),
        behaviour("alone", 2, of=["level_shift"], alone=True),
        behaviour("behind", 3, of=["leak_ratio"]),
    )
    rules = [first, alone, behind]
    assert named(rules, leak_ratio=9.0) == ("first", "behind")
    assert named(rules, leak_ratio=9.0, level_shift=9.0) == ("first", "alone")
    assert named(rules, level_shift=9.0) == ("alone",)


def test_the_last_is_said_only_where_no_other_is() -> None:
    rules = [
        behaviour("first", 1, of=["leak_ratio"]),
        behaviour("last", 2, of=["level_shift"], last=True),
        behaviour("behind", 3, of=["integrate_ratio"]),
        behaviour("rest", 4, otherwise=True),
    ]
    assert named(rules, level_shift=9.0) == ("last",)
    assert named(rules, level_shift=9.0, leak_ratio=9.0) == ("first",)
    assert named(rules, level_shift=9.0, integrate_ratio=9.0) == ("behind",)
    assert named(rules) == ("rest",)


def test_without_a_behaviour_for_the_rest_nothing_is_said() -> None:
    assert named([behaviour("first", 1, of=["leak_ratio"])]) == ()


def test_a_view_without_conditions_never_says_a_name() -> None:
    rules = Behaviours((behaviour("inside alone", 1, of=["leak_ratio"]), behaviour("rest", 2, otherwise=True)))
    measured = {**GOOD, "leak_ratio": 9.0}
    assert rules.names("simulator", measured, BANDS) == ("inside alone",)
    assert rules.names("tester", measured, BANDS) == ("rest",)


def test_all_of_some_conditions_and_any_of_others_have_to_be_met() -> None:
    spec = behaviour(
        "both",
        1,
        simulator={
            "all": [{"quantity": "leak_ratio", "above": 1.0}],
            "any": [{"quantity": "level_shift", "above": 0.0}, {"quantity": "spikes_when_silent", "equals": True}],
        },
    )
    assert named([spec], leak_ratio=2.0) == ()
    assert named([spec], level_shift=1.0) == ()
    assert named([spec], leak_ratio=2.0, level_shift=1.0) == ("both",)
    assert named([spec], leak_ratio=2.0, spikes_when_silent=True, level_shift=None) == ("both",)


WITHIN, UNKNOWN = "Within-Tolerance", "Unclassifiable"
UNMEASURED = dict.fromkeys(["integration_gain", "leak_retention", "phase_advance_rad", "level_shift"])


@pytest.mark.parametrize(
    ("changed", "simulator", "tester"),
    [
        pytest.param({}, (WITHIN,), (WITHIN,), id="fault-free"),
        pytest.param({"spikes_when_silent": True}, ("Always-Spiking",), ("Always-Spiking",), id="spikes when silent"),
        pytest.param(
            {"spikes_when_silent": True, "integration_gain": 0.1, "integrate_ratio": 0.1, "weakest_synapse": 0.0},
            ("Always-Spiking",),
            ("Always-Spiking",),
            id="always spiking hides the rest",
        ),
        pytest.param({"spikes_at_any_state": True}, ("Always-Spiking",), (WITHIN,), id="read path decides alone"),
        pytest.param({"spikes_anywhere": False}, ("Dead Neuron",), ("Dead Neuron",), id="dead"),
        pytest.param(
            {"spikes_anywhere": False, "integrate_ratio": None, "leak_ratio": None, "weakest_synapse": 0.0},
            ("Dead Neuron",),
            ("Dead Neuron",),
            id="dead hides the rest",
        ),
        pytest.param({"weakest_synapse": 0.19}, ("Dead Synapse",), ("Dead Synapse",), id="dead synapse"),
        pytest.param(
            {"weakest_synapse": 0.01, "switched_synapse": 0.0, "integration_gain": 0.7, "integrate_ratio": 0.6},
            ("Dead Synapse", "Slow-to-Integrate"),
            ("Dead Synapse", "Slow-to-Integrate"),
            id="dead synapse is not stuck",
        ),
        pytest.param({"switched_synapse": 0.1}, ("Stuck Synapse",), ("Stuck Synapse",), id="stuck synapse"),
        pytest.param({"switched_synapse": -1.0}, ("Stuck Synapse",), ("Stuck Synapse",), id="programmed the wrong way"),
        pytest.param(
            {"integration_gain": 0.79, "integrate_ratio": 0.69},
            ("Slow-to-Integrate",),
            ("Slow-to-Integrate",),
            id="slow to integrate",
        ),
        pytest.param(
            {"integration_gain": 1.3, "integrate_ratio": 1.5},
            ("Fast-to-Integrate",),
            ("Fast-to-Integrate",),
            id="fast to integrate",
        ),
        pytest.param({"leak_retention": 1.2, "leak_ratio": 1.6}, ("Slow-to-Leak",), ("Slow-to-Leak",), id="slow leak"),
        pytest.param({"leak_retention": 0.8, "leak_ratio": 0.5}, ("Fast-to-Leak",), ("Fast-to-Leak",), id="fast leak"),
        pytest.param(
            {"integration_gain": 0.7, "leak_retention": 1.2, "integrate_ratio": 1.0, "leak_ratio": 1.0},
            ("Slow-to-Integrate", "Slow-to-Leak"),
            (WITHIN,),
            id="two that a tester does not see",
        ),
        pytest.param({"phase_advance_rad": -0.1, "leak_ratio": 1.6}, ("Shifted-Phase",), ("Slow-to-Leak",), id="phase"),
        pytest.param(
            {"level_shift": 0.11, "integrate_ratio": 1.5}, ("Shifted-Level",), ("Fast-to-Integrate",), id="level"
        ),
        pytest.param({**UNMEASURED, "integrate_ratio": None, "leak_ratio": None}, (UNKNOWN,), (UNKNOWN,), id="nothing"),
        pytest.param({"leak_ratio": None}, (WITHIN,), (UNKNOWN,), id="no boundary"),
        pytest.param({"level_shift": None, "spikes_at_no_state": True}, (UNKNOWN,), (WITHIN,), id="no level"),
    ],
)  # fmt: skip
def test_each_of_the_twelve_is_said_of_what_it_is_for(
    changed: dict[str, Quantity], simulator: tuple[str, ...], tester: tuple[str, ...]
) -> None:
    behaviours, measured = load_behaviours(), {**GOOD, **changed}
    assert behaviours.names("simulator", measured, BANDS) == simulator
    assert behaviours.names("tester", measured, BANDS) == tester


LIBRARY = load_behaviours()
inside = st.fixed_dictionaries(
    {
        "integration_gain": st.floats(0.8, 1.2),
        "leak_retention": st.floats(0.9, 1.1),
        "level_shift": st.floats(-0.1, 0.1),
        "leak_ratio": st.one_of(st.none(), st.floats(0.01, 100)),
        "integrate_ratio": st.one_of(st.none(), st.floats(0.01, 100)),
    }
)


@given(phase_rad=st.floats(-1e3, 1e3), others=inside)
def test_what_has_only_precessed_is_never_called_a_leak(phase_rad: float, others: dict[str, Quantity]) -> None:
    measured = {**GOOD, **others, "phase_advance_rad": phase_rad}
    names = LIBRARY.names("simulator", measured, BANDS)
    assert names == ((WITHIN,) if BANDS["phase_advance_rad"].holds(phase_rad) else ("Shifted-Phase",))


quantity = st.one_of(st.none(), st.floats(-5, 5))
any_signature = st.fixed_dictionaries(
    {name: st.booleans() | st.none() if isinstance(value, bool) else quantity for name, value in GOOD.items()}
)


@given(measured=any_signature)
def test_every_signature_has_a_name_in_both_views(measured: dict[str, Quantity]) -> None:
    for view in ("simulator", "tester"):
        names = LIBRARY.names(view, measured, BANDS)
        assert names
        assert len(names) == 1 or not {WITHIN, UNKNOWN, "Always-Spiking"} & set(names)
        assert len(LEAKS & set(names)) < 2


@pytest.fixture(scope="module")
def plan() -> Plan:
    return make_plan(*campaign_spec.load("lats2024-lif"), only="Rop1")


TOLERANCES = [
    ToleranceRow("c", "original", name, band.low, band.high, band.low, band.high, None, None, "")
    for name, band in BANDS.items()
]


def called(plan: Plan, tolerances: list[ToleranceRow] = TOLERANCES, **changed: Quantity) -> BehaviourRow:
    """Return the row of a defect with a signature by hand."""
    signature = Signature({**GOOD, **changed}, {}, ("a spike brings 20% less charge",))
    seen = Seen("Rop1", plan.spec.tests[0].name, "original", "threshold", 12e3, signature, 4, 33e-9)
    [row] = behaviour_rows(plan, [seen], tolerances, LIBRARY)
    return row


def test_what_both_views_say_is_confirmed_and_where_they_differ_is_said(plan: Plan) -> None:
    row = called(plan, integration_gain=0.7, integrate_ratio=0.6, leak_ratio=0.5)
    assert (row.behaviours, row.simulator_view, row.confirmed) == ("Slow-to-Integrate",) * 3
    assert row.tester_view == "Slow-to-Integrate + Fast-to-Leak"
    assert row.reason == "the tester would say Slow-to-Integrate + Fast-to-Leak"
    assert row.explanation.startswith("A spike brings 20% less charge. The spin-Hall torque")


def test_a_tester_alone_says_nothing_about_what_is_hidden_from_it(plan: Plan) -> None:
    row = called(plan, **UNMEASURED, integrate_ratio=0.6, leak_ratio=0.5)
    assert row.behaviours == "Slow-to-Integrate"
    assert row.tester_view == "Slow-to-Integrate + Fast-to-Leak"
    assert row.simulator_view == row.confirmed == ""
    assert called(plan, **UNMEASURED, leak_ratio=0.5).behaviours == UNKNOWN
    assert called(plan, **UNMEASURED).behaviours == WITHIN


def test_a_circuit_without_tolerances_has_only_the_names_that_need_none(plan: Plan) -> None:
    row = called(plan, [], weakest_synapse=0.0, integration_gain=0.1)
    assert row.behaviours == "Dead Synapse"
    assert "declares no [tolerance]" in row.reason
    assert called(plan, [], integration_gain=0.1).behaviours == UNKNOWN


def test_an_open_end_of_a_band_holds_everything(plan: Plan) -> None:
    rows = [replace(row, low=None, high=None) for row in TOLERANCES]
    assert called(plan, rows, integration_gain=0.1, leak_ratio=9.0).behaviours == WITHIN


def test_what_was_kept_of_a_look_is_what_it_was(plan: Plan) -> None:
    signature = Signature({**GOOD, "leak_ratio": None}, {"leak_ratio": "why"}, ("because",), "SPICE")
    seen = Seen("Rop1", "inference", "original", "default", 1e9, signature, None, None, "timeout")
    assert Seen.of(seen.table()) == seen
