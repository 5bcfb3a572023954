"""``faultsim sites``."""

from __future__ import annotations

from typing import Any

from faultsim.circuits import network
from faultsim.cli.output import print_rows
from faultsim.fault_models.defect import Defect, named_defects


def run(circuit: str, json: bool) -> None:
    """List the named defects of a circuit."""
    rows = [_row(defect) for defect in named_defects(network.load(circuit)).values()]
    if not json:
        rows = [{key: row[key] for key in ("id", "kind", "location", "path", "source")} for row in rows]
    print_rows(rows, json)


def _row(defect: Defect) -> dict[str, Any]:
    site = defect.site
    return {
        "id": defect.id,
        "kind": defect.definition.kind,
        "location": site.location,
        "device": site.device,
        "terminals": [f"{element}.{terminal}" for element, terminal in site.terminals],
        "nets": [site.net] if site.net else [],
        "weight": defect.weight,
        "merged": 1,
        "path": site.path,
        "source": site.source,
    }
