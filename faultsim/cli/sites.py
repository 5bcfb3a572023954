"""``faultsim sites``."""

from __future__ import annotations

import csv as csv_format
import io
import json as json_format
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

from faultsim.circuits.circuit import Circuit
from faultsim.cli.circuits import open_circuit
from faultsim.cli.output import print_json, print_rows, print_stream, say, write_text
from faultsim.cli.progress import counted
from faultsim.errors import UsageError
from faultsim.fault_models.defect import Defect
from faultsim.fault_models.globs import matches
from faultsim.fault_models.naming import WIDEST, default_universe, named_defects, rules_for
from faultsim.fault_models.record import Count, head, row_of
from faultsim.fault_models.rules import UniverseSpec
from faultsim.fault_models.universe import Universe
from faultsim.fault_models.universe_file import load_weights
from faultsim.fault_models.weights import Unmatched, Weigher, Weight
from faultsim.reports.tables import cell
from faultsim.units import number_of

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
    rules = _rules(circuit, name)
    plain = Universe(circuit, rules)
    request = replace(request, only=_alone(request.only, plain))
    given = load_weights(request.weights) if request.weights else ()
    overrides = [item.model_copy(update={"defects": _alone(item.defects, plain)}) for item in given]
    universe = replace(plain, weights=overrides)
    if request.excluded:
        print_rows([{"device": item.device, "reason": item.reason} for item in universe.excluded], json)
        return
    _write_files(request, circuit, universe, name)
    unmatched = Unmatched([override.defects for override in overrides])
    chosen = _chosen(request, circuit, universe, name, unmatched)
    if request.summary:
        _print_summary(chosen, circuit, universe, name, json)
    else:
        _print_list(request, chosen, circuit, universe, name, json)
    for glob in dict.fromkeys(unmatched.globs):
        say(f"{request.weights}: {_as_typed(glob)} matches no defect of {circuit.name} in universe {name}")


def _alone(glob: str, universe: Universe) -> str:
    """Return a glob; in place of one with brackets that is itself the id of a defect, one that matches it alone."""
    found = universe.find(glob) if "[" in glob else None
    return glob.replace("[", "[[]") if found is not None and found.id.lower() == glob.lower() else glob


def _as_typed(glob: str) -> str:
    return repr(glob.replace("[[]", "["))


def _rules(circuit: Circuit, name: str) -> UniverseSpec:
    if name != NAMED:
        return rules_for(circuit, name)
    return rules_for(circuit, WIDEST).model_copy(
        update={
            "title": "What the sidecar names",
            "source": "the circuit's sidecar; weights as in the network's universe",
        }
    )


def _chosen(
    request: Request, circuit: Circuit, universe: Universe, name: str, unmatched: Unmatched | None = None
) -> Iterator[Defect]:
    """Yield the defects that are asked for, and note which of the user's weights match any."""
    defects: Iterable[Defect] = _named(circuit, universe) if name == NAMED else universe
    for defect in counted(defects, "defects"):
        if unmatched is not None:
            unmatched.see(defect.id)
        if request.only == "*" or matches(defect.id, request.only):
            yield defect


def _named(circuit: Circuit, universe: Universe) -> Iterator[Defect]:
    """Yield what the sidecar names, with the user's weights where there are any."""
    weigher = Weigher(universe.weights)
    for defect in named_defects(circuit).values():
        said = defect.accounting
        weight = weigher.overridden(defect.id, Weight(said.weight, said.origin, said.justification))
        accounting = said._replace(weight=weight.value, origin=weight.origin, justification=weight.justification)
        yield replace(defect, accounting=accounting)


def _tallied(defects: Iterable[Defect], count: Count) -> Iterator[Defect]:
    """Pass defects on, and count them."""
    for defect in defects:
        count.add(defect)
        yield defect


