"""A campaign in shards: each does its share wherever it likes, and what is merged is what one run would have given."""

from __future__ import annotations

import re
import shlex
import shutil
from contextlib import closing

import pytest

from faultsim.campaigns import spec
from faultsim.campaigns.ledger import Ledger
from faultsim.campaigns.plan import Plan, make_plan
from faultsim.campaigns.shard import Shard
from faultsim.errors import UsageError
from tests.cli.conftest import TINY, Done, Finished, Shell, bytes_of, table

# Opens on both sides of what the test sees, a waveform that needs a threshold, a curve.
FIVE = (
    TINY.replace('"Rop3", "Rop5"', '"Rop1", "Rop3", "Rop4", "Rop5", "Rop6"')
    .replace('high = "10k"', 'high = "50k"')
    .replace("per_decade = 1", 'per_decade = 1\ndefects = ["Rop1", "Rop3"]')
    + """\
[[waveforms]]
figure = "fails"
caption = "Rop3"
test = "current"
window = "original"
defect = "Rop3"
severity = "fails"
[[waveforms]]
figure = "fault-free"
caption = "nothing"
test = "current"
window = "original"
[[responses]]
figure = "current"
caption = "longer"
test = "current"
window = "original"
over = "integrate"
start = "0.8n"
stop = "1.2n"
points = 2
observable = "im_wr_a"
defects = ["Rop1"]
"""
)


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """The campaign in one run."""
    shell = Shell(tmp_path_factory.mktemp("straight"))
    shell.write("five.toml", FIVE)
    done = shell("run", "five.toml", "--json").succeeds()
    return Finished(shell, shell.folder / "runs" / "five", done.json["simulated"])


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Shell, Done]]:
    """Both shards of the campaign, each in a folder of its own as on another machine."""
    found = []
    for index in (1, 2):
        shell = Shell(tmp_path_factory.mktemp(f"machine{index}") / "my work")
        shell.write("five.toml", FIVE)
        found.append((shell, shell("run", "five.toml", "--shard", f"{index}/2").succeeds()))
    return found


@pytest.fixture
def gathered(shell: Shell, shards: list[tuple[Shell, Done]]) -> Shell:
    """A folder to which the folders of both shards have been copied."""
    shell.write("five.toml", FIVE)
    for machine, _ in shards:
        shutil.copytree(machine.folder / "runs", shell.folder / "runs", dirs_exist_ok=True)
    return shell


def test_status_of_a_finished_shard_says_what_to_do_with_it(shards: list[tuple[Shell, Done]]) -> None:
    machine = shards[1][0]
    run = machine.folder / "runs" / "five-shard-2-of-2" / "five"
    assert (
        machine("status", run)
        .succeeds()
        .out.splitlines()[-1]
        .startswith("complete: shard 2/2; when all are: faultsim merge")
    )
    said = machine("status", run, "--json").succeeds().json
    assert (said["complete"], said["shard"]) == (True, "2/2")


def test_a_shard_that_has_no_plan_yet_is_not_complete(shell: Shell) -> None:
    run = shell.folder / "runs" / "five-shard-1-of-2" / "five"
    run.mkdir(parents=True)
    with closing(Ledger(run / "campaign.sqlite")) as ledger:
        ledger.plan([], {"shard": "1/2", "campaign": "five.toml"})
    assert shell("status", run, "--json").succeeds().json["complete"] is False
    said = f"not complete; resume with: faultsim run five.toml --out '{run}' --shard 1/2"
    assert shell("status", run).succeeds().out.splitlines()[-1] == said


def test_merged_shards_are_what_one_run_gives_and_nothing_is_simulated_again(
    gathered: Shell, shards: list[tuple[Shell, Done]], straight: Finished
) -> None:
    said = re.search(r"when all are finished: (faultsim merge .*)", shards[0][1].err)
    assert said
    verb, *words = shlex.split(said[1])[1:]
    folders = [folder for word in words[1:] for folder in sorted(gathered.folder.glob(word))]
    assert [folder.name for folder in folders] == ["five-shard-1-of-2", "five-shard-2-of-2"]
    done = gathered(verb, words[0], *folders, "--json").succeeds()
    assert done.json["simulated"] == 0
    assert bytes_of(gathered.folder / "runs" / "five") == bytes_of(straight.folder)
    failed = gathered(verb, words[0], *folders, "--fail-under", "100")
    assert (failed.code, "below --fail-under 100" in failed.err) == (5, True), failed.err
    verdicts = [row["verdict"] for row in table(straight.folder / "thresholds.csv")]
    assert {"detected", "undetected"} == set(verdicts)


def test_a_shard_does_less_than_the_whole_and_together_they_do_all(
    shards: list[tuple[Shell, Done]], straight: Finished
) -> None:
    parts = [simulated(done) for _, done in shards]
    assert all(part < straight.simulated for part in parts)
    assert sum(parts) > straight.simulated


def test_a_shard_has_no_tables_that_could_be_taken_for_the_campaigns(shards: list[tuple[Shell, Done]]) -> None:
    machine, done = shards[0]
    folder = machine.folder / done.out.strip()
    assert {path.suffix for path in folder.iterdir()} == {".sqlite"}
    machine("report", folder).fails_with(2, "is only shard 1/2", "faultsim merge")


