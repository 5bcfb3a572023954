"""Behaviours of a campaign's defects as faults of a functional network, so that a resistance maps to an accuracy."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from faultsim.errors import Problem, SpecError, UsageError
from faultsim.fault_models.behaviour import SEPARATOR, load_behaviours
from faultsim.learning.twin.fault import Fault
from faultsim.learning.twin.fault_kind import FaultKind
from faultsim.learning.twin.fault_map import FaultMeanRow
from faultsim.learning.twin.network_spec import MOST_JUNCTIONS

_FILE = "behaviours.csv"
_NEEDED = ("circuit", "defect_id", "severity", "unit", "integration_gain", "leak_retention", "behaviours")


@dataclass(frozen=True)
class CircuitBehaviour:
    """How a defect of a circuit makes a neuron behave, and the fault of a network that this is.

    Attributes:
        circuit: In which circuit.
        defect_id: Which defect.
        severity: How large it is.
        unit: Of that.
        window: Of which window that is, where the campaign measured it at several the first.
        behaviours: What the campaign calls it.
        fault: The fault; None where what was measured says too little.
    """

    circuit: str
    defect_id: str
    severity: float
    unit: str
    window: str
    behaviours: str
    fault: Fault | None


@dataclass(frozen=True)
class SeverityRow:
    """What defects of a circuit cost a network; the last columns are empty where one is no fault of a network.

    Attributes:
        circuit: In which circuit.
        defect_id: Which defect.
        severity: How large it is.
        unit: Of that.
        window: Of which window that is.
        behaviours: What the campaign calls it.
        integration_gain: How fast a faulty output integrates, relative to a good one.
        leak_retention: What it keeps from one pulse to the next, relative to a good one.
        moment: Before, during or after learning.
        share: Of the outputs, or synapses, that have it.
        accuracy: Share of the held-out pictures that are named right, on average.
        lost: By how much less that is than without it.
        lost_low: Lower end of the 95 % interval of that.
        lost_high: Its upper end.
    """

    circuit: str
    defect_id: str
    severity: float
    unit: str
    window: str
    behaviours: str
    integration_gain: float | None
    leak_retention: float | None
    moment: str
    share: float | None
    accuracy: float | None
    lost: float | None
    lost_low: float | None
    lost_high: float | None


def read_behaviours(run: Path) -> list[CircuitBehaviour]:
    """Return the behaviours of a run, each once.

    Raises:
        UsageError: There is no such table.
        SpecError: It is no table of behaviours, or the file of a behaviour is wrong.
    """
    file = run / _FILE
    if not file.is_file():
        raise UsageError(f"--behaviours {run}: no {_FILE} there; it takes the folder of a run of a campaign")
    with file.open(newline="") as opened:
        table = csv.DictReader(opened)
        if missing := [name for name in _NEEDED if name not in (table.fieldnames or ())]:
            raise SpecError([Problem(str(file), f"has no column {', '.join(missing)}", "a table of faultsim run")])
        kinds = {one.title: FaultKind(one.network) for one in load_behaviours().specs if one.network is not None}
        found = [_behaviour(row, kinds) for row in table]
    first: dict[tuple[str, str, float], CircuitBehaviour] = {}
    for one in found:
        first.setdefault((one.circuit, one.defect_id, one.severity), one)
    return list(first.values())


def _behaviour(row: Mapping[str, str], kinds: Mapping[str, FaultKind]) -> CircuitBehaviour:
    severity, unit, names = float(row["severity"]), row["unit"], row["behaviours"]
    title = f"{row['defect_id']} {severity:.4g} {unit}"
    own = [kinds[name] for name in names.split(SEPARATOR) if name in kinds]
    fault = None
    if own:
        fault = Fault(title, own[0], junctions=MOST_JUNCTIONS)
    elif row["integration_gain"] and row["leak_retention"]:
        gain, retention = float(row["integration_gain"]), float(row["leak_retention"])
        fault = Fault(title, FaultKind.BEHAVIOUR, gain=gain, retention=retention)
    return CircuitBehaviour(row["circuit"], row["defect_id"], severity, unit, row.get("window", ""), names, fault)


def severity_rows(behaviours: Sequence[CircuitBehaviour], means: Sequence[FaultMeanRow]) -> Iterator[SeverityRow]:
    """Yield what each behaviour costs, moment by moment and share by share."""
    for one in behaviours:
        said = (one.circuit, one.defect_id, one.severity, one.unit, one.window, one.behaviours)
        if one.fault is None:
            yield SeverityRow(*said, None, None, "", None, None, None, None, None)
            continue
        measured = one.fault.kind is FaultKind.BEHAVIOUR
        gain, retention = (one.fault.gain, one.fault.retention) if measured else (None, None)
        for row in means:
            if row.fault == one.fault.name:
                cost = (row.accuracy, row.lost, row.lost_low, row.lost_high)
                yield SeverityRow(*said, gain, retention, row.moment, row.share, *cost)
