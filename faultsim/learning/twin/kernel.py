"""The compiled inner loop of the functional twin: a picture shown to a crossbar, step by step."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

_ONE = np.uint64(1)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX1, _MIX2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_UNIT = 2.0**-53


@njit(cache=True, nogil=True)
def mixed(value):  # type: ignore[no-untyped-def]
    """Return a number in which every bit of another one counts (Steele et al., OOPSLA 2014, SplitMix64)."""
    value = (value ^ (value >> np.uint64(30))) * _MIX1
    value = (value ^ (value >> np.uint64(27))) * _MIX2
    return value ^ (value >> np.uint64(31))


@njit(cache=True, nogil=True)
def uniform(key, place):  # type: ignore[no-untyped-def]
    """Return the number from 0 to 1 that a key has at a place."""
    return (mixed(key + np.uint64(place + 1) * _GOLDEN) >> np.uint64(11)) * _UNIT


@njit(cache=True, nogil=True)
def key_of(seed, kind, number):  # type: ignore[no-untyped-def]
    """Return a key for what is drawn of a kind, the number-th time."""
    return mixed(mixed(mixed(np.uint64(seed)) + np.uint64(kind)) + np.uint64(number))


@njit(cache=True, nogil=True)
def drawn_bits(key, pixels, outputs, junctions):  # type: ignore[no-untyped-def]
    """Return for each synapse which junctions are parallel, each with a probability of one half."""
    found = np.zeros((pixels, outputs), np.uint64)
    for pixel in range(pixels):
        for place in range(outputs):
            every = _ONE << np.uint64(junctions)
            found[pixel, place] = switched(
                np.uint64(0), every - _ONE, junctions, 0.5, 0.0, key, pixel * outputs + place
            )
    return found


@njit(cache=True, nogil=True)
def switched(bits, free, junctions, up, down, key, place):  # type: ignore[no-untyped-def]
    """Return which junctions of a synapse are parallel after each has had its chance to switch.

    Args:
        bits: Those that are parallel before.
        free: Those that can switch.
        junctions: How many there are.
        up: Probability that an antiparallel one is parallel afterwards.
        down: Probability that a parallel one is antiparallel afterwards.
        key: What the numbers are drawn for.
        place: The synapse's.
    """
    for junction in range(junctions):
        mask = _ONE << np.uint64(junction)
        chance = down if bits & mask else up
        if chance > 0.0 and free & mask and uniform(key, place * junctions + junction) < chance:
            bits ^= mask
    return bits


@njit(cache=True, nogil=True)
def count(bits):  # type: ignore[no-untyped-def]
    """Return how many junctions of a synapse are parallel."""
    parallel = 0
    while bits:
        bits &= bits - _ONE
        parallel += 1
    return parallel


@njit(cache=True, nogil=True)
def conductance(bits, alive, cell):  # type: ignore[no-untyped-def]
    """Return a synapse's conductance, in that of a parallel junction."""
    parallel = count(bits)
    return alive * (parallel + (cell.junctions - parallel) * cell.antiparallel)


@njit(cache=True, nogil=True)
def counts(bits):  # type: ignore[no-untyped-def]
    """Return how many junctions of each synapse are parallel."""
    found = np.empty(bits.shape)
    for pixel in range(bits.shape[0]):
        for place in range(bits.shape[1]):
            found[pixel, place] = count(bits[pixel, place])
    return found


@njit(cache=True, nogil=True)
def conductances(bits, alive, cell):  # type: ignore[no-untyped-def]
    """Return the conductance of each synapse, in that of a parallel junction."""
    found = np.empty(bits.shape)
    for pixel in range(bits.shape[0]):
        for place in range(bits.shape[1]):
            found[pixel, place] = conductance(bits[pixel, place], alive[pixel, place], cell)
    return found


@njit(cache=True, nogil=True, error_model="numpy")
def hazard_per_s(bias_v, cell):  # type: ignore[no-untyped-def]
    """Return the rate at which a bias makes a junction leave the state that it drives it out of, 1/s."""
    if bias_v > cell.least_v_antiparallel:
        share = bias_v * (1.0 - cell.tmr / (1.0 + cell.tmr + (bias_v / cell.half_tmr_v) ** 2)) / cell.critical_v
    elif -bias_v > cell.least_v_parallel:
        share = -bias_v / cell.critical_v
    else:
        return 0.0
    rate = math.exp(-cell.stability * (1.0 - min(share, cell.activated_below))) / cell.attempt_s
    return rate + max(share - 1.0, 0.0) / cell.sun_s


