"""``faultsim sites``."""

from __future__ import annotations

import csv as csv_format
import io
import json as json_format
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import chain
from pathlib import Path
from typing import Any

from faultsim.circuits.circuit import Circuit
from faultsim.cli.circuits import open_circuit
from faultsim.cli.output import print_json, print_rows, print_stream, say, write_text
from faultsim.cli.progress import counted
from faultsim.errors import UsageError
from faultsim.fault_models.defect import Defect
from faultsim.fault_models.naming import default_universe, named_defects
from faultsim.fault_models.record import Count, head, row_of
from faultsim.fault_models.rules import load_universe, load_weights
from faultsim.fault_models.universe import Universe
from faultsim.reports.tables import cell

NAMED = "named"
_SHOWN = ("id", "kind", "location", "nets", "weight", "merged", "same_as", "undetectable")


@dataclass(frozen=True)
class Request:
    """The options of ``sites``, as typed."""

    circuit: str
    universe: str | None
    only: str
    weights: Path | None
    excluded: bool
    summary: bool
    svg: Path | None
    graphml: Path | None
    csv: Path | None
    record: Path | None
    trust: bool


def run(request: Request, json: bool) -> None:
    """List the defects of a circuit, and write what is asked for."""
    circuit = open_circuit(request.circuit, request.trust)
    name = request.universe or default_universe(circuit)
    overrides = load_weights(request.weights) if request.weights else ()
    universe = Universe(circuit, load_universe("network" if name == NAMED else name), overrides)
    if request.excluded:
        print_rows([{"device": item.device, "reason": item.reason} for item in universe.excluded], json)
        return
    _write_files(request, circuit, universe, name)
    if request.summary:
        _print_summary(request, circuit, universe, name, json)
        return
    count = Count()
    rows = (row_of(defect) for defect in _chosen(request, circuit, universe, name, count))
    first = next(rows, None)
    if first is None and request.only != "*":
        raise UsageError(f"--only {request.only!r} matches no defect of {circuit.name} in universe {name}")
    print_stream(chain([first] if first is not None else [], rows), _SHOWN, json)
    if not json:
        _say_count(count, universe)


def _chosen(request: Request, circuit: Circuit, universe: Universe, name: str, count: Count) -> Iterator[Defect]:
    """Yield the defects that are asked for, and count them."""
    defects: Iterable[Defect] = named_defects(circuit).values() if name == NAMED else universe
    for defect in counted(defects, "defects"):
        if request.only == "*" or fnmatchcase(defect.id, request.only):
            count.add(defect)
            yield defect


def _write_files(request: Request, circuit: Circuit, universe: Universe, name: str) -> None:
    read = {card.source for card in circuit.cards} | ({str(request.weights)} if request.weights else set())
    if request.graphml is not None:
        from faultsim.circuits.graph import graphml

        write_text(request.graphml, graphml(circuit), read)
    if request.svg is not None:
        from faultsim.reports.tracks import tracks_drawing

        if request.svg.suffix.lower() != ".svg":
            raise UsageError(f"--svg {request.svg}: drawings are SVG; give a name that ends in .svg")
        write_text(request.svg, tracks_drawing(circuit, _chosen(request, circuit, universe, name, Count())), read)
    if request.csv is not None:
        rows = (row_of(defect) for defect in _chosen(request, circuit, universe, name, Count()))
        write_text(request.csv, _csv_text(rows), read)
    if request.record is not None:
        count = Count()
        listed = [row_of(defect) for defect in _chosen(request, circuit, universe, name, count)]
        record = {**head(circuit, name, universe.spec, count, universe.excluded), "defects": listed}
        write_text(request.record, json_format.dumps(record, indent=1) + "\n", read)


def _csv_text(rows: Iterable[Mapping[str, Any]]) -> str:
    buffer = io.StringIO()
    writer = csv_format.writer(buffer, lineterminator="\n")
    for number, row in enumerate(rows):
        if number == 0:
            writer.writerow(row)
        writer.writerow([cell(value) for value in row.values()])
    return buffer.getvalue()


def _print_summary(request: Request, circuit: Circuit, universe: Universe, name: str, json: bool) -> None:
    count = Count()
    for _ in _chosen(request, circuit, universe, name, count):
        pass
    if json:
        print_json(
            {key: value for key, value in head(circuit, name, universe.spec, count, ()).items() if key != "rules"}
        )
        return
    rows = [
        {"kind": kind, "defects": number, "weight": count.weights[kind]} for kind, number in sorted(count.kinds.items())
    ]
    print_rows(rows, json)
    _say_count(count, universe)


def _say_count(count: Count, universe: Universe) -> None:
    excluded = sum(1 for _ in universe.excluded)
    numbers = f"{count.defects:,} defects, {count.circuits:,} different circuits, weight {count.weight:g}"
    say(f"{universe.spec.title}: {numbers}")
    if excluded:
        say(f"{excluded:,} devices have no defects; --excluded lists them with the reason")
