"""Finds content: a path as given, then the working folder, then the library that came with the package."""

from __future__ import annotations

from pathlib import Path

from faultsim.errors import UsageError, did_you_mean

FOLDERS = {
    "circuits": "circuits/networks",
    "campaigns": "campaigns",
    "defects": "fault_models/defects",
    "behaviours": "fault_models/behaviours",
    "universes": "fault_models/universes",
}


def root() -> Path:
    """Return the folder that holds circuits/, fault_models/, campaigns/ and reports/ of this installation."""
    package = Path(__file__).parent
    bundled = package / "_library"
    return bundled if bundled.is_dir() else package.parent


def find(kind: str, name: str) -> Path:
    """Return the TOML file of a circuit, campaign, defect or behaviour.

    Args:
        kind: One of `FOLDERS`.
        name: A path to the file, or its name without ``.toml``.

    Raises:
        UsageError: Nothing of that name is there.
    """
    given = Path(name)
    if given.suffix == ".toml" and given.is_file():
        return given
    if given.is_file():
        raise UsageError(f"{name} is not a TOML file; a {kind.removesuffix('s')} is named by its .toml file")
    for folder in _folders(kind):
        candidate = folder / f"{name}.toml"
        if candidate.is_file():
            return candidate
    noun = kind.removesuffix("s")
    raise UsageError(
        f"no {noun} named {name!r}: no such file, and not in the library ({did_you_mean(name, names(kind))})"
    )


def names(kind: str) -> list[str]:
    """Return the names of all TOML files of a kind, those of the working folder included."""
    found = {path.stem for folder in _folders(kind) if folder.is_dir() for path in folder.glob("*.toml")}
    return sorted(name for name in found if "." not in name)


def template(name: str) -> Path:
    """Return a report template."""
    return root() / "reports" / "templates" / name


def generator(name: str) -> Path:
    """Return the file that a generator of circuits builds with."""
    return root() / "circuits" / "generator" / f"{name}.toml"


def _folders(kind: str) -> tuple[Path, Path]:
    return Path.cwd() / FOLDERS[kind], root() / FOLDERS[kind]