@njit(cache=True, nogil=True, error_model="numpy")
def voltage(age_s, pulse):  # type: ignore[no-untyped-def]
    """Return the voltage of an input's pulse at an age, V."""
    if age_s <= 0.0 or age_s >= pulse.width_s:
        return 0.0
    left_s = pulse.width_s - age_s
    if age_s < pulse.rise_s:
        return pulse.high_v * age_s / pulse.rise_s
    if left_s < pulse.rise_s:
        return pulse.low_v * left_s / pulse.rise_s
    return pulse.high_v + (pulse.low_v - pulse.high_v) * (age_s - pulse.rise_s) / (pulse.width_s - 2.0 * pulse.rise_s)


@njit(cache=True, nogil=True, error_model="numpy")
def age(time_s, first_s, period_s):  # type: ignore[no-untyped-def]
    """Return the time since a train's last onset; below 0 before its first one."""
    since_s = time_s - first_s
    return since_s % period_s if since_s >= 0.0 else since_s


@njit(cache=True, nogil=True, error_model="numpy")
def chance(table, still, age_s, spacing_s):  # type: ignore[no-untyped-def]
    """Return a probability of the update law at an age of the input's pulse."""
    place = age_s / spacing_s
    if place < 0.0 or place >= table.size - 1:
        return still
    low = int(place)
    return table[low] + (table[low + 1] - table[low]) * (place - low)


@njit(cache=True, nogil=True, error_model="numpy")
def present(synapses, neurons, picture, pulse, cell, output, law, membranes_v, key, learns):  # type: ignore[no-untyped-def]
    """Show a picture; change the synapses, and say who spiked when.

    Args:
        synapses: Of all pixels with all outputs; changed where it learns.
        neurons: What differs from output to output.
        picture: Trains of the pixels.
        pulse: What input neurons' pulses are like.
        cell: The junction.
        output: The output neuron, and how time is stepped.
        law: What an output's spike does to a junction.
        membranes_v: Potential of each output's membrane; changed.
        key: What is drawn is drawn for.
        learns: Outputs' spikes go back to the synapses, and thresholds rise.

    Returns:
        Instants of the spikes, s; the outputs that spiked.
    """
    pixels, outputs = synapses.bits.shape
    trains = picture.first_s.size
    most = int(output.duration_s / output.pause_s) + 2
    times_s, spiking, spikes = np.empty(most), np.empty(most, np.int64), 0
    sums, totals = np.zeros((trains, outputs)), np.zeros(outputs)
    for pixel in range(pixels):
        for place in range(outputs):
            sums[picture.kinds[pixel], place] += synapses.conductances[pixel, place]
            totals[place] += synapses.conductances[pixel, place]
    columns_v, shown_v = np.empty(outputs), np.empty(trains)
    steps, free_s, event = math.ceil(output.duration_s / output.step_s - 1e-9), 0.0, np.uint64(0)
    for step in range(steps):
        begin_s = step * output.step_s
        end_s = min(begin_s + output.step_s, output.duration_s)
        divide(picture, pulse, 0.5 * (begin_s + end_s), sums, totals, shown_v, columns_v)
        if learns:
            disturb(synapses, picture, cell, shown_v, columns_v, sums, totals, end_s - begin_s, mixed(key + event))
            event += _ONE
        start_s = max(begin_s, free_s)
        if start_s >= end_s:
            continue
        winner, spike_s = charge(neurons, output, columns_v, membranes_v, start_s, end_s - start_s)
        if winner < 0:
            continue
        times_s[spikes], spiking[spikes] = spike_s, winner
        spikes += 1
        membranes_v[:] = 0.0
        free_s = spike_s + output.pause_s
        if learns:
            neurons.raised_v[winner] += output.rise_v
            update(
                synapses, picture, cell, output, law, winner, spike_s + output.wait_s, sums, totals, mixed(key + event)
            )
            event += _ONE
    return times_s[:spikes], spiking[:spikes]


