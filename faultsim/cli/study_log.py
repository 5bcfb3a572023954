"""How far ``train``, ``infer`` or ``measure`` is, for ``faultsim status`` in another shell."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from faultsim.campaigns.lock import holder_of
from faultsim.campaigns.pulse import duration
from faultsim.cli.output import print_json
from faultsim.cli.progress import Progress, ProgressView
from faultsim.errors import StorageError
from faultsim.reports.files import remove, write_file
from faultsim.reports.folder import MANIFEST

_FILE = "progress.json"


@dataclass(frozen=True)
class StudyLog:
    """The file in a study's folder that says how far it is; it is gone once the folder is complete.

    Attributes:
        folder: That of the study.
        resume: The command that goes on with it.
    """

    folder: Path
    resume: str

    def view(self, telling: Callable[[], str] | None = None, estimating: bool = False) -> ProgressView:
        """Return a progress view that is written down as well."""
        return ProgressView(telling=telling, noting=self._note, estimating=estimating)

    def begin(self) -> None:
        """Write down that nothing is done yet."""
        self._note(Progress("", 0, 0, 0.0, ""))

    def end(self) -> None:
        """Take the file away.

        Raises:
            StorageError: It cannot be removed.
        """
        remove(self.folder / _FILE)

    def _note(self, progress: Progress) -> None:
        # Where the folder cannot be written, the study itself is about to say so.
        with suppress(StorageError):
            write_file(self.folder / _FILE, json.dumps({"resume": self.resume, **asdict(progress)}) + "\n")


def is_study(folder: Path) -> bool:
    """Return whether a folder is one of a study, finished or not."""
    return (folder / _FILE).is_file() or "kind" in manifest_of(folder)


def print_study(folder: Path, as_json: bool) -> None:
    """Print how far a study is."""
    holder, manifest = holder_of(folder), manifest_of(folder)
    at = _object(folder / _FILE)
    if as_json:
        stages = {at["stage"]: [at["done"], at["total"]]} if at.get("stage") else {}
        running = {**asdict(holder), **at} if holder else None
        resume = at.get("resume") if not manifest else None
        counts = _counts(manifest)
        print_json(
            {"complete": bool(manifest), "resume": resume, "stages": stages, "counts": counts, "running": running}
        )
        return
    if at.get("stage"):
        print(f"{at['stage']}: {at['done']} of {at['total']}")
    if holder is not None:
        print(f"under way: {holder}; after {duration(at.get('elapsed_s', 0.0))}: {at.get('spent', '')}".rstrip(": "))
    elif manifest:
        counted = [f"{name}: {value:.6g}" for name, value in _counts(manifest).items()]
        print("\n".join([*counted, "complete"]))
    else:
        print(f"not complete; resume with: {at.get('resume', 'the command that began it')}")


def manifest_of(folder: Path) -> dict[str, Any]:
    """Return what the manifest of a folder states; nothing where there is none that can be read."""
    return _object(folder / MANIFEST)


def _object(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _counts(manifest: Mapping[str, object]) -> dict[str, float]:
    return {name: value for name, value in manifest.items() if isinstance(value, int | float)}
