"""Checks a campaign against its circuit before anything runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path

from faultsim.campaigns.spec import CampaignSpec
from faultsim.circuits.network import Network
from faultsim.circuits.stimulus import SCOPE_NAMES
from faultsim.circuits.variant import Corner
from faultsim.errors import Problem, SpecError, UsageError, did_you_mean
from faultsim.fault_models.defect import Defect
from faultsim.fault_models.definition import load as load_definition
from faultsim.reports.published import PublishedSpec
from faultsim.specfile import read_spec
from faultsim.spice import expressions


def misfits(path: Path, spec: CampaignSpec, circuit: Network, known: dict[str, Defect]) -> Iterator[Problem]:
    """Yield everything in a campaign that does not fit its circuit.

    Args:
        path: The campaign's file.
        spec: What it says.
        circuit: The network that it names.
        known: Every defect of the network, by id.
    """
    observables = {**circuit.sidecar.observables, **spec.observables}
    names = {**SCOPE_NAMES, **dict.fromkeys(circuit.sidecar.probes, "probe")}
    for name, text in spec.observables.items():
        yield from (Problem(f"{path}: observables.{name}", message) for message in expressions.check(text, names))
    patterns = [test.pattern for test in spec.tests]
    patterns += [spec.currents.pattern] if spec.currents else []
    patterns += spec.baseline.patterns if isinstance(spec.baseline.patterns, list) else []
    checks: list[Callable[[], object]] = [
        partial(circuit.check_pattern, pattern) for pattern in dict.fromkeys(patterns)
    ]
    checks += [partial(circuit.check_weights, weights) for weights in spec.baseline.weights]
    checks += [partial(circuit.check_weights, test.weights, test.program) for test in spec.tests]
    corners = [Corner(corner.name, corner.scale, corner.shift) for corner in spec.corners]
    checks += [partial(circuit.variant, "", corner) for corner in corners]
    for check in checks:
        try:
            check()
        except SpecError as error:
            yield from (
                Problem(f"{path}: {problem.where}", problem.message, problem.remedy) for problem in error.problems
            )
    asked = [(f"tests.{test.name}.observable", test.observable) for test in spec.tests]
    asked += [(f"tests.{test.name}.requires", test.requires) for test in spec.tests if test.requires]
    asked += [("currents.observable", spec.currents.observable)] if spec.currents else []
    for where, name in asked:
        if name not in observables:
            yield Problem(f"{path}: {where}", f"unknown observable {name!r}", did_you_mean(name, observables))
    for wanted in spec.waveforms:
        if wanted.defect and wanted.defect not in known:
            where = f"{path}: waveforms.{wanted.figure}.defect"
            yield Problem(where, f"unknown defect {wanted.defect!r}", did_you_mean(wanted.defect, known))
    for response in spec.responses:
        where = f"{path}: responses.{response.figure}"
        if response.observable not in observables:
            unknown = f"unknown observable {response.observable!r}"
            yield Problem(f"{where}.observable", unknown, did_you_mean(response.observable, observables))
        for name in response.defects:
            if name not in known:
                yield Problem(f"{where}.defects", f"unknown defect {name!r}", did_you_mean(name, known))
    for group in spec.defects:
        try:
            load_definition(group.kind)
        except UsageError as error:
            yield Problem(f"{path}: defects.kind", str(error))
        sites = {defect.site.name for defect in known.values() if defect.model == group.kind}
        for glob in group.sites:
            if not any(fnmatchcase(name, glob) for name in sites):
                yield Problem(
                    f"{path}: defects.sites",
                    f"{glob!r} matches no site of {circuit.name} that a defect of kind {group.kind} fits",
                    did_you_mean(glob, sites),
                )
    yield from _published_problems(path, spec, known)


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
