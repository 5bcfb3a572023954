"""Every command in README and docs runs: page by page and in order, by the real program, in folders with the examples.

``FAULTSIM_ALL_COMMANDS=1`` (``make docs-test``) runs those as well that take minutes; `not_in_full.toml` lists them.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
import typer

from faultsim import library
from faultsim.cli.app import app
from tests.cli.conftest import REPOSITORY
from tests.conftest import Reproduction
from tests.docs.pages import DOCS, blocks_of, commands_of, name_of, pages, spoken_of
from tests.docs.workspace import Workspace, entry_of, listed, missing_lines

WITH_COMMANDS = [page for page in pages() if any(commands_of(page.read_text()))]
_STARTS = re.compile(r"^\s*(\$ )?(faultsim|make|python|pip|ngspice|dask|bash) ", re.MULTILINE)


def run_page(workspace: Workspace, page: Path) -> None:
    # A page that edits an example does so for itself.
    shutil.copytree(DOCS / "examples", workspace.folder, dirs_exist_ok=True)
    try:
        for command in commands_of(page.read_text()):
            if workspace.stopped.is_set():
                pytest.fail("the tests were stopped")
            try:
                workspace.run(command)
            except AssertionError as error:
                raise AssertionError(f"{name_of(page)}:{command.line}: {error}") from None
    finally:
        workspace.close()


@pytest.fixture(scope="session")
def ran(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    lats2024: Reproduction,
    lats2024_lif: Reproduction,
) -> Iterator[dict[Path, Future[None]]]:
    """Pages that are being run, one after the other in each of two folders: those of the examples, and all others."""
    folders = {
        examples: prepared(tmp_path_factory.mktemp("docs"), lats2024, lats2024_lif) for examples in (True, False)
    }
    threads = {examples: ThreadPoolExecutor(1) for examples in folders}
    wanted = [item for item in request.session.items if "ran" in getattr(item, "fixturenames", ())]
    begun = {}
    for page in (item.callspec.params["page"] for item in wanted):
        lane = "faultsim run my_" in page.read_text()
        begun[page] = threads[lane].submit(run_page, folders[lane], page)
    yield begun
    for lane, thread in threads.items():
        folders[lane].stopped.set()
        thread.shutdown(cancel_futures=True)


def prepared(folder: Path, *runs: Reproduction) -> Workspace:
    """Return a folder with the suite's own runs, as if they had been made there; the store is that of the first."""
    for run in runs:
        shutil.copytree(run.folder, folder / "runs" / run.plan.name)
    for file in runs[0].folder.parent.glob("store.sqlite*"):
        shutil.copy(file, folder / "runs")
    (folder / "docs").symlink_to(DOCS)
    return Workspace(folder)


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=name_of)
def test_the_commands_of_a_page_run(ran: dict[Path, Future[None]], page: Path) -> None:
    ran[page].result()


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=name_of)
def test_a_page_makes_the_runs_that_it_looks_at(page: Path) -> None:
    made = {"lats2024"} if "make run" in page.read_text() else set()
    for command in commands_of(page.read_text()):
        made |= {Path(name).stem for name in re.findall(r"faultsim (?:run|merge|train) (\S+)", command.text)}
        looked_at = set(re.findall(r"\bruns/([\w-]+)", command.text)) - {"store"}
        assert {name.split("-shard-")[0] for name in looked_at} <= made, f"{name_of(page)}:{command.line}"


def test_every_entry_of_the_list_is_of_a_command() -> None:
    commands = [command for page in pages() for command in commands_of(page.read_text())]
    used = {id(one) for one in map(entry_of, commands) if one is not None}
    assert used, "nothing is listed"
    texts = [command.text for command in commands]
    idle = [glob for one in listed() for glob in one.commands if not any(fnmatchcase(text, glob) for text in texts)]
    assert idle == []
    assert all(one.why for one in listed())


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=name_of)
def test_a_page_names_campaigns_that_there_are(page: Path) -> None:
    text = page.read_text()
    made = set(re.findall(r"(?:--campaign|>) (\S+\.toml)", text)) | {
        path.name for path in (DOCS / "examples").iterdir()
    }
    named = {name for name in re.findall(r"faultsim run ([a-z]\S+)", text) if not name.startswith("-")}
    assert {name.rstrip("`,") for name in named} <= made | set(library.names("campaigns"))


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_no_command_hides_in_a_block_that_is_not_run(page: Path) -> None:
    hidden = [
        f"{name_of(page)}:{block.line}"
        for block in blocks_of(page.read_text())
        if block.language in ("", "text", "bash", "shell") and _STARTS.search(block.text)
    ]
    assert hidden == []


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_what_a_page_says_to_type_exists(page: Path) -> None:
    text = page.read_text()
    commands = [command.text for command in commands_of(text) if command.language == "sh"]
    wrong = [typed for typed in (*spoken_of(text), *commands) if not exists(typed)]
    assert wrong == []


def exists(text: str) -> bool:
    """Whether a code span that begins like a command has a verb and options that there are."""
    words = text.split()
    if words[0] == "make" and len(words) > 1:
        targets = re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE)
        return words[1] in targets
    if words[0] != "faultsim" or len(words) == 1:
        return True
    command = typer.main.get_command(app)
    options = {"--help", "--version"}
    for word in words[1:]:
        if hasattr(command, "commands") and not word.startswith("-") and not word.isupper():
            if word not in command.commands:
                return False
            command = command.commands[word]
            options |= {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
    return all(word.split("=")[0] in options for word in words if re.match(r"--?[a-z]", word))


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_a_file_that_a_page_shows_is_the_one_that_is_kept(page: Path) -> None:
    for block in blocks_of(page.read_text()):
        if block.title:
            assert block.text == (DOCS / "examples" / block.title).read_text(), f"{name_of(page)}:{block.line}"


def test_a_command_that_prints_something_else_is_found_out() -> None:
    said = "5 of 7 transients show what they should; 7 simulated\n  v001   detection 3\n"
    assert missing_lines(("v001 detection 3", "5 of 7 transients ...", "..."), said) == []
    assert missing_lines(("6 of 7 transients ...",), said) == ["6 of 7 transients ..."]


def test_commands_are_read_as_a_reader_types_them() -> None:
    text = (
        "```sh\n# not this\nfaultsim run a  # that\nfaultsim b --x '1 # 2' \\\n    --y 2   # exit code 5\n```\n"
        "```console\n$ faultsim c\nout\n$ faultsim d\n```\n```toml\nfaultsim = 1\n```\n"
        "| figure | command |\n|---|---|\n| 1 | `faultsim e` (and `f`) |\n"
    )
    found = [(one.text, one.printed, one.code) for one in commands_of(text)]
    assert found == [
        ("faultsim run a", (), 0),
        ("faultsim b --x '1 # 2'      --y 2", (), 5),
        ("faultsim c", ("out",), 0),
        ("faultsim d", (), 0),
        ("faultsim e", (), 0),
    ]