def _no_match(request: Request, circuit: Circuit, name: str) -> UsageError:
    return UsageError(f"--only {_as_typed(request.only)} matches no defect of {circuit.name} in universe {name}")


def _write_files(request: Request, circuit: Circuit, universe: Universe, name: str) -> None:
    read = {card.source for card in circuit.cards} | ({str(request.weights)} if request.weights else set())
    if request.graphml is not None:
        from faultsim.circuits.graph import graphml

        write_text(request.graphml, graphml(circuit), read)
    if request.svg is not None:
        write_text(request.svg, _drawing(request, circuit, universe, name), read)
    if request.csv is not None:
        rows = (row_of(defect) for defect in _chosen(request, circuit, universe, name))
        write_text(request.csv, _csv_text(rows), read)
    if request.record is not None:
        count = Count()
        listed = [row_of(defect) for defect in _tallied(_chosen(request, circuit, universe, name), count)]
        record = {**head(circuit, name, universe.spec, count, universe.excluded), "defects": listed}
        write_text(request.record, json_format.dumps(record, indent=1) + "\n", read)


def _drawing(request: Request, circuit: Circuit, universe: Universe, name: str) -> str:
    """Draw the circuit; of a large one the part that the chosen defects touch, where some are chosen."""
    from faultsim.reports.tracks.drawing import part_of, tracks_drawing
    from faultsim.reports.tracks.view import MOST_DEVICES

    if request.svg is not None and request.svg.suffix.lower() != ".svg":
        raise UsageError(f"--svg {request.svg}: drawings are SVG; give a name that ends in .svg")
    chosen: Iterable[Defect] = _chosen(request, circuit, universe, name)
    part = circuit
    if request.only != "*":
        chosen = list(chosen)
        if not chosen:
            raise _no_match(request, circuit, name)
        part = part_of(circuit, chosen)
    try:
        return tracks_drawing(part, chosen)
    except UsageError as error:
        remedy = f"--only GLOB draws the part that matching defects touch, up to {MOST_DEVICES} devices"
        raise UsageError(f"{error} ({remedy})") from error


def _csv_text(rows: Iterable[Mapping[str, Any]]) -> str:
    buffer = io.StringIO()
    writer = csv_format.writer(buffer, lineterminator="\n")
    for number, row in enumerate(rows):
        if number == 0:
            writer.writerow(row)
        writer.writerow([cell(value) for value in row.values()])
    return buffer.getvalue()


def _print_list(
    request: Request, chosen: Iterable[Defect], circuit: Circuit, universe: Universe, name: str, json: bool
) -> None:
    count = Count()
    rows = map(row_of, _tallied(chosen, count))
    first = next(rows, None)
    if first is None and request.only != "*":
        raise _no_match(request, circuit, name)
    print_stream(chain([first] if first is not None else [], rows), _SHOWN, json)
    if not json:
        _say_count(count, universe)


def _print_summary(chosen: Iterable[Defect], circuit: Circuit, universe: Universe, name: str, json: bool) -> None:
    count = Count()
    for defect in chosen:
        count.add(defect)
    kinds = [
        {"kind": kind, "defects": number, "weight": count.weights[kind]} for kind, number in sorted(count.kinds.items())
    ]
    if json:
        whole = {"defects": count.defects, "circuits": count.circuits, "weight": count.weight}
        print_json({"circuit": circuit.name, "universe": name, **whole, "kinds": kinds})
        return
    print_rows(kinds, json)
    _say_count(count, universe)


def _say_count(count: Count, universe: Universe) -> None:
    excluded = sum(1 for _ in universe.excluded)
    numbers = f"{number_of(count.defects, 'defect')}, {number_of(count.circuits, 'different circuit')}"
    say(f"{universe.spec.title}: {numbers}, weight {count.weight:g}")
    if excluded:
        have = "has" if excluded == 1 else "have"
        say(f"{number_of(excluded, 'device')} {have} no defects; --excluded lists them with the reason")
