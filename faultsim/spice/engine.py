"""ngspice inside this process, through PySpice's binding of the shared library."""

from __future__ import annotations

import ctypes.util
import logging
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from faultsim.errors import SimulatorError
from faultsim.spice.job import Job, Trace
from faultsim.spice.judge import judge, vector_name
from faultsim.spice.waveform import FloatArray

INSTALL_HINT = "install it with: apt-get install ngspice libngspice0 (Debian, Ubuntu), or your system's ngspice package"

SINGLE_THREAD = {"OMP_NUM_THREADS": "1", "OMP_THREAD_LIMIT": "1"}
"""Environment in which ngspice uses one thread.

On circuits this small its threads spin against each other; its own default of two overrides OMP_NUM_THREADS, but not
the limit.
"""


def library_path() -> str:
    """Return the path or soname of ngspice's shared library.

    ``NGSPICE_LIBRARY_PATH`` decides where it is set. Debian ships only ``libngspice.so.0``, which PySpice's own
    default name misses.

    Raises:
        SimulatorError: There is no such library.
    """
    given = os.environ.get("NGSPICE_LIBRARY_PATH")
    if given:
        # A name without a folder is one that the system's loader finds.
        if "/" in given and not Path(given).is_file():
            raise SimulatorError(f"NGSPICE_LIBRARY_PATH={given}: no such file; unset it, or {INSTALL_HINT}")
        return given
    found = ctypes.util.find_library("ngspice")
    if found is None:
        raise SimulatorError(f"ngspice's shared library is not installed; {INSTALL_HINT}")
    return found


_HEADWAY = re.compile(r"tran: *([\d.]+)%")
"""How ngspice says how much of a transient is over, a few times a second."""


class EngineExit(SimulatorError):
    """Ngspice asked to end the process; its state cannot be trusted any more."""


def open_engine() -> Engine:
    """Load the library and return a ready engine; once per process, in a worker.

    Raises:
        SimulatorError: The library is missing or does not start.
    """
    path = library_path()
    os.environ["NGSPICE_LIBRARY_PATH"] = path
    os.environ.update(SINGLE_THREAD)
    logging.getLogger("PySpice").setLevel(logging.CRITICAL)
    try:
        return Engine(_shared_class()())
    except (OSError, NameError, KeyError) as error:
        raise SimulatorError(f"{path} does not start: {error}; {INSTALL_HINT}") from error


def _shared_class() -> Any:
    # PySpice reads NGSPICE_LIBRARY_PATH when the module loads, so it may not load before the path is known.
    from PySpice.Spice.NgSpice import Shared

    class QuietShared(Shared.NgSpiceShared):
        """NgSpiceShared without its rule that any line on stderr is an error.

        A floating node, which is what an open makes, is reported on stderr and then solved.
        """

        def __init__(self) -> None:
            self.log: list[str] = []
            self.exit_requested = False
            self.watcher: Callable[[float], None] | None = None
            super().__init__()

        @staticmethod
        def _send_char(message_c: Any, _ngspice_id: int, user_data: Any) -> int:
            self = Shared.ffi.from_handle(user_data)
            stream, _, content = Shared.ffi_string_utf8(message_c).partition(" ")
            self.log.append(content)
            if stream == "stdout":
                self._stdout.append(content)
            return 0

        @staticmethod
        def _exit(status: int, _unload: bool, _quit: bool, _ngspice_id: int, user_data: Any) -> int:
            Shared.ffi.from_handle(user_data).exit_requested = True
            return status

        def send_stat(self, message: str, _ngspice_id: int) -> int:
            """Tell the watcher which share of a transient is over."""
            if self.watcher is not None and (found := _HEADWAY.match(message)):
                self.watcher(float(found[1]) / 100)
            return 0

        def vector(self, name: str) -> FloatArray | None:
            """Return a copy of one real vector of the current plot."""
            info = self._ngspice_shared.ngGet_Vec_Info(name.encode())
            if info == Shared.ffi.NULL or info.v_realdata == Shared.ffi.NULL:
                return None
            samples = Shared.ffi.buffer(info.v_realdata, info.v_length * 8)
            return np.frombuffer(samples, dtype=np.float64).copy()

    return QuietShared


class Engine:
    """Loads decks, alters elements and runs transients; keeps the last deck loaded."""

    def __init__(self, shared: Any) -> None:
        """Take over a started ngspice."""
        self._shared = shared
        self._loaded = ""
        self._command("set num_threads=1")

    @property
    def version(self) -> str:
        """The simulator's name and version, as it goes into content hashes."""
        return f"ngspice-{self._shared.ngspice_version}"

    def run(self, job: Job, reload: bool = False, watcher: Callable[[float], None] | None = None) -> Trace:
        """Run one transient.

        Args:
            job: What to run.
            reload: Load the deck even if it is the one already there.
            watcher: Is told a few times a second which share of it is over.

        Raises:
            EngineExit: ngspice gave up on its process.
        """
        self._shared.log.clear()
        self._shared.watcher = watcher
        if reload or job.deck != self._loaded:
            self._load(job.deck)
        for element, value in sorted(job.alters.items()):
            self._command(f"alter {element} = {value:.17g}")
        self._command("run")
        wanted = {"time", *(vector_name(vector) for vector in job.probes.values())}
        found = {name: self._shared.vector(name) for name in wanted}
        trace = judge(job, {name: samples for name, samples in found.items() if samples is not None}, self._shared.log)
        self._command("destroy all")
        return trace

    def _load(self, deck: str) -> None:
        if self._loaded:
            self._command("remcirc")
        self._loaded = ""
        self._guard(self._shared.load_circuit, deck)
        self._loaded = deck

    def _command(self, command: str) -> None:
        self._guard(self._shared.exec_command, command)

    def _guard(self, call: Any, argument: str) -> None:
        """Do a call whose failures show in the vectors, but not one that ends ngspice."""
        try:
            call(argument)
        except NameError as error:
            self._shared.log.append(f"faultsim: {error}")
        if self._shared.exit_requested:
            raise EngineExit("ngspice asked to exit:\n" + "\n".join(self._shared.log[-5:]))
