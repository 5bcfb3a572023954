"""A docstring in Google's style, taken apart."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_SECTIONS = ("Args", "Attributes", "Raises", "Returns", "Yields")
_ITEM = re.compile(r"(\w+): (.*)", re.DOTALL)


@dataclass(frozen=True)
class Docstring:
    """What a docstring says.

    Attributes:
        paragraphs: What stands above its sections; the first one is the summary.
        sections: Section -> name -> what is said of it; without names the name is empty.
    """

    paragraphs: Sequence[str]
    sections: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """What stands above its sections."""
        return "\n\n".join(self.paragraphs)


def docstring_of(thing: Any) -> Docstring:
    """Return the docstring of a class, a function or a property."""
    paragraphs: list[str] = []
    sections: dict[str, dict[str, str]] = {}
    for block in re.split(r"\n\s*\n", inspect.cleandoc(thing.__doc__ or "")):
        title, _, rest = block.partition("\n")
        if title.rstrip(":") in _SECTIONS and title.endswith(":"):
            sections[title.rstrip(":")] = _items(inspect.cleandoc("\n" + rest))
        elif block.strip():
            paragraphs.append(" ".join(block.split()))
    return Docstring(paragraphs, sections)


def _items(text: str) -> dict[str, str]:
    items: dict[str, str] = {}
    for item in re.split(r"\n(?=\S)", text):
        told = " ".join(item.split())
        named = _ITEM.fullmatch(told)
        items.update({named[1]: named[2]} if named else {"": told})
    return items
