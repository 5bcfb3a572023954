"""Threads that networks learn on, and that Ctrl-C ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import Any

from faultsim.errors import Interrupted
from faultsim.learning.twin.course import Stopped

Run = Callable[[Callable[[Any], Any], Sequence[Any]], list[Any]]
"""Does something with every item, several at a time; returns what came of it, in their order."""


@contextmanager
def workers(threads: int, stop: Event) -> Iterator[Run]:
    """Open some threads.

    Args:
        threads: How many work at a time.
        stop: Is set where the context ends, so that what still runs ends as well.

    Raises:
        Interrupted: Ctrl-C; what was finished is kept.
    """
    pool = ThreadPoolExecutor(threads)
    try:
        yield lambda work, items: list(pool.map(work, items))
    except (KeyboardInterrupt, Stopped) as error:
        raise Interrupted("stopped; what was measured is kept") from error
    finally:
        stop.set()
        pool.shutdown(wait=True, cancel_futures=True)
