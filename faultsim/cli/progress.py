"""Shows how a run gets on: a bar on a terminal, a line every few seconds elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any, Self, TypeVar

_LINE_EVERY_S = 5.0
_COUNT_EVERY_S = 2.0
_LOOK_EVERY = 1000


Item = TypeVar("Item")


def counted(items: Iterable[Item], noun: str) -> Iterator[Item]:
    """Pass items on, and say every few seconds how many there have been."""
    said_s = time.monotonic()
    for number, item in enumerate(items):
        if number and number % _LOOK_EVERY == 0 and time.monotonic() - said_s > _COUNT_EVERY_S:
            said_s = time.monotonic()
            print(f"{number:,} {noun} so far", file=sys.stderr, flush=True)
        yield item


class ProgressView:
    """A campaign's watcher."""

    def __init__(self) -> None:
        """Choose between bar and lines by what stderr is."""
        self._lock = threading.Lock()
        self._bar: Any = _bar() if sys.stderr.isatty() else None
        self._task: Any = None
        self._name, self._total, self._done = "", 0, 0
        self._verdicts: dict[str, int] = {}
        self._ended = threading.Event()
        self._lines = threading.Thread(target=self._print_lines, daemon=True)

    def __enter__(self) -> Self:
        """Show the bar."""
        if self._bar is not None:
            self._bar.start()
        else:
            self._lines.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        """Take the bar away."""
        self._ended.set()
        if self._bar is not None:
            self._bar.stop()

    def stage(self, name: str, total: int) -> None:
        """Begin a stage."""
        with self._lock:
            self._name, self._total, self._done = name, total, 0
            if self._bar is not None:
                self._task = self._bar.add_task(name, total=total, verdicts="")

    def advance(self, verdict: str = "") -> None:
        """Count one finished item."""
        with self._lock:
            self._done += 1
            if verdict:
                self._verdicts[verdict] = self._verdicts.get(verdict, 0) + 1
            if self._bar is not None:
                self._bar.update(self._task, advance=1, verdicts=self._counts())

    def _print_lines(self) -> None:
        """Print how far it is every few seconds, whether anything has finished since or not."""
        start_s = time.monotonic()
        while not self._ended.wait(_LINE_EVERY_S):
            with self._lock:
                line = f"{time.monotonic() - start_s:4.0f} s  {self._name}: {self._done} of {self._total}"
                print(f"{line}  {self._counts()}".rstrip(), file=sys.stderr, flush=True)

    def _counts(self) -> str:
        return ", ".join(f"{count} {name}" for name, count in sorted(self._verdicts.items()))


def _bar() -> Any:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("{task.description:<11}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[verdicts]}"),
        console=Console(stderr=True),
    )
