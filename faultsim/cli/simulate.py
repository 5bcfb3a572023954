"""``faultsim simulate``."""

from __future__ import annotations

import csv as csv_format
import io
from pathlib import Path
from typing import Any

from faultsim.circuits import bench, network
from faultsim.circuits.bench import Conditions
from faultsim.circuits.network import REQUIRED_OBSERVABLES, Network
from faultsim.circuits.stimulus import Stimulus
from faultsim.circuits.symbols import abridged
from faultsim.cli.output import print_json, say, write_text
from faultsim.cli.request import Request, asked_conditions, asked_fault, asked_stimulus
from faultsim.errors import UnknownOutcome, UsageError
from faultsim.fault_models.defect import FaultyDeck
from faultsim.fault_models.lumping import equivalent_of, lumped
from faultsim.spice.job import Job, Trace
from faultsim.spice.pool import WorkerPool
from faultsim.units import format_quantity


def run(request: Request, plot: Path | None, csv: Path | None, json: bool) -> None:
    """Run one transient and show it."""
    circuit = network.load(request.circuit)
    if plot is not None and plot.suffix.lower() != ".svg":
        raise UsageError(f"--plot {plot}: plots are SVG; give a name that ends in .svg")
    job, stimulus = asked_job(circuit, request, asked_stimulus(circuit, request))
    with WorkerPool(1, circuit.sidecar.simulation.timeout) as pool:
        trace = pool.submit(job, with_waveforms=True).result()
    # Files first: who reads the first line and closes the pipe has asked for them all the same.
    if csv is not None and trace.waveforms:
        write_text(csv, csv_text(trace))
    if plot is not None and trace.waveforms:
        from faultsim.reports.figures.canvas import svg_text
        from faultsim.reports.figures.waveforms import waveform_figure

        title = _title(circuit, request, stimulus)
        write_text(plot, svg_text(waveform_figure(trace.waveforms, stimulus, job.scope["vdd"], title)))
    _show(trace, json)


def asked_job(circuit: Network, request: Request, stimulus: Stimulus) -> tuple[Job, Stimulus]:
    """Return the transient that the options ask for, and the stimulus as a defect of the timing leaves it."""
    simulation, conditions = circuit.sidecar.simulation, asked_conditions(circuit, request)
    fault = asked_fault(circuit, request)
    if fault is None:
        healthy = FaultyDeck(bench.variant(circuit, stimulus, conditions))
        edited = _simulated(circuit, request, healthy, stimulus, conditions, 0.0).at(0.0)
        return bench.job(circuit, stimulus, conditions, simulation, edited), stimulus
    defect, at = fault
    faulty = defect.inject(bench.variant(circuit, stimulus, conditions))
    stimulus = defect.disturb(stimulus, at)
    edited = _simulated(circuit, request, faulty, stimulus, conditions, at).at(at)
    return bench.job(circuit, stimulus, conditions, simulation, edited), stimulus


def _simulated(
    circuit: Network, request: Request, deck: FaultyDeck, stimulus: Stimulus, conditions: Conditions, severity: float
) -> FaultyDeck:
    """Return a deck, or its equivalent where that is asked for."""
    if not request.equivalent:
        return deck
    around = bench.surroundings(circuit, stimulus, conditions)
    found = equivalent_of(circuit, deck.cornered(severity), around)
    if not found.gone:
        raise UsageError(f"--equivalent: {circuit.name} has none here: {found.reason}")
    say(f"{found.kept} of {found.kept + found.gone} taps on bit lines are simulated; they stand for the others")
    return lumped(circuit, deck, around, severity)


def _show(trace: Trace, json: bool) -> None:
    outcome = trace.outcome
    values: dict[str, Any] = dict.fromkeys(REQUIRED_OBSERVABLES)
    values.update(outcome.values)
    if json:
        print_json({**values, "status": outcome.status.value, "points": outcome.points, "log_tail": outcome.log_tail})
    elif outcome.ok:
        pulse = values["pulses_to_spike"]
        spike = (
            f"spikes on pulse {pulse}, after {format_quantity(values['time_to_spike_s'], 's')}" if pulse else "no spike"
        )
        print(f"{spike}; IM_WR {format_quantity(values['im_wr_a'], 'A')}")
        print("\n".join(f"{name} = {value}" for name, value in values.items()))
    if not outcome.ok:
        say(outcome.log_tail)
        raise UnknownOutcome(f"the simulation ended with {outcome.status}; what the circuit does is unknown")


def _title(circuit: Network, request: Request, stimulus: Stimulus) -> str:
    fault = asked_fault(circuit, request)
    defect = f"{fault[0].id} {format_quantity(fault[1], fault[0].unit)}" if fault else "fault-free"
    iw, lw = (format_quantity(value, "s") for value in (stimulus.spec.integrate, stimulus.spec.leaky))
    written = [f"weights {abridged(request.weights)}"] if request.weights else []
    if request.program and stimulus.spec.program:
        written += [
            f"programmed {abridged(request.program)} with {format_quantity(stimulus.spec.program.delay, 's')} of delay"
        ]
    point = [f"{request.vdd} V"] if request.vdd else []
    point += [f"{request.temperature:g} C"] if request.temperature is not None else []
    return ", ".join(
        [circuit.name, *written, f"input {abridged(stimulus.pattern)}", f"IW {iw}, LW {lw}", *point, defect]
    )


def csv_text(trace: Trace) -> str:
    """Return waveforms as a table: time in s, then a column for each probe."""
    names = list(trace.waveforms)
    columns = [trace.waveforms[names[0]].time_s, *(trace.waveforms[name].values for name in names)]
    buffer = io.StringIO()
    writer = csv_format.writer(buffer, lineterminator="\n")
    writer.writerow(["time_s", *names])
    writer.writerows([repr(float(value)) for value in row] for row in zip(*columns, strict=True))
    return buffer.getvalue()
