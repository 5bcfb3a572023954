"""Keeps what a library prints by itself off stdout, which is for data."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_STDOUT = 1


@contextmanager
def silenced() -> Iterator[None]:
    """Throw away what is written to the process's stdout meanwhile, below Python as well; other threads' with it.

    HiGHS says there how it mends a solution that it has rounded.
    """
    sys.stdout.flush()
    kept, nothing = os.dup(_STDOUT), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nothing, _STDOUT)
        yield
    finally:
        os.dup2(kept, _STDOUT)
        os.close(kept)
        os.close(nothing)
