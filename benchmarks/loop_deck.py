"""The crossbar as a user writes it down for a loop of his own: one flat deck, its stimulus, and a verdict.

The cell in which opens are is written out at the top level, where PySpice and spicefault can reach its terminals, and
two sources of 0 V are the stretches of bit line that are cut. There is one largest time step for the whole analysis.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

CIRCUITS = Path(__file__).parents[1] / "circuits"
INCLUDED = [
    "devices/mos40.cir",
    "devices/neuron_lif_alpha045.cir",
    "devices/prism.cir",
    "devices/she_mtj.cir",
    "devices/stt_mtj.cir",
    "cells/bitcell.cir",
    "cells/potentiation.cir",
    "cells/neuron.cir",
]
SITES = {
    "Rop1": ("MA2", 3),
    "Rop2": ("VBL2", 1),
    "Rop3": ("VBL3", 1),
    "Rop4": ("MA1", 1),
    "Rop5": ("MA3", 3),
    "Rop6": ("MA1", 3),
    "Rop7": ("MA2", 1),
}
"""Open -> the element and the terminal, from 1, at which it is in series."""

VDD_V, READ_V, BIAS_V = 1.1, 1.65, 0.737
START_S, EDGE_S, READ_DELAY_S, READ_WIDTH_S, STROBE_S = 10e-9, 20e-12, 50e-12, 0.2e-9, 0.26e-9
OPTIONS = {"method": "trap", "reltol": "1e-4", "chgtol": "1e-16", "num_threads": "1"}

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Windows:
    """When the inputs spike and the neuron is read.

    Attributes:
        integrate_s: Integrate window.
        leaky_s: Leaky window.
        pulses: How many coding windows.
    """

    integrate_s: float
    leaky_s: float
    pulses: int = 5

    @property
    def starts_s(self) -> list[float]:
        """Start of every coding window."""
        return [START_S + number * (self.integrate_s + self.leaky_s) for number in range(self.pulses)]

    @property
    def strobes_s(self) -> list[tuple[float, float]]:
        """Start and end of every strobe."""
        opens = [start + self.integrate_s + READ_DELAY_S for start in self.starts_s]
        return [(start, start + STROBE_S) for start in opens]

    @property
    def stop_s(self) -> float:
        """End of the analysis."""
        return self.strobes_s[-1][1] + EDGE_S

    def spiked(self, time_s: Floats, out_v: Floats) -> bool:
        """Return whether the output rises through half the supply inside a strobe."""
        for start, stop in self.strobes_s:
            inside = (time_s > start) & (time_s < stop)
            ends_v = np.interp([start, stop], time_s, out_v)
            high = np.concatenate(([ends_v[0]], out_v[inside], [ends_v[1]])) > VDD_V / 2
            if (high[1:] & ~high[:-1]).any():
                return True
        return False

    def sources(self) -> list[str]:
        """Return the drivers of the inputs and of the read pulses."""
        spikes = [(start, start + self.integrate_s) for start in self.starts_s]
        reads = [(start, start + READ_WIDTH_S) for start, _ in self.strobes_s]
        inputs = [f"VIN{n} drive{n} 0 {_pwl(spikes, VDD_V)}\nRIN{n} drive{n} in{n} 1k" for n in range(1, 5)]
        return [*inputs, f"VRD rd 0 {_pwl(reads, READ_V)}"]


def _pwl(spans: list[tuple[float, float]], high: float) -> str:
    points, half = ["0 0"], EDGE_S / 2
    for start, stop in spans:
        points += [f"{start - half:.12g} 0", f"{start + half:.12g} {high:g}"]
        points += [f"{stop - half:.12g} {high:g}", f"{stop + half:.12g} 0"]
    return f"PWL({' '.join(points)})"


def circuit(windows: Windows) -> str:
    """Return the deck without title, analysis and options."""
    lines = [f".include {CIRCUITS / name}" for name in INCLUDED]
    lines += [".param temperature_c=27 time_step=0", f"VVDD vdd 0 {VDD_V}", f"VVB vb 0 {BIAS_V}"]
    lines += [f"V{net} {net} 0 0" for net in ("pe", "dep1", "dep2", "dep3", "dep4", "sl")]
    lines += [f"XPOT{n} in{n} pot{n} vb vdd potentiation" for n in range(1, 5)]
    lines += [_first_cell(), "VBL2 bl2 bl3 0", "VBL3 bl3 bl 0"]
    lines += [
        f"XCELL{n} in{n} {net} pe pot{n} dep{n} sl vdd bitcell w=1" for n, net in ((2, "bl2"), (3, "bl3"), (4, "bl"))
    ]
    lines += ["XNEURON bl rd out ha 0 vdd neuron", *windows.sources()]
    high = ["vdd", "xneuron.n1", "xneuron.n3", *(f"pot{n}" for n in range(1, 5))]
    lines += [f".ic v(vb)={BIAS_V}", *(f".ic v({net})={VDD_V}" for net in high)]
    return "\n".join(lines) + "\n"


def _first_cell() -> str:
    """Return the body of the bit-cell with its ports connected."""
    text = (CIRCUITS / "cells/bitcell.cir").read_text()
    _, _, body = text.partition(".subckt bitcell")
    ports, *lines = body[: body.index(".ends")].strip().splitlines()
    nets = {port: port for port in ports.split()[:-1]} | {"in": "in1", "bl": "bl2", "pot": "pot1", "dep": "dep1"}
    words = [[nets.get(word, word) for word in line.split()] for line in lines]
    return "\n".join(" ".join(line) for line in words).replace("{w*", "{1*")


def cut(deck: str, site: str, ohm: float) -> str:
    """Return the deck with an open of a resistance."""
    element, terminal = SITES[site]
    lines = deck.splitlines()
    place = next(number for number, line in enumerate(lines) if line.split()[:1] == [element])
    words = lines[place].split()
    words[terminal], net = "cut", words[terminal]
    lines[place] = " ".join(words) + f"\nROPEN cut {net} {ohm!r}"
    return "\n".join(lines) + "\n"
