"""Defects that the universe collapses are one circuit to ngspice too, and defects that it keeps apart are not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from faultsim.circuits import bench, network
from faultsim.circuits.circuit import of_deck, of_network
from faultsim.circuits.deck import text_of
from faultsim.circuits.sidecar import WireSpec
from faultsim.circuits.stimulus import Stimulus
from faultsim.circuits.variant import EditedDeck
from faultsim.fault_models.naming import find_defect
from faultsim.fault_models.universe import Universe
from faultsim.fault_models.universe_file import load_universe
from faultsim.spice.job import Job
from faultsim.spice.pool import WorkerPool

EQUAL_OF_RANGE = 1e-6
EQUAL_POINT_V = 1e-9
DIFFERENT = 1e-3
SEVERITIES = {
    "open": (1e3, 1e5, 1e9),
    "open-gate": (1e9, 1e11, 1e12),
    "short": (10.0, 1e4, 1e7),
    "bridge": (10.0, 1e4, 1e7),
}

# Devices in series, transistors and resistors in parallel, a card that is two, a wire with an order, a subcircuit.
DECK = """\
* equal circuits
VDD vdd 0 3
VIN in 0 0.9
R1 vdd a 1k
R2 a b 2k
R3 b c 3k
M1 c in 0 0 n w=2u l=100n
M2 c in 0 0 n w=2u l=100n
M3 c in 0 0 n w=1u l=100n
M4 c in s 0 n w=1u l=100n m=2
R4 s 0 4k
R5 c d 5k
R6 c d 5k
R7 c d 7k
X1 d w tap
R8 w 0 80k
R9 w e 9k
Q1 vdd e f npn
R10 f h 10k
R11 h 0 10k
D1 vdd g dio
R12 g k 20k
R13 k 0 20k
.subckt tap p q
R1 p m 500
R2 m q 700
.ends
.model n nmos level=1 vto=0.4 kp=20u lambda=0.05 gamma=0.3
.model npn npn bf=80 is=1e-16
.model dio d is=1e-15
"""
# What is looked at ends a branch; nets between the devices of a branch are not looked at.
LOOKED_AT = ["c", "d", "s", "w", "h", "k"]
WIRE = {"wire": WireSpec(net="w", order=["x1.q", "r8.1", "r9.1"])}
POINT = ".options reltol=1e-10 vntol=1e-15 abstol=1e-18 gmin=1e-18\n.tran 1n 20n\n.end\n"


@pytest.fixture(scope="module")
def pool():
    with WorkerPool(2, timeout_s=60.0) as workers:
        yield workers


@pytest.fixture(scope="module")
def crossbar():
    return network.load("crossbar4")


def _bare(folder, nets):
    file = folder / "equal.cir"
    file.write_text(f"{DECK}.save {' '.join(f'v({net})' for net in nets)}\n")
    return replace(of_deck(file), wires=WIRE)


@pytest.fixture
def bare(tmp_path):
    return _bare(tmp_path, LOOKED_AT)


def _classes(circuit):
    """Return the sets of defects that are called one circuit, where there is more than one in it."""
    found = {}
    for defect in Universe(circuit, load_universe("network")):
        found.setdefault(defect.accounting.same_as or defect.id, []).append(defect)
    assert all(defect.accounting.group == len(members) for members in found.values() for defect in members)
    return [members for members in found.values() if len(members) > 1]


def _crossbar_job(crossbar, defect, severity):
    sidecar = crossbar.sidecar
    stimulus = Stimulus("1111", sidecar.stimulus.model_copy(update={"pulses": 1, "start": 1e-9}))
    # Two decks of one circuit need not be edited in the same place: steps may not depend on that here.
    simulation = sidecar.simulation.model_copy(update={"strobe_step": 1e-11, "near": None})
    faulty = defect.inject(crossbar.cards).at(severity)
    return bench.job(crossbar, stimulus, bench.nominal(crossbar), simulation, faulty)


def _apart(pool, jobs, other_jobs):
    """Return for each two jobs how far any probe's waveforms are apart, as a share of the probe's range."""
    pairs = [[pool.submit(job, with_waveforms=True) for job in pair] for pair in zip(jobs, other_jobs, strict=True)]
    found = []
    for (first, second), job in zip(pairs, jobs, strict=True):
        one, other = first.result(), second.result()
        assert one.outcome.ok, one.outcome.log_tail
        assert other.outcome.ok, other.outcome.log_tail
        times_s = np.linspace(0.0, job.stop_s, 301)
        moves = {
            name: np.abs(wave.at(times_s) - other.waveforms[name].at(times_s)) for name, wave in one.waveforms.items()
        }
        ranges = {name: np.ptp(wave.values) for name, wave in one.waveforms.items()}
        found.append(max(move.max() / ranges[name] if ranges[name] else move.max() for name, move in moves.items()))
    return found


def _points(pool, circuit, defects, severity, nets, more=""):
    """Return the operating point of a deck with each of some defects, or with None: the voltages of nets."""
    probes = {f"n{number}": f"v({net})" for number, net in enumerate(nets)}
    jobs = []
    for defect in defects:
        edited = defect.inject(circuit.cards).at(severity) if defect else EditedDeck(circuit.cards)
        observables = {name: f"at({name}, 1e-8)" for name in probes}
        jobs.append(Job(text_of(edited.cards) + more + POINT, 20e-9, probes, observables, {}, edited.alters))
    outcomes = [asked.result().outcome for asked in [pool.submit(job) for job in jobs]]
    for outcome in outcomes:
        assert outcome.ok, outcome.log_tail
    return np.array([[outcome.values[name] for name in probes] for outcome in outcomes])


def _apart_v(pool, circuit, one, other, nets=LOOKED_AT):
    """Return how far the operating points of two defects are apart at most, V."""
    return max(
        np.abs(np.subtract(*_points(pool, circuit, [one, other], severity, nets))).max()
        for severity in SEVERITIES[one.model]
    )


def test_equal_circuits_of_the_crossbar_have_equal_waveforms(crossbar, pool):
    classes = _classes(of_network(crossbar))
    kinds = {members[0].definition.kind for members in classes}
    assert kinds == {"open", "short"}
    jobs, others, names = [], [], []
    for first, *_, last in classes:
        for severity in SEVERITIES[first.model]:
            job, other = (_crossbar_job(crossbar, defect, severity) for defect in (first, last))
            # One and the same text needs no simulation.
            if job != other:
                jobs.append(job)
                others.append(other)
                names.append((first.id, last.id, severity))
    apart = dict(zip(names, _apart(pool, jobs, others), strict=True))
    assert {name: share for name, share in apart.items() if share > EQUAL_OF_RANGE} == {}
    assert {
        ("Rop6", "xcell1.xmtj.pil:open"),
        ("xcell1.ma2.s:open", "Rop1"),
        ("xneuron.mwr.d:open", "bl.xcell4:open"),
    } <= {(first, last) for first, last, _ in names}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Rop4", "Rop6"),
        ("Rop1", "Rop2"),
        ("Rop5", "xcell1.xmtj.hb:open"),
        ("Rop4", "xcell1.ma1.g:open"),
        ("in1.xcell1:open", "in1.xpot1:open"),
        ("xcell1.ma2.d-g:short", "xcell1.ma2.d-s:short"),
        ("xneuron.xmtj.pil-ha:short", "xneuron.xmtj.pil-hb:short"),
        ("xneuron.mwr.d:open", "xneuron.mwr.s:open"),
        ("bl~vdd:bridge", "bl~0:bridge"),
    ],
)
def test_defects_of_one_place_that_are_kept_apart_have_different_waveforms(crossbar, pool, first, second):
    circuit = of_network(crossbar)
    one, other = find_defect(circuit, first), find_defect(circuit, second)
    listed = {
        defect.id: defect.accounting.same_as or defect.id for defect in Universe(circuit, load_universe("network"))
    }
    assert listed[one.id] != listed[other.id]
    jobs, others = (
        [_crossbar_job(crossbar, defect, severity) for severity in SEVERITIES[defect.model]] for defect in (one, other)
    )
    assert max(_apart(pool, jobs, others)) > DIFFERENT


def test_equal_circuits_of_a_bare_deck_have_equal_operating_points(bare, pool):
    classes = _classes(bare)
    assert {tuple(defect.id for defect in members) for members in classes} == {
        ("r1:open", "r2:open", "r3:open"),
        ("m1.d:open", "m2.d:open"),
        ("m1.s:open", "m2.s:open"),
        ("m1.g:open", "m2.g:open"),
        ("m1.b:open", "m2.b:open"),
        ("m1.d-g:short", "m2.d-g:short", "m3.d-g:short", "m4.d-g:short"),
        ("m1.g-s:short", "m2.g-s:short", "m3.g-s:short"),
        ("m1.d-s:short", "m2.d-s:short", "m3.d-s:short"),
        ("r5:open", "r6:open"),
        ("r5:short", "r6:short", "r7:short"),
        ("x1.r1:open", "x1.r2:open", "wire.x1:open"),
        ("r9:open", "q1.b:open"),
        ("q1.e:open", "r10:open"),
        ("d1:open", "r12:open"),
    }
    silent = set()
    for members in classes:
        seen = []
        for severity in SEVERITIES[members[0].model]:
            healthy, first, *others = _points(pool, bare, [None, *members], severity, LOOKED_AT)
            for member, other in zip(members[1:], others, strict=True):
                assert np.abs(other - first).max() < EQUAL_POINT_V, (member.id, severity)
            seen.append(np.abs(first - healthy).max())
        if max(seen) < DIFFERENT:
            silent.add(members[0].id)
    # A bulk carries no current, and both nets of the other are held; all other classes show that they were there.
    assert silent == {"m1.b:open", "m1.g-s:short"}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("r1:open", "r4:open"),
        ("m1.d:open", "m1.s:open"),
        ("m1.d:open", "m3.d:open"),
        ("m1.g:open", "m3.g:open"),
        ("m1.d:open", "m4.d:open"),
        ("m4.d:open", "m4.s:open"),
        ("r5:open", "r7:open"),
        ("r5:open", "r8:open"),
        ("m4.d-g:short", "m4.d-s:short"),
        ("m1.g-s:short", "m4.g-s:short"),
        ("x1.r1:short", "x1.r2:short"),
        ("q1.c:open", "q1.e:open"),
        ("wire.x1:open", "wire.r8:open"),
    ],
)
def test_defects_of_a_bare_deck_that_are_kept_apart_have_different_operating_points(bare, pool, first, second):
    classes = [{defect.id for defect in members} for members in _classes(bare)]
    assert not any({first, second} <= members for members in classes)
    assert _apart_v(pool, bare, find_defect(bare, first), find_defect(bare, second)) > DIFFERENT


@pytest.mark.parametrize(
    ("net", "first", "second"),
    [("a", "r1:open", "r2:open"), ("x1.m", "x1.r1:open", "x1.r2:open"), ("w", "r9:open", "wire.r8:open")],
)
def test_opens_of_a_branch_are_apart_exactly_where_a_net_between_them_is_looked_at(tmp_path, pool, net, first, second):
    others = [other for other in LOOKED_AT if other != net]
    for nets, together in ((others, True), ([*others, net], False)):
        circuit = _bare(tmp_path, nets)
        assert any({first, second} <= {defect.id for defect in members} for members in _classes(circuit)) == together
        apart_v = _apart_v(pool, circuit, find_defect(circuit, first), find_defect(circuit, second), nets)
        assert apart_v < EQUAL_POINT_V if together else apart_v > DIFFERENT


nets = st.sampled_from(["a", "b", "c", "d", "e", "vdd", "0"])


@st.composite
def linear_decks(draw):
    """Draw a deck of resistors, in a row, in parallel, several of a card, inside of instances, and a wire of it."""
    lines = []
    for number in range(draw(st.integers(2, 8))):
        ends = f"{draw(nets)} {draw(nets)}"
        several = draw(st.sampled_from(["", "", " m=2"]))
        kind = draw(st.sampled_from(["R", "R", "X"]))
        lines.append(f"{kind}{number} {ends} {draw(st.sampled_from(['1k', '2k']))}{several}" if kind == "R"
                     else f"X{number} {ends} pair{several}")  # fmt: skip
    looked_at = draw(st.lists(st.sampled_from("abcde"), min_size=1, max_size=3, unique=True))
    taps = {}
    for line in lines:
        name, first, second, *_ = line.lower().split()
        for end, net in zip(("1", "2") if name[0] == "r" else ("p", "q"), (first, second), strict=True):
            taps.setdefault(net, []).append(f"{name}.{end}")
    long = sorted(net for net, ends in taps.items() if len(ends) > 2 and net not in ("0", "vdd"))
    wires = {"w": WireSpec(net=long[0], order=draw(st.permutations(taps[long[0]])))} if long else {}
    return "\n".join(lines), looked_at, wires


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(linear_decks(), st.sampled_from([10.0, 1e3, 1e5]))
def test_equal_circuits_of_any_resistors_have_equal_voltages(tmp_path, pool, drawn, ohm):
    lines, looked_at, wires = drawn
    file = tmp_path / "linear.cir"
    saved = " ".join(f"v({net})" for net in looked_at)
    file.write_text(f"* resistors\nV1 vdd 0 1\n{lines}\n.subckt pair p q\nR1 p m 1k\nR2 m q 3k\n.ends\n.save {saved}\n")
    circuit = replace(of_deck(file), wires=wires)
    # Who looks at a net has an impedance. Nets that hang loose are held, weakly.
    loads = (
        "".join(f"RLOOK{net} {net} 0 1meg\nRUP{net} {net} vdd 3meg\n" for net in looked_at) + ".options rshunt=1e16\n"
    )
    for members in _classes(circuit):
        first, *others = _points(pool, circuit, members, ohm, looked_at, loads)
        for member, other in zip(members[1:], others, strict=True):
            assert np.abs(other - first).max() < EQUAL_POINT_V, (members[0].id, member.id)
