"""Glyphs: small pictures in a text file, one symbol a pixel."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from faultsim.errors import Problem, SpecError, did_you_mean
from faultsim.specfile import Spec, read_spec


class GlyphsSpec(Spec):
    """A file of glyphs, all of one size."""

    title: str
    source: str = ""
    symbols: dict[str, float | tuple[float, float, float]] = Field(
        min_length=1,
        description="symbol -> intensity, 0 to 1; three of them, red, green and blue, where pixels have colours",
    )
    glyphs: dict[str, str] = Field(min_length=1, description="name -> rows of symbols")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        problems = [f"symbol {symbol!r} has to be one character" for symbol in self.symbols if len(symbol) != 1]
        problems += [
            f"intensity of {symbol!r} is outside 0..1"
            for symbol in self.symbols
            if not all(0 <= intensity <= 1 for intensity in self._of(symbol))
        ]
        if len({len(self._of(symbol)) for symbol in self.symbols}) != 1:
            problems.append("some symbols have one intensity, and some three")
        for name, text in self.glyphs.items():
            rows = text.split()
            unknown = sorted(set("".join(rows)) - set(self.symbols))
            if not rows or len({len(row) for row in rows}) != 1:
                problems.append(f"the rows of {name} are not equally long")
            elif unknown:
                problems.append(f"{name} has symbols that are not declared: {', '.join(unknown)}")
        if not problems and len({self.size(name) for name in self.glyphs}) != 1:
            problems.append("glyphs of different sizes")
        if problems:
            raise ValueError("; ".join(problems))
        return self

    @property
    def channels(self) -> int:
        """How many intensities a pixel has, each an input neuron of its own: 1, or 3 where it has a colour."""
        return len(self._of(next(iter(self.symbols))))

    def _of(self, symbol: str) -> tuple[float, ...]:
        found = self.symbols[symbol]
        return found if isinstance(found, tuple) else (found,)

    def size(self, name: str) -> tuple[int, int]:
        """Return rows and columns of a glyph."""
        rows = self.glyphs[name].split()
        return len(rows), len(rows[0])

    def intensities(self, name: str) -> tuple[float, ...]:
        """Return the intensities of a glyph's pixels, row by row; of a colour red, green and blue after each other.

        Raises:
            SpecError: There is none of that name.
        """
        if name not in self.glyphs:
            raise SpecError([Problem(f"glyph {name!r}", "is not there", did_you_mean(name, self.glyphs))])
        symbols = "".join(self.glyphs[name].split())
        return tuple(intensity for symbol in symbols for intensity in self._of(symbol))


def load_glyphs(path: Path) -> GlyphsSpec:
    """Load a file of glyphs.

    Raises:
        SpecError: Everything that is wrong with it.
    """
    return read_spec(path, GlyphsSpec)
