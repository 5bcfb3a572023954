"""Long work that begins with the first test: most tests keep one core busy, and this takes what they leave."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import suppress
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread
from typing import Any

Work = Callable[[Path], Any]
# A quarter of a core that a test keeps busy: no transient takes so long then that it counts as hung.
_NICE = 5


class Ahead:
    """Does one piece of work after the other in a process of its own, whose results can be waited for."""

    def __init__(self, works: Iterable[Work], folder_of: Callable[[], Path]) -> None:
        # A thread would hold the interpreter up; and what it does must be killed with all that it started.
        self._pool = ProcessPoolExecutor(1, get_context("spawn"), _give_way)
        self._process_id = self._pool.submit(os.getpid)
        self._begun: dict[Work, Future[Any]] = {}
        for work in works:
            self._begun[work] = self._pool.submit(work, folder_of())

    def result(self, work: Work) -> Any:
        """Return what a piece of work returned, or raise what it raised."""
        return self._begun[work].result()

    def close(self) -> None:
        """End what is still under way, as after a test session that was stopped."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        if not all(future.done() for future in self._begun.values()):
            with suppress(ProcessLookupError):
                os.killpg(self._process_id.result(), signal.SIGTERM)


def _give_way() -> None:
    os.setpgid(0, 0)
    os.nice(_NICE)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    tests = parent_process()
    assert tests is not None
    tests.join()
    os.killpg(0, signal.SIGTERM)
