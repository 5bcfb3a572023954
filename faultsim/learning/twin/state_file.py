"""The file that a network's state is kept in, so that its course can be gone on with."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from faultsim.learning.twin import kernel
from faultsim.learning.twin.arrays import Floats, Masks
from faultsim.learning.twin.crossbar import Crossbar
from faultsim.reports.files import write_bytes


@dataclass(frozen=True)
class State:
    """A network in the middle of its course.

    Attributes:
        fingerprint: What it depends on.
        samples: Pictures that it has been shown.
        rows: What was measured, as a table of a CSV file has it.
        bits: Which junctions of each synapse are parallel.
        raised_v: By how much the thresholds have risen.
    """

    fingerprint: str
    samples: int
    rows: Sequence[Mapping[str, Any]]
    bits: Masks
    raised_v: Floats

    @classmethod
    def of(cls, crossbar: Crossbar, samples: int, rows: Sequence[Mapping[str, Any]], fingerprint: str) -> State:
        """Return that of a crossbar."""
        return cls(fingerprint, samples, rows, crossbar.synapses.bits, crossbar.neurons.raised_v)

    def restore(self, crossbar: Crossbar) -> None:
        """Bring a crossbar into it."""
        synapses = crossbar.synapses
        synapses.bits[:] = self.bits
        synapses.conductances[:] = kernel.conductances(self.bits, synapses.alive, crossbar.recipe.cell)
        crossbar.neurons.raised_v[:] = self.raised_v


def write_state(file: Path, state: State) -> None:
    """Write a state, whole or not at all.

    Raises:
        StorageError: It cannot be written.
    """
    said = json.dumps({"fingerprint": state.fingerprint, "samples": state.samples, "rows": list(state.rows)})
    buffer = io.BytesIO()
    np.savez_compressed(buffer, said=np.array(said), bits=state.bits, raised_v=state.raised_v)
    write_bytes(file, buffer.getvalue())


def read_state(file: Path, fingerprint: str) -> State | None:
    """Return the state in a file; None where there is none, or one that depends on something else."""
    try:
        with np.load(file) as found:
            said = json.loads(str(found["said"]))
            if said["fingerprint"] != fingerprint:
                return None
            return State(fingerprint, said["samples"], said["rows"], found["bits"], found["raised_v"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
