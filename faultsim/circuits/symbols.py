"""Patterns and weights as text: one symbol per input, and short forms for long ones."""

from __future__ import annotations

import re
from itertools import groupby
from typing import Annotated

from pydantic import BeforeValidator

_RUN = re.compile(r"(.)\{(\d{1,6})\}")
_LONGEST = 65_536
"""Symbols of the largest crossbar's weights; a longer text is a slip of the finger."""
_SHORT = 16
"""Up to here people count for themselves."""


def spelled_out(text: str) -> str:
    """Return patterns or weights with their repeats written out: ``1{3}0{2}`` is ``11100``; blanks do not count."""
    wanted = "".join(text.split())
    if sum(int(times) for _, times in _RUN.findall(wanted)) > _LONGEST:
        return wanted
    return _RUN.sub(lambda run: run[1] * int(run[2]), wanted)


def abridged(text: str) -> str:
    """Return patterns or weights with long runs of a symbol as repeats, as `spelled_out` reads them."""
    if len(text) <= _SHORT:
        return text
    runs = [(symbol, len(list(run))) for symbol, run in groupby(text)]
    return "".join(f"{symbol}{{{times}}}" if times > 3 else symbol * times for symbol, times in runs)


Symbols = Annotated[str, BeforeValidator(lambda text: spelled_out(text) if isinstance(text, str) else text)]
"""Patterns or weights in a file."""
