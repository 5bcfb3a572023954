"""What Ctrl-C does to a run: once stops it in good order, twice at once."""

from __future__ import annotations

import os
import signal
import sys
import time
from types import FrameType, TracebackType
from typing import Any, Self

from faultsim.errors import Interrupted

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_FIRST = "faultsim: stopping when what is running has ended; once more stops at once"
# timeout sends its signal to the process and to the group that it is in.
_SAME_S = 0.3
# The bar hides the cursor and stays on its line.
_AFTER_BAR = "\x1b[?25h\r\n"


class Interrupts:
    """A context in which the first signal raises KeyboardInterrupt, and a second one ends the process.

    What comes within a moment of the first is the same one. The second waits for nothing: what is committed survives
    that as it survives SIGKILL, and the workers end with their parent.
    """

    def __init__(self, resume: str) -> None:
        """Say which command goes on with what is stopped."""
        self._resume = resume
        self._asked_s: float | None = None
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        """Listen to the signals; for use in the main thread."""
        self._before = {number: signal.signal(number, self._stop) for number in _SIGNALS}
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        """Leave them to whoever had them before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        now_s = time.monotonic()
        if self._asked_s is not None:
            if now_s - self._asked_s < _SAME_S:
                return
            _write(f"faultsim: stopped at once; what was finished is stored; resume with: {self._resume}")
            os._exit(Interrupted.exit_code)
        self._asked_s = now_s
        _write(_FIRST)
        raise KeyboardInterrupt


def _write(message: str) -> None:
    # Not through sys.stderr, which the signal may have found in the middle of a write.
    begin = _AFTER_BAR if sys.stderr.isatty() else ""
    os.write(2, f"{begin}{message}\n".encode())
