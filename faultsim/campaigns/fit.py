"""Checks a campaign against its circuit before anything runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain
from pathlib import Path

from faultsim.campaigns.choice import Pools, all_of, chosen_ids
from faultsim.campaigns.spec import CampaignSpec
from faultsim.circuits.hierarchy import Hierarchy
from faultsim.circuits.network import Network
from faultsim.circuits.sites import has_net
from faultsim.circuits.stimulus import SCOPE_NAMES
from faultsim.circuits.variant import Corner
from faultsim.errors import Problem, SpecError, UsageError, did_you_mean
from faultsim.fault_models.defect import Defect
from faultsim.fault_models.definition import load as load_definition
from faultsim.fault_models.globs import matches, matches_any
from faultsim.reports.published import PublishedSpec
from faultsim.specfile import read_spec
from faultsim.spice import expressions

_VECTOR = re.compile(r"(?P<kind>[vi])\((?P<name>[^()\s,]+)\)")
_MOST_PATTERNS = 1024
_KINDS = ("open", "bridge", "short", "device", "parametric")


def misfits(path: Path, spec: CampaignSpec, circuit: Network, pools: Pools) -> Iterator[Problem]:
    """Yield everything in a campaign that does not fit its circuit.

    Args:
        path: The campaign's file.
        spec: What it says.
        circuit: The network that it names.
        pools: The defects that it chooses from.
    """
    known, chosen = all_of(pools), chosen_ids(spec, pools)
    found = chain(
        _probe_problems(spec, circuit),
        _observable_problems(spec, circuit),
        _stimulus_problems(spec, circuit),
        _defect_problems(spec, circuit, pools, chosen),
        _figure_problems(spec, known, chosen),
        _size_problems(spec, circuit, known, chosen),
    )
    yield from (Problem(f"{path}: {problem.where}", problem.message, problem.remedy) for problem in found)
    yield from _published_problems(path, spec, known)


def _probe_problems(spec: CampaignSpec, circuit: Network) -> Iterator[Problem]:
    """Check the vectors that a campaign records besides the sidecar's."""
    hierarchy = Hierarchy(circuit.cards)
    for name, vector in spec.probes.items():
        where, found = f"probes.{name}", _VECTOR.fullmatch(vector.strip().lower())
        if name in circuit.sidecar.probes:
            yield Problem(where, f"the sidecar records {circuit.sidecar.probes[name]} by this name", "choose another")
        elif found is None:
            yield Problem(where, f"{vector!r} is no vector", "v(net) or i(v.instance.source), such as v(xneuron.x)")
        elif found["kind"] == "v" and not has_net(found["name"], hierarchy):
            yield Problem(where, f"the deck has no net {found['name']!r}", "nets inside are instance.net")
        elif found["kind"] == "i":
            try:
                hierarchy.resolve(found["name"].removeprefix("v.") if "." in found["name"] else found["name"])
            except SpecError as error:
                yield from (Problem(where, str(problem)) for problem in error.problems)


def _size_problems(
    spec: CampaignSpec, circuit: Network, known: dict[str, Defect], chosen: Sequence[str]
) -> Iterator[Problem]:
    """Check that there is not far more, or less, to do than anybody means."""
    inputs = len(circuit.inputs)
    if spec.baseline.patterns == "all" and 2**inputs > _MOST_PATTERNS:
        message = f"all patterns of {inputs} inputs are 2^{inputs}"
        yield Problem("baseline.patterns", message, 'list those that matter, such as ["1{4}0{4}"]')
    if spec.resistors and chosen and not any(known[name].definition.kind == "device" for name in chosen):
        yield Problem("resistors", "no defect of a junction's physics is chosen", "add defects of kind device")


def _observable_problems(spec: CampaignSpec, circuit: Network) -> Iterator[Problem]:
    observables = {**circuit.sidecar.observables, **spec.observables}
    names = {**SCOPE_NAMES, **dict.fromkeys([*circuit.sidecar.probes, *spec.probes], "probe")}
    for name, text in spec.observables.items():
        yield from (Problem(f"observables.{name}", message) for message in expressions.check(text, names))
    asked = [(f"tests.{test.name}.observable", test.observable) for test in spec.tests]
    asked += [(f"tests.{test.name}.requires", test.requires) for test in spec.tests if test.requires]
    asked += [("currents.observable", spec.currents.observable)] if spec.currents else []
    asked += [("resistors.observables", name) for name in (spec.resistors.observables if spec.resistors else ())]
    asked += [(f"responses.{curve.figure}.observable", curve.observable) for curve in spec.responses]
    for where, name in asked:
        if name not in observables:
            yield Problem(where, f"unknown observable {name!r}", did_you_mean(name, observables))


