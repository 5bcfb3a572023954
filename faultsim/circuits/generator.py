"""Generates crossbars of any size: a deck, its sidecar, and copies of the devices and cells that both name."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from faultsim import library
from faultsim.circuits import network
from faultsim.circuits.crossbar_campaign import campaign_context
from faultsim.circuits.crossbar_plan import CrossbarPlan, CrossbarRequest, GeneratorSpec
from faultsim.circuits.generated import GeneratedFiles, parts_folder, stem_of, stem_problems
from faultsim.circuits.hierarchy import Hierarchy
from faultsim.circuits.network import REQUIRED_OBSERVABLES, Network
from faultsim.circuits.sidecar import sidecar_table
from faultsim.circuits.symbols import abridged
from faultsim.circuits.templates import missing_templates, templates
from faultsim.errors import Problem, SpecError, UsageError
from faultsim.specfile import read_spec
from faultsim.units import parse_quantity

_OF_EVERY_OUTPUT = ("out", "mz", "im_wr")
"""Probes that each output has; those that observables are made of."""


@dataclass(frozen=True)
class Generated(GeneratedFiles):
    """A crossbar that is not written yet.

    Attributes:
        plan: What it consists of.
    """

    plan: CrossbarPlan


def load_generator(path: Path) -> GeneratorSpec:
    """Load what crossbars are generated from.

    Raises:
        SpecError: Everything that is wrong with it.
    """
    spec = read_spec(path, GeneratorSpec)
    missing = missing_templates(path, {"deck": spec.deck, "sidecar": spec.sidecar, "campaign": spec.campaign})
    if missing:
        raise SpecError(missing)
    return spec


def generate_crossbar(request: CrossbarRequest, out: Path, campaign: Path | None = None) -> Generated:
    """Return a crossbar: a deck, a sidecar beside it, and a folder with what both include.

    Args:
        request: Its size, weights, wires and neuron.
        out: Name of its files, with or without ``.cir`` or ``.toml``.
        campaign: File of a campaign on it.

    Raises:
        UsageError: Everything that does not fit.
    """
    file = library.generator("crossbar")
    spec = load_generator(file)
    stem = stem_of(out)
    problems = [*request.problems(spec), *_path_problems(stem, campaign)]
    if problems:
        raise UsageError("\n".join(map(str, problems)))
    base = network.load(spec.neurons[request.neuron].circuit)
    parts = _parts(base)
    folder, copied = parts_folder(stem, parts)
    plan = CrossbarPlan(stem.name, request, base.sidecar.fires_from or len(base.inputs), spec, folder)
    sidecar, deck = (stem.with_name(stem.name + suffix) for suffix in (".toml", ".cir"))
    fill = templates(file.parent)
    # As written, so that quantities stay as somebody typed them.
    raw = sidecar_table(base.path)
    says = _Sidecar(plan, spec, base, raw, parts).context()
    files = {
        sidecar: fill(spec.sidecar, says).encode(),
        deck: fill(spec.deck, _deck_context(plan, spec, base, raw)).encode(),
        **copied,
    }
    if campaign is not None:
        files[campaign] = fill(spec.campaign, campaign_context(plan, _circuit_of(campaign, sidecar))).encode()
    return Generated(sidecar, deck, files, plan)


def _path_problems(stem: Path, campaign: Path | None) -> Iterator[Problem]:
    yield from stem_problems(stem)
    if campaign is not None and campaign.absolute() == stem.with_name(stem.name + ".toml").absolute():
        yield Problem(f"--campaign {campaign}", "is the crossbar's sidecar", "give another name")
    if campaign is not None and (campaign.suffix != ".toml" or not campaign.parent.is_dir()):
        yield Problem(f"--campaign {campaign}", "does not fit", "a file .toml in a folder that is there")


def _parts(base: Network) -> dict[str, Path]:
    """Return the files that a circuit is built from, by folder and name, those that declare devices among them."""
    deck = base.path.parent / base.sidecar.deck
    sources = dict.fromkeys(Path(card.source).resolve() for card in base.cards)
    decks = [source for source in sources if source != deck.resolve()]
    files = [file for source in decks for file in (source, source.with_suffix(".toml")) if file.is_file()]
    return {f"{file.parent.name}/{file.name}": file for file in files}


def _circuit_of(campaign: Path, sidecar: Path) -> str:
    """Return what a campaign calls its circuit: by name where the library knows it by that, else by its path."""
    try:
        known = library.find("circuits", sidecar.stem)
    except UsageError:
        known = None
    in_library = known is not None and known.resolve() == sidecar.resolve()
    return sidecar.stem if in_library else os.path.relpath(sidecar, campaign.parent)


def _deck_context(plan: CrossbarPlan, spec: GeneratorSpec, base: Network, raw: Mapping[str, Any]) -> dict[str, Any]:
    defaults = Hierarchy(base.cards).defaults(spec.neuron)
    widths = {name: parse_quantity(defaults[name]) * plan.scale for name in spec.scaled}
    return {"plan": plan, "spec": spec, "widths": widths, "weights": raw["weights"]}


@dataclass(frozen=True)
class _Sidecar:
    """What a generated sidecar says.

    Attributes:
        plan: The crossbar.
        spec: What it is generated from.
        base: The circuit that it is modelled on.
        raw: Sidecar of that circuit, as written.
        parts: Files of that circuit.
    """

    plan: CrossbarPlan
    spec: GeneratorSpec
    base: Network
    raw: Mapping[str, Any]
    parts: Mapping[str, Path]

    def context(self) -> dict[str, Any]:
        """Return what the template shows."""
        plan, request = self.plan, self.plan.request
        exchanged = {(self.base.path.parent / item.file).resolve() for item in self.base.sidecar.exchange}
        size = f"{request.inputs} x {request.outputs} crossbar of SHE-MTJs"
        return {
            "plan": plan,
            "base": self.raw,
            "title": f"{size}, neuron set {request.neuron}, firing from {plan.fires_from} inputs on",
            "undecided": [pattern for pattern in plan.telling if plan.first_spike(pattern) is None],
            "exchange": [name for name, file in self.parts.items() if file in exchanged],
            "ports": list(self._ports()),
            "tables": {**self._kept(), **self._probes(), **self._lines()},
        }

    def _ports(self) -> Iterator[dict[str, Any]]:
        """Yield the ports of the base with this crossbar's nets."""
        inputs, columns = range(1, self.plan.request.inputs + 1), self.plan.columns
        nets = {
            "input": [row.net for row in self.plan.rows],
            "depress": [f"dep{number}" for number in inputs],
            "program": [column.pe for column in columns],
            "output": [column.out for column in columns],
        }
        for ports in self.raw["ports"]:
            yield {**ports, "nets": nets.get(ports["role"], ports["nets"])}

    def _kept(self) -> dict[str, dict[str, Any]]:
        """Return the tables that hold for a crossbar of any size."""
        raw, cells, columns = self.raw, len(self.plan.cells), len(self.plan.columns)
        timeout_s = max(self.base.sidecar.simulation.timeout, self.spec.timeout_per_cell * cells)
        resting = {name.partition(".")[2]: share for name, share in raw["initial"].items() if "." in name}
        ramp = next(share for name, share in raw["initial"].items() if "." not in name)
        initial = {f"{column.neuron}.{net}": share for column in self.plan.columns for net, share in resting.items()}
        # Of several neurons any may be near its level.
        accuracy = {name: value for name, value in raw["simulation"].items() if name != "near" or columns == 1}
        windows = {name: site for name, site in raw["sites"].items() if "window" in site}
        return {
            "initial": initial | {f"pot{row.number}": ramp for row in self.plan.rows},
            "conditions": raw["conditions"],
            "stimulus": raw["stimulus"],
            "simulation": {**accuracy, "timeout": timeout_s},
            "process": raw["process"],
            "tolerance": raw["tolerance"],
            "neuron": {**raw["neuron"], "device": _at(self.plan.columns[0].neuron, raw["neuron"]["device"])},
            "sites": windows,
        }

    def _probes(self) -> dict[str, dict[str, Any]]:
        """Return what is recorded of every output, and of the first inputs and cells; and what is read off it."""
        raw, plan, first = self.raw, self.plan, self.plan.columns[0]
        probes = {row.net: f"v({row.net})" for row in plan.rows[: self.spec.recorded]}
        probes |= {"rd": "v(rd)", "ramp1": "v(pot1)", "pe": f"v({first.pe})"}
        probes |= {
            f"w{number}": f"v({cell.name}.my)" for number, cell in enumerate(plan.cells[: self.spec.recorded], 1)
        }
        observables = dict(raw["observables"])
        for column in plan.columns:
            label = "" if column is first else str(column.number)
            nets = f"v({column.out})", f"v({column.neuron}.mz)", f"i(v.{column.neuron}.vwr)"
            probes |= {name + label: vector for name, vector in zip(_OF_EVERY_OUTPUT, nets, strict=True)}
            for name in REQUIRED_OBSERVABLES if label else ():
                observables[f"{name}_{label}"] = _numbered(raw["observables"][name], label)
        return {"probes": probes, "observables": observables}

    def _lines(self) -> dict[str, dict[str, Any]]:
        plan, weights = self.plan, self.raw["weights"]
        spikes = {pattern: plan.first_spike(pattern) for pattern in plan.telling}
        tables: dict[str, dict[str, Any]] = {
            "baseline": {"spikes": {abridged(pattern): pulse for pattern, pulse in spikes.items() if pulse}},
            "weights": {**weights, "cells": [cell.name for cell in plan.cells], "default": abridged(plan.weights)},
            "layout": {
                "word_lines": [row.net for row in plan.rows],
                "bit_lines": [column.bl for column in plan.columns],
                "rails": self.raw["layout"]["rails"],
            },
        }
        if plan.request.wire_ohm:
            # With resistance a line is many nets, and its opens are those of the resistors.
            tables["layout"]["segments"] = ["rin*_*", "rbl*_*"]
            return tables
        return tables | dict(self._wires())

    def _wires(self) -> Iterator[tuple[str, dict[str, Any]]]:
        plan, count = self.plan, len(self.plan.rows)
        for column in plan.columns:
            cells = plan.cells[(column.number - 1) * count : column.number * count]
            taps = [tap for cell in cells for tap in self._taps(cell.name, "bl", f"{column.bl}_{cell.row.number}")]
            yield f"wires.{column.bl}", {"net": column.bl, "order": [*taps, f"{column.neuron}.bl"]}
        for row in plan.rows:
            cells = plan.cells[row.number - 1 :: count][::-1]
            taps = [tap for cell in cells for tap in self._taps(cell.name, "in", f"{row.net}_{cell.column.number}")]
            order = [*taps, f"xpot{row.number}.in"]
            yield f"wires.{row.net}", {"net": row.net, "order": order, "driven": True}

    def _taps(self, cell: str, terminal: str, segment: str) -> list[str]:
        return [f"{cell}.{terminal}", *([f"c{segment}.1"] if self.plan.request.wire_farad else [])]


def _at(instance: str, path: str) -> str:
    """Return the path of a device in another instance of the same cell."""
    return ".".join([instance, *path.split(".")[1:]])


def _numbered(expression: str, label: str) -> str:
    """Return an observable of the first output as that of another."""
    names = "|".join(_OF_EVERY_OUTPUT)
    return re.sub(rf"\b({names})\b", rf"\g<1>{label}", expression)
