"""report.html: one file that works offline, asks nothing of any network, and is whole without its script."""

from __future__ import annotations

from collections.abc import Mapping

from faultsim import library
from faultsim.circuits.symbols import abridged
from faultsim.reports.circuit_map.drawing import circuit_map
from faultsim.reports.figures.figure import Figure
from faultsim.reports.page.contents import contents
from faultsim.reports.page.island import island_text
from faultsim.reports.page.policy import policy_hash
from faultsim.reports.page.wording import covers, quantity, seen, soft
from faultsim.reports.report import Report

_STYLES = ("report.css", "circuit_map.css")
_SCRIPTS = ("format", "elements", "chart", "theme", "table", "waveform", "detail", "commands", "map", "main")
"""In the order in which one needs another."""
_MOST = 12
"""Figures of a group; hundreds of maps would make a page that nobody can mail."""


def render(report: Report, figures: Mapping[str, Figure]) -> str:
    """Return the page.

    Args:
        report: What it shows.
        figures: By name.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    template = library.template("report.html.j2")
    folder = template.parent
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(quantity=quantity, covers=covers, abridged=abridged, seen=seen, soft=soft)
    environment.filters["percent"] = lambda value: f"{value:.1%}"
    style = "".join((folder / name).read_text("utf-8") for name in _STYLES)
    parts = [(folder / "script" / f"{name}.js").read_text("utf-8") for name in _SCRIPTS]
    verdicts = {row.defect_id: row.verdict for row in report.coverage}
    script = "".join(["(() => {\n", '"use strict";\n', *parts, "})();\n"])
    return environment.get_template(template.name).render(
        **contents(report),
        figures=figures,
        drawn=_drawn(figures),
        circuit_map=circuit_map(report.plan.network, report.plan.defects, verdicts),
        island=island_text(report),
        style=style,
        style_hash=policy_hash(style),
        script=script,
        script_hash=policy_hash(script),
    )


def _drawn(figures: Mapping[str, Figure]) -> dict[str, str]:
    """Return the figures that are in the page, as parts of it: of each group the first few."""
    found: dict[str, str] = {}
    count: dict[str, int] = {}
    for name, figure in figures.items():
        count[figure.group] = count.get(figure.group, 0) + 1
        if count[figure.group] <= _MOST:
            found[name] = figure.themed(name)
    return found
