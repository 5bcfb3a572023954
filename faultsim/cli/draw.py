"""``faultsim draw``."""

from __future__ import annotations

from pathlib import Path

from faultsim.circuits import network
from faultsim.cli.output import print_json, print_rows, write_text
from faultsim.errors import UsageError, did_you_mean
from faultsim.reports.drawings.gallery import drawings_of


def run(circuit: str, what: str | None, out: Path | None, sites: bool, json: bool) -> None:
    """Draw one thing of a circuit, or list what can be drawn."""
    loaded = network.load(circuit)
    drawings = drawings_of(loaded, loaded.sites.values() if sites else ())
    if what is None:
        print_rows([{"drawing": name, "shows": drawing.shows} for name, drawing in drawings.items()], json)
        return
    if what not in drawings:
        raise UsageError(f"{loaded.name} has no drawing {what!r} ({did_you_mean(what, drawings)})")
    svg = drawings[what].svg()
    if out is not None:
        write_text(out, svg)
    if json:
        print_json({"drawing": what, "shows": drawings[what].shows, "svg": svg if out is None else str(out)})
    elif out is None:
        print(svg, end="")
