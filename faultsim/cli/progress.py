"""Shows how a run gets on: a bar on a terminal, a line every few seconds elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeVar

from faultsim.campaigns.headway import Stale
from faultsim.campaigns.pulse import Monitor, duration
from faultsim.cli.output import printable, say

_LINE_EVERY_S = 5.0
_BEAT_EVERY_S = 1.0
_COUNT_EVERY_S = 2.0
_LOOK_EVERY = 1000
_NAMED = 3
# The pace is that of the last items: those that are found in the store come first, and take no time.
_PACE_OF, _PACE_FROM = 20, 5
# The remembered facts that finished results follow from, in words.
_CAUSES = {
    "spec_sha256": "the campaign's file",
    "deck_sha256": "the circuit's deck",
    "sidecar_sha256": "the circuit's sidecar",
    "behaviours_sha256": "the behaviours' files",
    "whole": "--whole",
    "version.simulator": "the simulator",
    "version.engine": "the engine",
    "version.faultsim": "faultsim",
}
_ANOTHER_CAMPAIGN = {"campaign", "spec_sha256"}
_OTHER_CAUSE = "what a transient is made of"

Item = TypeVar("Item")


def counted(items: Iterable[Item], noun: str) -> Iterator[Item]:
    """Pass items on, and say every few seconds how many there have been."""
    said_s = time.monotonic()
    for number, item in enumerate(items):
        if number and number % _LOOK_EVERY == 0 and time.monotonic() - said_s > _COUNT_EVERY_S:
            said_s = time.monotonic()
            print(f"{number:,} {noun} so far", file=sys.stderr, flush=True)
        yield item


@dataclass(frozen=True)
class Progress:
    """How far something is at one moment.

    Attributes:
        stage: What it is at.
        done: Items of that which are finished.
        total: All of them.
        elapsed_s: Time since it began.
        spent: On what, for people.
    """

    stage: str
    done: int
    total: int
    elapsed_s: float
    spent: str


class ProgressView:
    """A campaign's watcher."""

    def __init__(
        self,
        monitor: Monitor | None = None,
        telling: Callable[[], str] | None = None,
        noting: Callable[[Progress], None] | None = None,
        estimating: bool = False,
    ) -> None:
        """Choose between bar and lines by what stderr is.

        Args:
            monitor: Counts transients and leaves what `status` reads.
            telling: Says what has been spent where there is no monitor; with neither only items are counted.
            noting: Is told every second how far it is.
            estimating: Say how long a stage still takes by its last items, where ``telling`` does not.
        """
        self._lock = threading.Lock()
        self._bar: Any = _bar() if sys.stderr.isatty() else None
        self._task: Any = None
        self._name, self._total, self._done = "", 0, 0
        self._verdicts: dict[str, int] = {}
        self._monitor, self._telling, self._noting, self._estimating = monitor, telling, noting, estimating
        self._spent = ""
        self._finished_s: deque[float] = deque(maxlen=_PACE_OF)
        self._began_s = time.monotonic()
        self._ended = threading.Event()
        self._ticks = threading.Thread(target=self._tick, daemon=True)

    def __enter__(self) -> Self:
        """Show the bar."""
        if self._bar is not None:
            self._bar.start()
        self._ticks.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        """Take the bar away."""
        self._ended.set()
        self._ticks.join()
        if self._monitor is not None:
            self._spent = self._monitor.take(self._name).spent
        else:
            self._beat()
        if self._bar is not None:
            self._show()
            self._bar.stop()

    def planned(self, stale: Stale) -> None:
        """Say what is stale, and begin to estimate how long it takes."""
        if self._monitor is not None:
            self._monitor.planned()
        if stale.titles:
            self._print(stale_text(stale))

    def stage(self, name: str, total: int) -> None:
        """Begin a stage."""
        if self._monitor is not None:
            self._monitor.begin()
        with self._lock:
            self._name, self._total, self._done = name, total, 0
            self._finished_s.clear()
            if self._monitor is None:
                # A campaign has one stage with verdicts, which are those of all of it; elsewhere each is of its stage.
                self._verdicts = {}
            if self._bar is not None:
                self._task = self._bar.add_task(name, total=total, counts="")

    def advance(self, verdict: str = "") -> None:
        """Count one finished item."""
        with self._lock:
            self._done += 1
            self._finished_s.append(time.monotonic())
            if verdict:
                self._verdicts[verdict] = self._verdicts.get(verdict, 0) + 1
            if self._bar is not None:
                self._bar.update(self._task, advance=1, counts=self._counts())

    def _tick(self) -> None:
        """Take the pulse every second; print how far it is every few, whether anything has finished since or not."""
        start_s = said_s = time.monotonic()
        while not self._ended.wait(_BEAT_EVERY_S):
            self._beat()
            now_s = time.monotonic()
            with self._lock:
                if self._bar is not None:
                    self._show()
                elif now_s - said_s > _LINE_EVERY_S:
                    said_s = now_s
                    line = f"{now_s - start_s:4.0f} s  {self._name}: {self._done} of {self._total}"
                    print(f"{line}  {self._counts()}".rstrip(), file=sys.stderr, flush=True)

    def _show(self) -> None:
        if self._task is not None:
            self._bar.update(self._task, counts=self._counts())

    def _beat(self) -> None:
        if self._monitor is not None:
            self._spent = str(self._monitor.take(self._name))
        elif self._telling is not None:
            self._spent = "; ".join(filter(None, (self._telling(), self._remaining())))
        if self._noting is not None:
            elapsed_s = time.monotonic() - self._began_s
            self._noting(Progress(self._name, self._done, self._total, elapsed_s, self._spent))

    def _remaining(self) -> str:
        """Return how long a stage still takes at the pace of its last items; nothing before there are some."""
        with self._lock:
            finished_s, left = list(self._finished_s), self._total - self._done
        if not self._estimating or len(finished_s) < _PACE_FROM or left == 0:
            return ""
        # Until now, since the next one may be a long one.
        each_s = (time.monotonic() - finished_s[0]) / len(finished_s)
        return f"about {duration(each_s * left)} more of this stage"

    def _counts(self) -> str:
        verdicts = ", ".join(f"{count} {name}" for name, count in sorted(self._verdicts.items()))
        return "; ".join(filter(None, (verdicts, self._spent)))

    def _print(self, text: str) -> None:
        if self._bar is not None:
            self._bar.console.print(printable(text), markup=False, highlight=False)
        else:
            say(text)


def stale_text(stale: Stale) -> str:
    """Return which finished results are of no use any more, and because of what."""
    count = sum(map(len, stale.titles.values()))
    if stale.changed >= _ANOTHER_CAMPAIGN:
        return f"{count} finished results of the campaign that was run here before are stale, and dropped"
    stages = [f"{len(titles)} {stage} ({_first(titles)})" for stage, titles in stale.titles.items()]
    causes = [words for name, words in _CAUSES.items() if name in stale.changed]
    return f"{count} finished results are stale, because {' and '.join(causes) or _OTHER_CAUSE} changed: " + ", ".join(
        stages
    )


def _first(titles: Sequence[str]) -> str:
    return ", ".join([*titles[:_NAMED], *(["..."] if len(titles) > _NAMED else [])])


def _bar() -> Any:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
    )

    return Progress(
        TextColumn("{task.description:<11}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[counts]}"),
        console=Console(stderr=True),
    )
