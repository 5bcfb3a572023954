"""How many examples hypothesis tries: enough for every push by default, many times more by ``make fuzz``."""

from __future__ import annotations

import os


def examples(count: int) -> int:
    """Return a number of examples, times what FAULTSIM_EXAMPLES asks for."""
    return max(1, round(count * float(os.environ.get("FAULTSIM_EXAMPLES", "1"))))
