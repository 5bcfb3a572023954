"""A circuit that was generated and is not written yet."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from faultsim.errors import Problem, UsageError

_NAMES = re.compile(r"[\w.-]+")


@dataclass(frozen=True)
class GeneratedFiles:
    """A circuit's files.

    Attributes:
        sidecar: Its sidecar.
        deck: Its deck.
        files: Every file and what it holds, the sidecar and the deck first.
    """

    sidecar: Path
    deck: Path
    files: Mapping[Path, bytes]

    def write(self, force: bool = False) -> None:
        """Write all files.

        Raises:
            UsageError: Some of them are there already, or cannot be written.
        """
        if not force and (there := [path for path in self.files if path.exists()]):
            others = f" and {len(there) - 1} other files" if there[1:] else ""
            raise UsageError(f"{there[0]}{others}: there already (write over with --force)")
        for path, content in self.files.items():
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            except OSError as error:
                raise UsageError(f"{path}: cannot be written: {error.strerror}") from error


def stem_of(out: Path) -> Path:
    """Return a path without ``.cir`` or ``.toml``."""
    return out.with_suffix("") if out.suffix in (".cir", ".toml") else out


def stem_problems(stem: Path) -> Iterator[Problem]:
    """Yield what is wrong with the name of files to be written."""
    if not _NAMES.fullmatch(stem.name):
        yield Problem(f"-o {stem}", "does not fit", "a name of letters, digits, _, - and .")
    if not stem.parent.is_dir():
        yield Problem(f"-o {stem}", f"no folder {stem.parent}")


def parts_folder(stem: Path, parts: Mapping[str, Path]) -> tuple[str, dict[Path, bytes]]:
    """Return the folder that a deck includes its devices and cells from, and copies of them to be written there.

    In a library the files lie beside the networks' folder: nothing is copied.

    Args:
        stem: The deck's path without its suffix.
        parts: Path in that folder -> file that it is a copy of.
    """
    library = stem.absolute().parent.parent
    there = [(library / name, source) for name, source in parts.items()]
    if all(path.is_file() and path.read_bytes() == source.read_bytes() for path, source in there):
        return "..", {}
    folder = f"{stem.name}-parts"
    return folder, {stem.with_name(folder) / name: source.read_bytes() for name, source in parts.items()}