def _stimulus_problems(spec: CampaignSpec, circuit: Network) -> Iterator[Problem]:
    """Check patterns, weights and corners, each said with the part of the campaign that it stands in."""
    listed = spec.baseline.patterns if isinstance(spec.baseline.patterns, list) else []
    checks: list[tuple[str, Callable[[], object]]] = []
    checks += [(f"tests.{test.name}", partial(circuit.check_pattern, test.pattern)) for test in spec.tests]
    checks += [("currents", partial(circuit.check_pattern, spec.currents.pattern))] if spec.currents else []
    checks += [("baseline", partial(circuit.check_pattern, pattern)) for pattern in listed]
    checks += [("baseline", partial(circuit.check_weights, weights)) for weights in spec.baseline.weights]
    checks += [
        (f"tests.{test.name}", partial(circuit.check_weights, test.weights, test.program)) for test in spec.tests
    ]
    corners = [Corner(corner.name, corner.scale, corner.shift) for corner in spec.corners]
    checks += [("corners", partial(circuit.variant, "", corner)) for corner in corners]
    for where, check in checks:
        try:
            check()
        except SpecError as error:
            for problem in error.problems:
                yield Problem(f"{where}: {problem.where}", problem.message, problem.remedy)


def _defect_problems(spec: CampaignSpec, circuit: Network, pools: Pools, chosen: Sequence[str]) -> Iterator[Problem]:
    for group in spec.defects:
        fitting = [item for item in pools[group.universe].values() if group.kind in (item.model, item.definition.kind)]
        sites = {name for defect in fitting for name in (defect.id, defect.site.name)}
        try:
            if not sites and group.kind and group.kind not in _KINDS:
                load_definition(group.kind)
        except UsageError as error:
            yield Problem("defects.kind", str(error))
            continue
        for glob in group.sites:
            if not any(matches(name, glob) for name in sites):
                fits = f"matches no site of {circuit.name} that a defect of kind {group.kind} fits"
                yield Problem("defects.sites", f"{glob!r} {fits}", did_you_mean(glob, sites))
    listed = [(f"tests.{test.name}.defects", test.defects) for test in spec.tests]
    for where, globs in [*listed, ("behaviours.defects", spec.behaviours.defects)]:
        for glob in globs:
            if chosen and not any(matches(name, glob) for name in chosen):
                yield Problem(where, f"{glob!r} matches no defect of the campaign", did_you_mean(glob, chosen))


def _figure_problems(spec: CampaignSpec, known: dict[str, Defect], chosen: Sequence[str]) -> Iterator[Problem]:
    tested = {test.name: test.defects for test in spec.tests}
    for wanted in spec.waveforms:
        where = f"waveforms.{wanted.figure}.defect"
        if wanted.defect and wanted.defect not in chosen:
            yield Problem(where, f"{wanted.defect!r} is no defect of the campaign", did_you_mean(wanted.defect, chosen))
            continue
        if wanted.defect and isinstance(wanted.severity, float):
            yield from _outside(f"waveforms.{wanted.figure}.severity", known[wanted.defect], wanted.severity)
        at_threshold = bool(wanted.defect) and not isinstance(wanted.severity, float)
        if at_threshold and not matches_any(wanted.defect, tested[wanted.test]):
            remedy = "give a severity, or add it to the test's defects"
            yield Problem(where, f"test {wanted.test!r} has no threshold of {wanted.defect!r} to draw", remedy)
    for curve in spec.responses:
        for name in curve.defects:
            if name not in known:
                where = f"responses.{curve.figure}.defects"
                yield Problem(where, f"unknown defect {name!r}", did_you_mean(name, known))
            elif curve.severity is not None:
                yield from _outside(f"responses.{curve.figure}.severity", known[name], curve.severity)


def _outside(where: str, defect: Defect, severity: float) -> Iterator[Problem]:
    if outside := defect.definition.severity.outside(severity):
        yield Problem(where, f"{defect.id}: {outside}")


def _published_problems(path: Path, spec: CampaignSpec, known: dict[str, Defect]) -> Iterator[Problem]:
    """Read the published values now: a mistake in them should not show after the campaign has run."""
    if not spec.published:
        return
    file = path.parent / spec.published
    if not file.is_file():
        yield Problem(f"{path}: published", f"no file {spec.published}", "paths count from the campaign file")
        return
    try:
        published = read_spec(file, PublishedSpec)
    except SpecError as error:
        yield from error.problems
        return
    windows = [window.name for window in spec.windows]
    figures = [wanted.figure for wanted in spec.waveforms]
    for value in published.values:
        figure = value.source.figure
        if figure is not None and figures and figure not in figures:
            yield Problem(f"{file}: {value.id}", f"unknown figure {figure!r}", did_you_mean(figure, figures))
        defect, window = value.source.defect, value.source.window
        if defect is not None and defect not in known:
            yield Problem(f"{file}: {value.id}", f"unknown defect {defect!r}", did_you_mean(defect, known))
        if window is not None and window not in windows:
            yield Problem(f"{file}: {value.id}", f"unknown window {window!r}", did_you_mean(window, windows))
