"""What the code does not say itself of keys, columns, options and files: docs/reference/words.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class Untold(Exception):
    """Something has no description, or a description is of nothing."""


@dataclass
class Words:
    """Descriptions by group and name; remembers which were asked for, and which are missing.

    Attributes:
        groups: Group -> name -> description. A group of columns may have groups of its own, one for each table.
    """

    groups: Mapping[str, Mapping[str, Any]]
    _asked: set[tuple[str, str]] = field(default_factory=set)
    _missing: list[str] = field(default_factory=list)

    def of(self, group: str, name: str) -> str:
        """Return a description, as Markdown; one that is missing is remembered."""
        self._asked.add((group, name))
        found = self.groups.get(group, {}).get(name)
        if found is None:
            self._missing.append(f"{group}: {name}")
            return ""
        return found

    def has(self, group: str, name: str) -> bool:
        """Return whether there is a description."""
        return name in self.groups.get(group, {})

    def check(self) -> None:
        """Check that everything has its description and every description is of something.

        Raises:
            Untold: All that is wrong.
        """
        known = {(group, name) for group, names in self.groups.items() for name in names}
        problems = [f"no description of {what}" for what in dict.fromkeys(self._missing)]
        problems += [
            f"{group}: {name} is nothing, or the code says itself what it is"
            for group, name in sorted(known - self._asked)
        ]
        if problems:
            raise Untold("\n".join(problems))


def read_words(path: Path) -> Words:
    """Read the descriptions."""
    table = tomllib.loads(path.read_text())
    return Words({f"{kind} {group}": names for kind, groups in table.items() for group, names in groups.items()})
