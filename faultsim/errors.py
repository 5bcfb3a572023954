"""What can go wrong for a user, each with the exit code that scripts rely on."""

from __future__ import annotations

import errno
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in a file: where, what, and what to do about it."""

    where: str
    message: str
    remedy: str = ""

    def __str__(self) -> str:
        """Return ``where: message (remedy)``."""
        return f"{self.where}: {self.message}" + (f" ({self.remedy})" if self.remedy else "")


class FaultsimError(Exception):
    """Base of every error that faultsim raises on purpose."""

    exit_code = 1


class UsageError(FaultsimError):
    """A name or option on the command line that does not fit."""

    exit_code = 2


class SpecError(FaultsimError):
    """One or more problems in a deck, sidecar, campaign or defect file, all of them at once."""

    exit_code = 3

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Keep the problems and join them into the message."""
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class SimulatorError(FaultsimError):
    """ngspice is missing or unusable."""

    exit_code = 4


class GateError(FaultsimError):
    """A gate failed: the fault-free circuit does not do what its sidecar declares, or cannot be simulated."""

    exit_code = 5


class UnknownOutcome(FaultsimError):
    """It is finished, but a transient failed, so that there is no verdict."""

    exit_code = 6


class StorageError(FaultsimError):
    """A file or folder of faultsim's own cannot be read or written: full, read-only, damaged, of another program."""

    @classmethod
    def of(cls, path: Path, error: OSError) -> StorageError:
        """Return what to tell and advise where a path could not be written."""
        in_the_way = [one for one in (path, *path.parents) if one.is_file()]
        if error.errno in (errno.EEXIST, errno.ENOTDIR) and in_the_way:
            what = f"{in_the_way[0]} is a file, not a folder"
            return cls(f"{path}: cannot be written: {what}; choose another folder with --out")
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        remedy = "free some space on the disk" if full else "make it writable, or choose another folder with --out"
        return cls(f"{path}: cannot be written: {error.strerror}; {remedy}")


class Interrupted(FaultsimError):
    """The user stopped a run; what was finished is stored."""

    exit_code = 130


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a remedy that names the closest known words, or all of them where none is close."""
    candidates = sorted(known)
    close = get_close_matches(word, candidates, n=3)
    if close:
        return "did you mean " + " or ".join(close) + "?"
    return "known: " + (", ".join(candidates) if candidates else "none")
