"""Simulations of the fault-free circuit that failed, in words: those that failed the same way in one line."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass

from faultsim import library
from faultsim.circuits.network import Network
from faultsim.spice.job import Outcome

_NAMED = 2
_OURS = "faultsim: "
_ERROR = re.compile(r"error|fatal|singular matrix|too small|no convergence|netlist line", re.IGNORECASE)
# Follows from an error before, and says nothing of its own.
_CONSEQUENCE = re.compile(r"vector .* not found|circuit not parsed|cannot recover", re.IGNORECASE)
_WITH_CARD = "Error on line"


@dataclass(frozen=True)
class Failure:
    """One of them.

    Attributes:
        subject: What was simulated, such as a pattern.
        outcome: How it ended.
        options: Of ``faultsim simulate``, to see the same.
    """

    subject: str
    outcome: Outcome
    options: tuple[str, ...]


def failure_lines(network: Network, noun: str, failures: Iterable[Failure]) -> list[str]:
    """Return a line for all that failed the same way, each with the command that shows the whole log.

    Args:
        network: The circuit.
        noun: What the subjects are.
        failures: In the order of the plan.
    """
    alike: dict[str, list[Failure]] = {}
    for one in failures:
        how = f"the simulation ended with {one.outcome.status}: {reason(one.outcome)}"
        alike.setdefault(how, []).append(one)
    circuit = library.called("circuits", network.path)
    return [
        f"{_listed(noun, [one.subject for one in found])}: {how} "
        f"({shlex.join(['faultsim', 'simulate', circuit, *found[0].options])} shows the whole log)"
        for how, found in alike.items()
    ]


def reason(outcome: Outcome) -> str:
    """Return what the simulator said first of what went wrong, or what we say of it where it said nothing."""
    lines = [line.strip() for line in outcome.log_tail.splitlines() if line.strip()]
    for place, line in enumerate(lines):
        if _ERROR.search(line) and not _CONSEQUENCE.search(line) and not line.startswith(_OURS):
            # The card is on the line below, and what is wrong with it on the next.
            more = 2 if line.startswith(_WITH_CARD) else int(line.endswith(":"))
            return " ".join([line, ": ".join(lines[place + 1 : place + 1 + more])]).strip()
    return lines[-1].removeprefix(_OURS) if lines else "no log"


def _listed(noun: str, subjects: list[str]) -> str:
    if len(subjects) == 1:
        return f"{noun} {subjects[0]}"
    rest = len(subjects) - _NAMED
    last = f"{rest} more" if rest > 1 else subjects[-1]
    first = subjects[:_NAMED] if rest else subjects[:-1]
    return f"{noun}s {', '.join(first)} and {last}"
