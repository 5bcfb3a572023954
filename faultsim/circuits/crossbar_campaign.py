"""What a campaign on a generated crossbar looks at: its first and last row, its bit line, its first neuron."""

from __future__ import annotations

from typing import Any

from faultsim.circuits.crossbar_plan import CrossbarPlan
from faultsim.circuits.symbols import abridged


def campaign_context(plan: CrossbarPlan, circuit: str) -> dict[str, Any]:
    """Return what the template of a campaign shows.

    Args:
        plan: The crossbar.
        circuit: What the campaign calls it.
    """
    everything, *halves = plan.telling
    patterns = halves or [everything]
    first, last = plan.cells[patterns[0].index("1")].name, plan.cells[patterns[-1].rindex("1")].name
    bridges, lines = _bridges(plan), _opens_of_line(plan)
    neuron = f"{plan.columns[0].neuron}.*"
    names = ["first inputs", "last inputs"] if len(patterns) > 1 else ["inputs"]
    globs = [[f"{first}.*", *lines, *bridges, neuron], [f"{last}.*"]]
    pulses = {pattern: plan.first_spike(pattern) for pattern in patterns}
    groups: list[dict[str, Any]] = [
        {"kind": "open", "sites": [*(f"{cell}.ma[12].?:open" for cell in dict.fromkeys((first, last))), *lines]},
        {"kind": "short", "sites": [f"{first}.ma[12].*", f"{first}.xmtj.*"]},
        {"kind": "bridge", "sites": bridges},
        {"kind": "device", "sites": [f"{first}.xmtj:*", f"{neuron}:*"]},
    ]
    return {
        "plan": plan,
        "circuit": circuit,
        "patterns": [abridged(pattern) for pattern in patterns if pulses[pattern] is not None],
        "undecided": [abridged(pattern) for pattern in patterns if pulses[pattern] is None],
        "groups": groups,
        "tests": [
            {
                "name": name,
                "pattern": abridged(pattern),
                "active": pattern.count("1"),
                "limit": plan.spec.seen_of_a_cell / pattern.count("1"),
                "spikes": bool(pulses[pattern]),
                "defects": seen if len(patterns) > 1 else [],
            }
            for name, pattern, seen in zip(names, patterns, globs, strict=False)
        ],
    }


def _bridges(plan: CrossbarPlan) -> list[str]:
    """Return ids of bridges: of the first rows, of an active with a silent row, of the bit line."""
    line, count = plan.columns[0].bl, len(plan.rows)
    neighbours = [number for number in dict.fromkeys((1, plan.fires_from)) if number < count]
    found = [f"in{number}~in{number + 1}:bridge" for number in neighbours]
    # With resistance the two cross at taps, which the layout does not name.
    found += [] if plan.request.wire_ohm else [f"in1~{line}:bridge"]
    return [*found, f"{line}~0:bridge", f"{line}~vdd:bridge"]


def _opens_of_line(plan: CrossbarPlan) -> list[str]:
    """Return ids of opens of the first bit line that cut off from one to nearly all of the inputs that fire."""
    line, needed = plan.columns[0].bl, plan.fires_from
    numbers = sorted({1, max(1, needed // 4), max(1, needed // 2), max(1, needed - 1)})
    if plan.request.wire_ohm:
        return [f"r{line}_{number}:open" for number in numbers]
    return [f"{line}.{plan.cells[number - 1].name}:open" for number in numbers]
