"""Writes the files of a set of vectors: tables, STIL, levels, PWL, STDF, and the record, which comes last."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from faultsim.circuits.stimulus import pulse_points
from faultsim.reports.files import write_bytes, write_file
from faultsim.reports.tables import write_table
from faultsim.vectors.dictionary_file import dictionary_text
from faultsim.vectors.dictionary_maker import dictionary_record
from faultsim.vectors.levels import EDGE, high_v
from faultsim.vectors.lots import faulty_lot, golden_lot
from faultsim.vectors.named_set import NamedSet
from faultsim.vectors.played import pulses_of
from faultsim.vectors.record import (
    DICTIONARY,
    FAULTY,
    GOLDEN,
    LEVELS,
    LIMITS,
    MATRIX,
    RECORD,
    STIL,
    VECTORS,
    SetRecord,
    clear,
    record_text,
)
from faultsim.vectors.recorder import Recorder
from faultsim.vectors.stdf_writer import stdf_bytes
from faultsim.vectors.stil_writer import levels_text, stil_text
from faultsim.vectors.table import VectorRow
from faultsim.vectors.tables import LimitRow, MatrixRow, limit_rows, matrix_rows, vector_rows_of


@dataclass(frozen=True)
class Output:
    """The files of a set.

    Attributes:
        recorder: Knows the set and what it follows from.
    """

    recorder: Recorder

    @cached_property
    def record(self) -> SetRecord:
        """The record."""
        return self.recorder.record

    def write(self, folder: Path) -> None:
        """Write all files; those of an earlier set go, its record first.

        Raises:
            StorageError: One cannot be written.
        """
        clear(folder)
        named = self.recorder.named
        write_table(folder / VECTORS, VectorRow, vector_rows_of(named))
        write_table(folder / LIMITS, LimitRow, list(limit_rows(named)))
        write_table(folder / MATRIX, MatrixRow, list(matrix_rows(named)))
        write_file(folder / STIL, stil_text(named.program))
        write_file(folder / LEVELS, levels_text(named.program))
        for name, text in _pwl(named):
            write_file(folder / "pwl" / name, text)
        write_bytes(folder / GOLDEN, stdf_bytes(golden_lot(self.record)))
        write_bytes(folder / FAULTY, stdf_bytes(faulty_lot(self.record)))
        write_file(folder / DICTIONARY, dictionary_text(dictionary_record(named)))
        write_file(folder / RECORD, record_text(self.record))


def _pwl(named: NamedSet) -> Iterator[tuple[str, str]]:
    """Yield a file for every driven signal of every vector: corners of what a source has to play."""
    program = named.program
    levels = {level.name: level.values for level in program.levels}
    for vector in program.vectors:
        level = levels[vector.level]
        for signal, spans in pulses_of(program, vector).items():
            points = pulse_points(list(spans), level[EDGE], high_v(level, signal))
            lines = [f"{time_s:.12g} {volts:.12g}" for time_s, volts in points]
            yield f"{vector.name}.{signal}.pwl", "\n".join(lines) + "\n"
