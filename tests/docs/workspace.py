"""A folder in which the commands of pages are run, and what `make test` runs in place of those that take long."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import tomllib
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from threading import Event

from tests.cli.conftest import REPOSITORY
from tests.docs.pages import Command

IN_FULL = bool(os.environ.get("FAULTSIM_ALL_COMMANDS"))
PATIENCE_S = 4 * 3600.0 if IN_FULL else 300.0


@dataclass(frozen=True)
class Listed:
    """Commands that are not run as they stand, or only by ``make docs-test``."""

    commands: list[str]
    why: str
    instead: str = ""
    full: str = "{}"
    server: bool = False
    never: bool = False

    @property
    def run(self) -> str:
        """What is run in place of the command."""
        return self.full if IN_FULL and not self.never else self.instead


def listed() -> list[Listed]:
    table = tomllib.loads((Path(__file__).parent / "not_in_full.toml").read_text())
    return [Listed(**entry) for entry in table["listed"]]


def entry_of(command: Command) -> Listed | None:
    return next((one for one in listed() if any(fnmatchcase(command.text, glob) for glob in one.commands)), None)


@dataclass
class Workspace:
    """A folder with the examples and a finished run, in which commands are run once, whichever page has them."""

    folder: Path
    done: dict[str, subprocess.CompletedProcess[str]] = field(default_factory=dict)
    servers: list[subprocess.Popen[str]] = field(default_factory=list)
    stopped: Event = field(default_factory=Event)

    def run(self, command: Command) -> None:
        """Run a command, or what is run in its place, and check what it ends with and what it prints."""
        entry = entry_of(command)
        text = command.text if entry is None else entry.run.replace("{}", command.text)
        text = text.replace("{repository}", shlex.quote(str(REPOSITORY))).replace("{workspace}", str(self.folder))
        if not text:
            return
        if entry is not None and entry.server and IN_FULL:
            self.servers.append(self._start(text))
            return
        # What is run in place of a command, with --help say, ends well and prints something else.
        as_written = text == command.text
        if text not in self.done:
            self.done[text] = self._run(text, command.language if as_written else "sh")
        done = self.done[text]
        assert done.returncode == (command.code if as_written else 0), (
            f"{text}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
        )
        if as_written:
            missing = missing_lines(command.printed, done.stdout + done.stderr)
            assert not missing, f"{text} does not print\n{missing}\nbut\n{done.stdout}{done.stderr}"

    def close(self) -> None:
        """End what a page has left in the background."""
        for server in reversed(self.servers):
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(60)
        self.servers.clear()

    def _run(self, text: str, language: str) -> subprocess.CompletedProcess[str]:
        words = [sys.executable, "-c", text] if language == "python" else ["bash", "-c", text]
        return subprocess.run(
            words,
            cwd=self.folder,
            env=environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )

    def _start(self, text: str) -> subprocess.Popen[str]:
        with (self.folder / "servers.log").open("a") as log:
            return subprocess.Popen(
                ["bash", "-c", text],
                cwd=self.folder,
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                text=True,
                start_new_session=True,
            )


def environment() -> dict[str, str]:
    """What the program sees: itself on the path, and a screen that is wide enough for whole lines."""
    kept = {name: value for name, value in os.environ.items() if name not in ("FORCE_COLOR", "PYTHONPATH")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**kept, "PATH": path, "COLUMNS": "250", "NO_COLOR": "1"}


def missing_lines(wanted: tuple[str, ...], said: str) -> list[str]:
    """Return the lines that a page shows and the program does not print; ``...`` stands for anything."""
    lines = [" ".join(line.split()) for line in said.splitlines()]
    patterns = {line: re.escape(" ".join(line.split())).replace(re.escape("..."), ".*") for line in wanted}
    return [line for line, pattern in patterns.items() if not any(re.fullmatch(pattern, one) for one in lines)]