@njit(cache=True, nogil=True, error_model="numpy")
def divide(picture, pulse, time_s, sums, totals, shown_v, columns_v):  # type: ignore[no-untyped-def]
    """Work out what each train is at, and what each column is: the mean of its word lines by conductance."""
    columns_v[:] = 0.0
    for train in range(shown_v.size):
        shown_v[train] = voltage(age(time_s, picture.first_s[train], picture.period_s[train]), pulse)
        if shown_v[train] != 0.0:
            for place in range(columns_v.size):
                columns_v[place] += shown_v[train] * sums[train, place]
    for place in range(columns_v.size):
        columns_v[place] = columns_v[place] / totals[place] if totals[place] > 0.0 else 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def charge(neurons, output, columns_v, membranes_v, start_s, lasted_s):  # type: ignore[no-untyped-def]
    """Charge membranes or let them leak; return the first output that spikes, and when, or -1 and never."""
    winner, sooner_s = -1, np.inf
    for place in range(membranes_v.size):
        before_v, towards_v = membranes_v[place], columns_v[place]
        if towards_v > before_v:
            rate = neurons.gains[place] / output.charging_s
            after_v = towards_v + (before_v - towards_v) * math.exp(-lasted_s * rate)
        else:
            after_v = before_v * math.exp(-lasted_s * neurons.leaks[place] / output.leaking_s)
        membranes_v[place] = after_v
        least_v = output.threshold_v + neurons.raised_v[place]
        if neurons.able[place] and (after_v >= least_v or neurons.eager[place]):
            instant_s = start_s
            if before_v < least_v and not neurons.eager[place]:
                instant_s += lasted_s * (least_v - before_v) / (after_v - before_v)
            if instant_s < sooner_s:
                winner, sooner_s = place, instant_s
    return winner, sooner_s


@njit(cache=True, nogil=True, error_model="numpy")
def update(synapses, picture, cell, output, law, place, onset_s, sums, totals, key):  # type: ignore[no-untyped-def]
    """Change an output's synapses by its spike."""
    pixels, outputs = synapses.bits.shape
    trains = picture.first_s.size
    ups, downs = np.empty(trains), np.empty(trains)
    for train in range(trains):
        since_s = age(onset_s, picture.first_s[train], picture.period_s[train])
        ups[train] = chance(law.up, law.still_up, since_s, law.spacing_s)
        downs[train] = chance(law.down, law.still_down, since_s, law.spacing_s)
    sums[:, place] = 0.0
    totals[place] = 0.0
    for pixel in range(pixels):
        kind = picture.kinds[pixel]
        if ups[kind] > 0.0 or downs[kind] > 0.0:
            bits, free = synapses.bits[pixel, place], synapses.free[pixel, place]
            bits = switched(bits, free, cell.junctions, ups[kind], downs[kind], key, pixel * outputs + place)
            synapses.bits[pixel, place] = bits
            synapses.conductances[pixel, place] = conductance(bits, synapses.alive[pixel, place], cell)
        sums[kind, place] += synapses.conductances[pixel, place]
        totals[place] += synapses.conductances[pixel, place]


@njit(cache=True, nogil=True, error_model="numpy")
def disturb(synapses, picture, cell, shown_v, columns_v, sums, totals, lasted_s, key):  # type: ignore[no-untyped-def]
    """Let junctions switch that see more between their word line and their column than they stand."""
    pixels, outputs = synapses.bits.shape
    lowest_v, highest_v = columns_v.min(), columns_v.max()
    every = (_ONE << np.uint64(cell.junctions)) - _ONE
    ups, downs = np.empty(outputs), np.empty(outputs)
    for train in range(shown_v.size):
        above, below = shown_v[train] - lowest_v, highest_v - shown_v[train]
        if above <= cell.least_v_antiparallel and below <= cell.least_v_parallel:
            continue
        for place in range(outputs):
            bias_v = shown_v[train] - columns_v[place]
            p = -math.expm1(-lasted_s * hazard_per_s(bias_v, cell))
            ups[place], downs[place] = (p, 0.0) if bias_v > 0.0 else (0.0, p)
        for pixel in range(pixels):
            if picture.kinds[pixel] != train:
                continue
            for place in range(outputs):
                bits, free = synapses.bits[pixel, place], synapses.free[pixel, place]
                up, down = ups[place], downs[place]
                if (up == 0.0 or free & ~bits & every == 0) and (down == 0.0 or free & bits == 0):
                    continue
                after = switched(bits, free, cell.junctions, up, down, key, pixel * outputs + place)
                if after != bits:
                    change = conductance(after, synapses.alive[pixel, place], cell)
                    change -= synapses.conductances[pixel, place]
                    synapses.bits[pixel, place] = after
                    synapses.conductances[pixel, place] += change
                    sums[train, place] += change
                    totals[place] += change
