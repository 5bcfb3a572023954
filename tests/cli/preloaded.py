"""The real command in a process that has its modules already: one process loads them, and forks for each command.

What a command does is the same as in a process of its own, which ``Shell.start`` and all that set an environment still
have; what it saves is the second that an interpreter takes to load numpy, pydantic and faultsim, hundreds of times.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

_HERE = Path(__file__).parents[2]
_LOADED = (
    "faultsim.cli.run",
    "faultsim.cli.train",
    "faultsim.cli.studies",
    "faultsim.cli.validate",
    "faultsim.cli.sites",
)
_LENGTH = struct.Struct("!I")


class Preloaded:
    """A context with that process."""

    def __init__(self, hash_seed: int) -> None:
        self._hash_seed = hash_seed
        self._folder = tempfile.TemporaryDirectory(prefix="faultsim-tests-")
        self._path = str(Path(self._folder.name) / "socket")

    def __enter__(self) -> Self:
        server = socket.socket(socket.AF_UNIX)
        server.bind(self._path)
        server.listen(64)
        command = [sys.executable, "-m", __name__, str(server.fileno())]
        environment = {**os.environ, "PYTHONHASHSEED": str(self._hash_seed)}
        self._process = subprocess.Popen(
            command, cwd=_HERE, env=environment, pass_fds=[server.fileno()], stdin=subprocess.DEVNULL
        )
        server.close()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait()
        self._folder.cleanup()

    def run(
        self, words: Sequence[str], folder: Path, environment: Mapping[str, str], patience_s: float
    ) -> tuple[int, str, str]:
        """Run a command; return its exit code, and what it left on stdout and stderr.

        Raises:
            subprocess.TimeoutExpired: It took too long, and was killed.
        """
        said = json.dumps({"words": list(words), "folder": str(folder), "environment": dict(environment)}).encode()
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, socket.socket(socket.AF_UNIX) as asked:
            asked.connect(self._path)
            socket.send_fds(asked, [_LENGTH.pack(len(said))], [out.fileno(), err.fileno()])
            asked.sendall(said)
            child = _number(asked)
            asked.settimeout(patience_s)
            try:
                code = _number(asked)
            except TimeoutError:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
                raise subprocess.TimeoutExpired(list(words), patience_s) from None
            out.seek(0)
            err.seek(0)
            return code, out.read().decode(), err.read().decode()


def _number(connection: socket.socket) -> int:
    found = connection.recv(_LENGTH.size, socket.MSG_WAITALL)
    assert len(found) == _LENGTH.size, "the process that runs commands is gone"
    return _LENGTH.unpack(found)[0] - 1000


def _tell(connection: socket.socket, number: int) -> None:
    # A process that a signal ended has the negative of that; what is sent is none.
    connection.sendall(_LENGTH.pack(number + 1000))


def _serve(listening: int) -> None:
    """Load the program, then fork for each command that is asked for; return only in the child that is to run it."""
    importlib.import_module("faultsim.cli")
    for name in _LOADED:
        importlib.import_module(name)
    # Whoever is forked for a command waits for it; nobody waits for whoever that is.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    server = socket.socket(fileno=listening)
    while True:
        connection, _ = server.accept()
        if os.fork() == 0:
            server.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _take(connection)
            return
        connection.close()


def _take(connection: socket.socket) -> None:
    """Fork once more, and return in the child with the command's streams, folder and environment; report its end."""
    length, fds, _, _ = socket.recv_fds(connection, _LENGTH.size, 2)
    size = _LENGTH.unpack(length)[0]
    asked: dict[str, Any] = json.loads(connection.recv(size, socket.MSG_WAITALL))
    if child := os.fork():
        _tell(connection, child)
        _, status = os.waitpid(child, 0)
        with contextlib.suppress(OSError):
            _tell(connection, os.waitstatus_to_exitcode(status))
        os._exit(0)
    connection.close()
    for place, fd in enumerate(fds, 1):
        os.dup2(fd, place)
        os.close(fd)
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    sys.argv = ["faultsim", *asked["words"]]


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
    # Workers of the command load what its own module is.
    program = importlib.import_module("faultsim.__main__")
    sys.modules["__main__"] = program
    program.main()
