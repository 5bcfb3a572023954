"""Globs over the ids of defects: what campaigns, weights and ``--only`` choose by."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import translate
from functools import lru_cache


def matches(identity: str, glob: str) -> bool:
    """Return whether a defect's id is a name or matches a glob, in upper or lower case.

    Brackets are read as what they are and as a choice of characters: ``in[0]~*`` is about the net of that name, and
    ``r[12]:open`` about r1 and r2.
    """
    return _pattern(glob).match(identity.lower()) is not None


def matches_any(identity: str, globs: Iterable[str]) -> bool:
    """Return whether a defect's id matches one of several globs."""
    return any(matches(identity, glob) for glob in globs)


@lru_cache(maxsize=10_000)
def _pattern(glob: str) -> re.Pattern[str]:
    lowered = glob.lower()
    readings: Iterable[str] = dict.fromkeys((lowered, lowered.replace("[", "[[]")))
    return re.compile("|".join(map(translate, readings)))
