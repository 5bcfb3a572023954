"""Some of a plan's settings, by what a user says of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from faultsim.campaigns.plan import Setting
from faultsim.errors import UsageError, did_you_mean


@dataclass(frozen=True)
class Narrowing:
    """What a setting has to be; None for whatever it is.

    Attributes:
        test: Name of the test.
        window: Name of the window.
        vdd_v: Supply voltage, V.
        temperature_c: Degrees Celsius.
        corner: Name of the process corner.
    """

    test: str | None = None
    window: str | None = None
    vdd_v: float | None = None
    temperature_c: float | None = None
    corner: str | None = None

    @property
    def given(self) -> list[str]:
        """Return the options that say something."""
        return [option for option, wanted, _ in self._looks if wanted is not None]

    def of(self, settings: Sequence[Setting]) -> list[Setting]:
        """Return the settings that are so, in plan order.

        Raises:
            UsageError: There is none; it names the option that leaves none, and what it may be instead.
        """
        found, so_far = list(settings), ""
        for option, wanted, look in self._looks:
            if wanted is None:
                continue
            known = {_words(look(setting)) for setting in found}
            found = [setting for setting in found if _same(look(setting), wanted)]
            if not found:
                remedy = did_you_mean(_words(wanted), known)
                raise UsageError(f"{option} {_words(wanted)!r}: no setting of the run{so_far} has it ({remedy})")
            so_far += f"{' and' if so_far else ' with'} {option} {_words(wanted)!r}"
        return found

    @property
    def _looks(self) -> list[tuple[str, str | float | None, Callable[[Setting], str | float]]]:
        """Every option, what it says, and how that is read off a setting."""
        return [
            ("--test", self.test, lambda setting: setting.test),
            ("--window", self.window, lambda setting: setting.window),
            ("--vdd", self.vdd_v, lambda setting: setting.conditions.vdd_v),
            ("--temperature", self.temperature_c, lambda setting: setting.conditions.temperature_c),
            ("--corner", self.corner, lambda setting: setting.conditions.corner.name),
        ]


def _same(value: str | float, wanted: str | float) -> bool:
    if isinstance(value, float) and isinstance(wanted, float):
        return math.isclose(value, wanted, rel_tol=1e-9, abs_tol=1e-9)
    return value == wanted


def _words(value: str | float) -> str:
    return f"{value:g}" if isinstance(value, float) else value
