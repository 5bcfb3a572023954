"""ngspice missing or broken: exit code 4 and the command that mends it."""

from __future__ import annotations

import pytest

from tests.cli.conftest import TINY, Shell

MENDS = "apt-get install ngspice libngspice0"


@pytest.fixture(params=["missing", "no library"])
def broken(shell: Shell, request: pytest.FixtureRequest) -> str:
    """A path for NGSPICE_LIBRARY_PATH where there is no ngspice."""
    path = shell.folder / "libngspice.so"
    if request.param == "no library":
        path.write_text("this is not a library")
    return str(path)


def test_simulate_without_ngspice_says_what_installs_it(shell: Shell, broken: str) -> None:
    done = shell("simulate", "crossbar4", "--json", env={"NGSPICE_LIBRARY_PATH": broken})
    done.fails_with(4, broken, MENDS)


def test_run_without_ngspice_says_what_installs_it_and_completes_nothing(shell: Shell, broken: str) -> None:
    shell.write("tiny.toml", TINY)
    shell("run", "tiny.toml", "--jobs", "1", env={"NGSPICE_LIBRARY_PATH": broken}).fails_with(4, broken, MENDS)
    assert not list(shell.folder.rglob("manifest.json"))
    assert not list(shell.folder.rglob("*.csv"))


# Not strict: it takes a worker that is not ready when the first one has already said why.
def test_several_workers_without_ngspice_say_it_once(shell: Shell) -> None:
    library = shell.write("libngspice.so", "this is not a library")
    shell.write("tiny.toml", TINY)
    done = shell("run", "tiny.toml", "--jobs", "4", env={"NGSPICE_LIBRARY_PATH": str(library)}).fails_with(4, MENDS)
    assert done.err.count("does not start") == 1


def test_the_doctor_finds_it_and_still_shows_all_the_rest(shell: Shell, broken: str) -> None:
    done = shell("doctor", env={"NGSPICE_LIBRARY_PATH": broken})
    assert done.code == 4
    assert "Traceback" not in done.err
    failed = [line for line in done.out.splitlines() if not line.startswith("ok ")]
    assert len(failed) == 1
    assert broken in failed[0]
    assert MENDS in failed[0].partition(" -> ")[2]
    assert "numpy: " in done.out
    findings = shell("doctor", "--json", env={"NGSPICE_LIBRARY_PATH": broken})
    assert findings.code == 4
    assert [MENDS in finding["remedy"] for finding in findings.json if not finding["ok"]] == [True]


def test_what_needs_no_simulator_works_without_one(shell: Shell) -> None:
    shell.write("tiny.toml", TINY)
    for words in (["list"], ["sites", "crossbar4"], ["inject", "crossbar4", "Rop3"], ["run", "tiny.toml", "--dry-run"]):
        shell(*words, env={"NGSPICE_LIBRARY_PATH": "/no/such/libngspice.so"}).succeeds()
