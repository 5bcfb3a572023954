"""Pages about learning: one file each that works offline and asks nothing of any network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from faultsim import library
from faultsim.reports.figures.figure import Figure
from faultsim.reports.page.policy import policy_hash
from faultsim.reports.page.wording import quantity, soft

_STYLES = ("report.css", "study.css")
_SCRIPTS = ("theme.js", "study.js")


def render_page(template: str, figures: Mapping[str, Figure], shown: Mapping[str, Any]) -> str:
    """Return a page.

    Args:
        template: Name of the template, which extends ``study.html.j2``.
        figures: By name.
        shown: What else the template shows.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    folder = library.template(template).parent
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(quantity=quantity, soft=soft)
    environment.filters["percent"] = lambda value: f"{value:.0%}"
    style = "".join((folder / name).read_text("utf-8") for name in _STYLES)
    parts = [(folder / "script" / name).read_text("utf-8") for name in _SCRIPTS]
    script = "".join(["(() => {\n", '"use strict";\n', *parts, "})();\n"])
    return environment.get_template(template).render(
        **shown,
        figures=figures,
        drawn={name: figure.themed(name) for name, figure in figures.items()},
        style=style,
        style_hash=policy_hash(style),
        script=script,
        script_hash=policy_hash(script),
    )
