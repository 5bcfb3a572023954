"""What a junction's defect does and no resistor: an STT junction is written faster, its states lie nearer."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from faultsim.circuits.circuit import Circuit, of_deck
from faultsim.circuits.deck import Cards, text_of
from faultsim.circuits.variant import EditedDeck
from faultsim.fault_models.defect import Defect
from faultsim.fault_models.naming import find_defect
from faultsim.fault_models.universe import Universe
from faultsim.fault_models.universe_file import load_universe
from faultsim.spice.job import Job
from faultsim.spice.pool import WorkerPool
from tests.spice.llg_bench import CIRCUITS

# A perpendicular layer that starts parallel: it is read, turned by a current from fixed to free layer, and read again.
DECK = """\
an STT junction behind a driver and a wire
.include prism.cir
.include stt_mtj.cir
VDRIVE drive 0 pwl(0 0 20p 50m 1n 50m 1.02n 1 15n 1 15.02n 50m)
RDRIVE drive line 2k
RWIRE line top 1k
XMTJ top bottom mx my mz 0 0 0 stt_mtj hkz=100k ms=1meg tf=1.3n alpha=0.01 stt=0.655 ra=10p tmr=1.5
+ mx0=0.1 mz0=0.99498744
RBACK bottom 0 500
.options method=trap reltol=1e-4 chgtol=1e-16
.save v(mz) i(vdrive)
.tran 10p 16n 0 10p uic
.end
"""
WRITE_S, READ_V, READS_S, STOP_S = 1e-9, 0.05, (0.9e-9, 15.9e-9), 16e-9
RESISTANCES_OHM = [10.0 * 10 ** (step / 3) for step in range(25)]


@dataclass(frozen=True)
class Write:
    """How a junction is written: how long until it turns, and the resistance that reads see before and after."""

    turns_s: float | None
    before_ohm: float
    after_ohm: float

    @property
    def difference_ohm(self) -> float:
        return self.after_ohm - self.before_ohm


@pytest.fixture(scope="module")
def circuit(tmp_path_factory: pytest.TempPathFactory) -> Circuit:
    folder = tmp_path_factory.mktemp("stt")
    for name in ("prism.cir", "stt_mtj.cir", "stt_mtj.toml"):
        shutil.copy(CIRCUITS / "devices" / name, folder)
    (folder / "stt.cir").write_text(DECK)
    return of_deck(folder / "stt.cir")


@pytest.fixture(scope="module")
def pool() -> Iterator[WorkerPool]:
    with WorkerPool(2, timeout_s=60.0) as workers:
        yield workers


def written(pool: WorkerPool, decks: list[EditedDeck]) -> list[Write | None]:
    """Return how each deck's junction is written; None where the simulation fails."""
    probes = {"mz": "v(mz)", "drive": "i(vdrive)"}
    jobs = [Job(text_of(deck.cards), STOP_S, probes, {}, {}, deck.alters) for deck in decks]
    return [_read(trace.result()) for trace in [pool.submit(job, with_waveforms=True) for job in jobs]]


def _read(trace) -> Write | None:
    if not trace.outcome.ok:
        return None
    mz, drive = trace.waveforms["mz"], trace.waveforms["drive"]
    turned = mz.time_s[mz.values < 0]
    before, after = (float(-READ_V / value) for value in drive.at(np.array(READS_S)))
    return Write(float(turned[0]) - WRITE_S if turned.size and mz.values[-1] < -0.5 else None, before, after)


def at(circuit: Circuit, name: str, severity: float) -> EditedDeck:
    return find_defect(circuit, name).inject(circuit.cards).at(severity)


@pytest.fixture(scope="module")
def good(circuit: Circuit, pool: WorkerPool) -> Write:
    (write,) = written(pool, [EditedDeck(circuit.cards)])
    assert write is not None and write.turns_s is not None
    return write


def is_faster_and_blurred(write: Write | None, good: Write) -> bool:
    """Return whether a junction turns sooner, and its states lie nearer to each other, by a part in fifty each."""
    if write is None or write.turns_s is None:
        return False
    return write.turns_s < 0.98 * good.turns_s and write.difference_ohm < 0.98 * good.difference_ohm