def test_what_a_missing_shard_did_not_do_is_said_and_simulated(
    gathered: Shell, shards: list[tuple[Shell, Done]], straight: Finished
) -> None:
    one = gathered.folder / "runs" / "five-shard-1-of-2"
    copy = shutil.copytree(one, gathered.folder / "copy")
    done = gathered("merge", "five.toml", one, one / "five", copy, "--out", "merged/five", "--json").succeeds()
    assert f"{one / 'five'} is given twice; once is enough" in done.err
    assert f"{one / 'five'} and {copy / 'five'} are both shard 1/2; one of them is enough" in done.err
    assert "no folder of shard 2/2 is given" in done.err
    assert done.json["simulated"] == straight.simulated - simulated(shards[0][1]) > 0
    assert bytes_of(gathered.folder / "merged" / "five") == bytes_of(straight.folder)


def test_only_shards_of_the_campaign_as_it_is_are_merged(gathered: Shell, straight: Finished) -> None:
    one = gathered.folder / "runs" / "five-shard-1-of-2"
    gathered("merge", "five.toml", straight.folder).fails_with(2, "is not the run of a shard", "five.toml --shard I/N")
    gathered("merge", "five.toml", gathered.folder).fails_with(2, "is not a run folder")
    gathered.write("five.toml", FIVE.replace("ratio = 2", "ratio = 3"))
    again = f"faultsim run five.toml --out '{one / 'five'}' --shard 1/2 brings it up to date"
    gathered("merge", "five.toml", one).fails_with(2, "spec changed since this run", again)
    gathered.write("six.toml", FIVE.replace("ratio = 2", "ratio = 3"))
    gathered("merge", "six.toml", one).fails_with(2, f"{one / 'five'} is shard 1/2 of five (", "not of six (six.toml)")
    assert not (gathered.folder / "runs" / "store.sqlite").exists()


def test_a_dry_run_of_a_shard_shows_its_share(shell: Shell) -> None:
    shell.write("five.toml", FIVE)
    said = shell("run", "five.toml", "--shard", "2/2", "--dry-run").succeeds().out
    assert "folder: runs/five-shard-2-of-2/five\nstore: runs/five-shard-2-of-2/store.sqlite\nshard: 2/2\n" in said
    assert "defects: ['Rop3', 'Rop5']\n" in said
    done = shell("run", "five.toml", "--shard", "9/9", "--dry-run", "--json").succeeds()
    assert (done.json["shard"], done.json["defects"]) == ("9/9", [])
    assert "shard 9/9 has no defects of its own, because there are 5: it does only what every shard does" in done.err


def test_a_folder_is_of_one_shard(gathered: Shell) -> None:
    folder = gathered.folder / "runs" / "five-shard-1-of-2" / "five"
    gathered("run", "five.toml", "--out", folder).fails_with(2, "is of shard 1/2, not of the whole campaign", "--out")


@pytest.mark.parametrize("text", ["0/2", "3/2", "1/0", "2", "1/2/3", "-1/2", "a/b", ""])
def test_a_share_that_there_is_not_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"--shard .*2/5"):
        Shard.parse(text)


def test_a_share_that_there_is_not_is_a_matter_of_usage(shell: Shell) -> None:
    shell("run", "lats2024", "--shard", "3/2").fails_with(2, "--shard '3/2'", "from 1/N to N/N")


@pytest.mark.parametrize("name", ["lats2024", "devices4", "crossbar16", "behaviours4", "lats2024-conditions"])
@pytest.mark.parametrize("count", [1, 2, 3, 50])
def test_parts_have_all_of_a_plan_and_share_only_what_predicts(name: str, count: int) -> None:
    plan = make_plan(*spec.load(name))
    parts = [Shard(index, count).part(plan) for index in range(1, count + 1)]
    assert sorted(defect.id for part in parts for defect in part.simulated) == sorted(one.id for one in plan.simulated)
    for what in (_waveforms, _responses):
        assert sorted(one for part in parts for one in what(part)) == sorted(what(plan))
    assert {id for part in parts for id in _thresholds(part)} == set(_thresholds(plan))
    first = {task.setting.key: task.id for task in reversed(plan.thresholds)}
    sampled = plan.spec.equivalent.sample if plan.spec.equivalent else 0
    for part in parts:
        assert set(first.values()) <= set(_thresholds(part))
        own = {defect.id for defect in part.simulated}
        others = [task.id for task in part.thresholds if task.defect.id not in own]
        assert len(others) <= (1 + sampled) * len(plan.settings)
        assert _thresholds(part) == [id for id in _thresholds(plan) if id in set(_thresholds(part))]


def simulated(done: Done) -> int:
    said = re.search(r"(\d+) transients simulated", done.err)
    assert said
    return int(said[1])


def _thresholds(plan: Plan) -> list[str]:
    return [task.id for task in plan.thresholds]


def _waveforms(plan: Plan) -> list[str]:
    return [wanted.figure for wanted in plan.spec.waveforms]


def _responses(plan: Plan) -> list[str]:
    return [wanted.figure for wanted in plan.spec.responses]
