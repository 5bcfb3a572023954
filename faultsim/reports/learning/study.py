"""Writes the folder of a measurement or a training: tables, figures, the page; the manifest comes last."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from faultsim.reports.figures.figure import Figure
from faultsim.reports.files import remove, remove_parts, write_file
from faultsim.reports.folder import MANIFEST, PAGE, write_figures
from faultsim.reports.learning.page import render_page
from faultsim.reports.tables import write_table


@dataclass(frozen=True)
class Study:
    """What a folder holds.

    Attributes:
        kind: training, switching, ...; the page's template is called so.
        verb: Of the command line.
        path: The file that asked for it.
        title: Of the page.
        source: Of what it is compared with.
        verdict: The answer in a sentence.
        tone: seen, missed or unknown.
        notes: What has to be known about it.
        tables: Name of a CSV file, without its suffix -> type of its rows, rows.
        texts: Path of another file, from the folder -> what it holds.
        figures: By name.
        shown: What else the template shows.
        counts: What else the manifest states.
    """

    kind: str
    verb: str
    path: Path
    title: str
    source: str
    verdict: str
    tone: str
    notes: Sequence[str]
    tables: Mapping[str, tuple[type[Any], Sequence[Any]]]
    figures: Mapping[str, Figure]
    shown: Mapping[str, Any]
    texts: Mapping[str, str] = field(default_factory=dict)
    counts: Mapping[str, Any] = field(default_factory=dict)


def begin_study(folder: Path) -> None:
    """Take away what would make a folder look complete.

    Raises:
        StorageError: It cannot be removed.
    """
    remove(folder / MANIFEST)
    remove(folder / PAGE)
    remove_parts(folder)


def write_study(folder: Path, study: Study, versions: Mapping[str, str]) -> Path:
    """Write everything.

    Returns:
        The path of the page.

    Raises:
        StorageError: A file cannot be written.
    """
    # What an earlier run with other content left would contradict this one.
    inside = sorted({Path(name).parent for name in study.texts} - {Path()})
    for old in (path for parent in inside for path in (folder / parent).glob("*")):
        if str(old.relative_to(folder)) not in study.texts:
            remove(old)
    for name, (row_type, rows) in study.tables.items():
        write_table(folder / f"{name}.csv", row_type, rows)
    for name, text in study.texts.items():
        write_file(folder / name, text)
    write_figures(folder / "figures", study.figures)
    shown = {
        "verb": study.verb,
        "name": study.path.stem,
        "title": study.title,
        "source": study.source,
        "verdict": study.verdict,
        "tone": study.tone,
        "notes": study.notes,
        "versions": versions,
        **{name: rows for name, (_, rows) in study.tables.items()},
        **study.shown,
    }
    page = folder / PAGE
    write_file(page, render_page(f"{study.kind}.html.j2", study.figures, shown))
    manifest = {
        "kind": study.kind,
        "name": study.path.stem,
        "spec_sha256": hashlib.sha256(study.path.read_bytes()).hexdigest(),
        "versions": dict(versions),
        **study.counts,
    }
    write_file(folder / MANIFEST, json.dumps(manifest, indent=2) + "\n")
    return page