def test_a_pinhole_is_written_faster_and_its_states_lie_nearer_to_each_other(
    circuit: Circuit, pool: WorkerPool, good: Write
) -> None:
    shares = [0.003, 0.01, 0.03]
    writes = written(pool, [at(circuit, "xmtj:pinhole", share) for share in shares])
    assert all(is_faster_and_blurred(write, good) for write in writes)
    times = [write.turns_s for write in writes]
    assert times == sorted(times, reverse=True)


def resistors(circuit: Circuit) -> list[Defect]:
    """Return every open, short and bridge of the circuit, the driver's among them."""
    found = [defect for defect in Universe(circuit, load_universe("all-pairs")) if not defect.accounting.same_as]
    return [defect for defect in found if defect.unit == "ohm"]


def test_no_resistor_anywhere_does_what_a_pinhole_does(circuit: Circuit, pool: WorkerPool, good: Write) -> None:
    faulty = [(defect, defect.inject(circuit.cards)) for defect in resistors(circuit)]
    assert {defect.definition.kind for defect, _ in faulty} == {"open", "short", "bridge"}
    asked = [(defect.id, ohm, deck.at(ohm)) for defect, deck in faulty for ohm in RESISTANCES_OHM]
    writes = written(pool, [deck for *_, deck in asked])
    assert sum(write is not None for write in writes) > 0.95 * len(writes)
    alike = [
        (name, ohm) for (name, ohm, _), write in zip(asked, writes, strict=True) if is_faster_and_blurred(write, good)
    ]
    assert alike == []


def test_a_resistor_beside_the_junction_makes_it_slower_or_leaves_it(
    circuit: Circuit, pool: WorkerPool, good: Write
) -> None:
    decks = [at(circuit, "xmtj:short", ohm) for ohm in (3e3, 10e3, 100e3, 1e6)]
    times = [write.turns_s for write in written(pool, decks) if write is not None and write.turns_s is not None]
    assert times and min(times) >= good.turns_s * (1 - 1e-3)


def test_a_redeposited_sidewall_is_written_faster_at_the_same_resistances(
    circuit: Circuit, pool: WorkerPool, good: Write
) -> None:
    (write,) = written(pool, [at(circuit, "xmtj:redeposition", 0.3)])
    assert write.turns_s < 0.98 * good.turns_s
    assert (write.before_ohm, write.after_ohm) == pytest.approx((good.before_ohm, good.after_ohm), rel=0.02)


def test_strong_back_hopping_keeps_the_parallel_state_from_being_written(
    circuit: Circuit, pool: WorkerPool, good: Write
) -> None:
    """The field favours antiparallel: a write towards it is helped, one towards parallel is lost."""
    towards_parallel = DECK.replace("50m 1.02n 1 15n 1 15.02n 50m", "50m 1.02n -1.5 15n -1.5 15.02n 0").replace(
        "mz0=0.99498744", "mz0=-0.99498744"
    )
    cards: Cards = _recarded(circuit, towards_parallel)
    healthy, ill = (EditedDeck(cards), EditedDeck(_hopping(circuit, cards, 5e6)))
    first, second = _final(pool, healthy), _final(pool, ill)
    assert first > 0.9
    assert second < -0.9


def _recarded(circuit: Circuit, text: str) -> Cards:
    path = Path(circuit.cards[0].source)
    other = path.with_name("other.cir")
    other.write_text(text)
    return of_deck(other).cards


def _hopping(circuit: Circuit, cards: Cards, severity: float) -> Cards:
    return find_defect(circuit, "xmtj:back-hopping").inject(cards).at(severity).cards


def _final(pool: WorkerPool, deck: EditedDeck) -> float:
    job = Job(text_of(deck.cards), STOP_S, {"mz": "v(mz)"}, {}, {}, deck.alters)
    return float(pool.submit(job, with_waveforms=True).result().waveforms["mz"].values[-1])
