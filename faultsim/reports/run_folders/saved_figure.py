"""A figure of a run folder, which shows itself in a notebook."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from faultsim.errors import StorageError, UsageError
from faultsim.reports.files import write_bytes


@dataclass(frozen=True, repr=False)
class SavedFigure:
    """A figure that a run has drawn.

    Attributes:
        name: Its name.
        files: Suffix, ``.svg`` or ``.png`` -> its file.
    """

    name: str
    files: dict[str, Path]

    def save(self, path: str | Path) -> Path:
        """Copy the figure to a file; the suffix says whether as SVG or PNG.

        Raises:
            UsageError: The run did not draw it in that format.
            StorageError: The file cannot be read or written.
        """
        target = Path(path)
        source = self.files.get(target.suffix.lower())
        if source is None:
            drawn = " or ".join(sorted(self.files))
            raise UsageError(f"{target}: figure {self.name} is drawn as {drawn}; give the file such a name")
        write_bytes(target, _content(source))
        return target

    def __repr__(self) -> str:
        return f"<Figure {self.name}: {', '.join(map(str, self.files.values()))}>"

    def _repr_svg_(self) -> str | None:
        return _content(self.files[".svg"]).decode() if ".svg" in self.files else None

    def _repr_png_(self) -> bytes | None:
        return _content(self.files[".png"]) if ".png" in self.files else None


def saved_figures(folder: Path) -> dict[str, SavedFigure]:
    """Return the figures in a folder by name, in alphabetical order."""
    found: dict[str, dict[str, Path]] = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".svg", ".png") and not path.name.startswith("."):
            found.setdefault(path.relative_to(folder).with_suffix("").as_posix(), {})[path.suffix] = path
    return {name: SavedFigure(name, files) for name, files in found.items()}


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise StorageError(f"{path}: cannot be read: {error.strerror}") from error
