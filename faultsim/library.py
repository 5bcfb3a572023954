"""Finds content: a path as given, then the working folder, then the library that came with the package."""

from __future__ import annotations

import tomllib
from pathlib import Path

from faultsim.errors import Problem, SpecError, UsageError, did_you_mean

FOLDERS = {
    "circuits": "circuits/networks",
    "glyphs": "circuits/glyphs",
    "campaigns": "campaigns",
    "defects": "fault_models/defects",
    "behaviours": "fault_models/behaviours",
    "universes": "fault_models/universes",
    "candidates": "campaigns/candidates",
    "testers": "campaigns/testers",
    "trainings": "campaigns/trainings",
    "measures": "campaigns/measures",
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
    raise UsageError(_not_found(kind, name))


def find_from(path: Path, key: str, kind: str, name: str) -> Path:
    """Return the file that another one names: by its path from there, or else as `find` does.

    Args:
        path: The file that names it.
        key: Where it does.
        kind: One of `FOLDERS`.
        name: A path, or a name.

    Raises:
        SpecError: There is none.
    """
    beside = path.parent / name
    if beside.is_file():
        return beside
    try:
        return find(kind, name)
    except UsageError as error:
        raise SpecError([Problem(f"{path}: {key}", str(error))]) from error


def called(kind: str, path: Path) -> str:
    """Return what finds a file of a kind again: its name where that is enough, its path elsewhere."""
    known = next((folder / f"{path.stem}.toml" for folder in _folders(kind) if path.stem in _stems(folder)), None)
    return path.stem if known is not None and known.resolve() == path.resolve() else str(path)


def names(kind: str) -> list[str]:
    """Return the names of all TOML files of a kind, those of the working folder included."""
    return sorted(set[str]().union(*map(_stems, _folders(kind))))


def template(name: str) -> Path:
    """Return a report template."""
    return root() / "reports" / "templates" / name


def generator(name: str) -> Path:
    """Return the file that a generator of circuits builds with."""
    return root() / "circuits" / "generator" / f"{name}.toml"


def _folders(kind: str) -> tuple[Path, Path]:
    return Path.cwd() / FOLDERS[kind], root() / FOLDERS[kind]


def _stems(folder: Path) -> set[str]:
    return {path.stem for path in folder.glob("*.toml") if "." not in path.stem}


def _not_found(kind: str, name: str) -> str:
    """Return why a name finds nothing, and what would."""
    noun, path = kind.removesuffix("s"), Path(name)
    if name and path.is_dir():
        return f"{name} is a folder; a {noun} is named by its .toml file"
    if "/" in name or path.suffix == ".toml":
        known = f"; {path.stem} alone is the library's" if path.stem in names(kind) else ""
        return f"no {noun} named {name!r}: no such file{known}"
    if kind == "campaigns" and name in names("circuits"):
        return f"{name} is a circuit, not a campaign ({_campaigns_on(name)})"
    if kind == "circuits" and name in names("campaigns"):
        return f"{name} is a campaign, not a circuit (faultsim run {name})"
    return f"no {noun} named {name!r}: no such file, and not in the library ({did_you_mean(name, names(kind))})"


def _campaigns_on(circuit: str) -> str:
    found = [name for name in names("campaigns") if _circuit_of(find("campaigns", name)) == circuit]
    return f"campaigns on it: {', '.join(found)}" if found else "no campaign of the library is on it"


def _circuit_of(campaign: Path) -> str:
    try:
        return str(tomllib.loads(campaign.read_text()).get("circuit", ""))
    except (OSError, ValueError):
        return ""
