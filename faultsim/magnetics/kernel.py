"""The compiled inner loop of the batch engine: many neurons through their pulse trains, one after another."""

from __future__ import annotations

import math

from numba import njit

from faultsim.magnetics.train import Mark

EDGE_STEPS = 4
# What may be reordered in sums; infinite levels and missing restarts are compared elsewhere.
_FAST = {"contract", "reassoc", "arcp", "nsz"}

INTEGRATED, READ, LEAKED = int(Mark.INTEGRATED), int(Mark.READ), int(Mark.LEAKED)
"""The marks that mean something here, as in `Mark`.

A layer's coefficients: g and alpha; then, three of each, anisotropy, field, the metal's spin field and field, the
pillar's spin field.
"""


@njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy")
def _rate(x, y, z, hx, hy, hz, sx, sy, sz, g, alpha):  # type: ignore[no-untyped-def]
    """Return dm/dt = -g [m x A + m (m.B) - B] with A = H - alpha S and B = alpha H + S."""
    ax, ay, az = hx - alpha * sx, hy - alpha * sy, hz - alpha * sz
    bx, by, bz = alpha * hx + sx, alpha * hy + sy, alpha * hz + sz
    q = x * bx + y * by + z * bz
    return (
        -g * (y * az - z * ay + x * q - bx),
        -g * (z * ax - x * az + y * q - by),
        -g * (x * ay - y * ax + z * q - bz),
    )


@njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy")
def _at(x, y, z, u, w, c):  # type: ignore[no-untyped-def]
    """Return dm/dt under a drive of u volts along the metal and w amperes into the pillar."""
    return _rate(
        x,
        y,
        z,
        c[5] + c[2] * x + c[11] * u,
        c[6] + c[3] * y + c[12] * u,
        c[7] + c[4] * z + c[13] * u,
        c[8] * u + c[14] * w,
        c[9] * u + c[15] * w,
        c[10] * u + c[16] * w,
        c[0],
        c[1],
    )


@njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy")
def _across(x, y, z, u0, u1, w0, w1, duration, c, turn):  # type: ignore[no-untyped-def]
    """Integrate over a time in which the drive moves straight, by steps that turn the layer by `turn` at most (RK4)."""
    u, w, alpha, square = max(abs(u0), abs(u1)), max(abs(w0), abs(w1)), c[1], 0.0
    for axis in range(3):
        still, spin, field, pillar = abs(c[2 + axis]) + abs(c[5 + axis]), c[8 + axis], c[11 + axis], abs(c[14 + axis])
        a = still + u * abs(field - alpha * spin) + w * alpha * pillar
        b = alpha * still + u * abs(alpha * field + spin) + w * pillar
        square += a * a + b * b
    turns = duration * c[0] * math.sqrt(square) / turn
    # An edge in one step would count for more than all that is flat; a piece of an edge needs no more than its share.
    fewest = min(EDGE_STEPS, math.ceil(EDGE_STEPS * turns)) if u0 != u1 or w0 != w1 else 1
    steps = max(1, fewest, math.ceil(turns))
    h = duration / steps
    du, dw = (u1 - u0) / steps, (w1 - w0) / steps
    for step in range(steps):
        u, w = u0 + step * du, w0 + step * dw
        um, wm, ue, we = u + 0.5 * du, w + 0.5 * dw, u + du, w + dw
        ax, ay, az = _at(x, y, z, u, w, c)
        bx, by, bz = _at(x + 0.5 * h * ax, y + 0.5 * h * ay, z + 0.5 * h * az, um, wm, c)
        dx, dy, dz = _at(x + 0.5 * h * bx, y + 0.5 * h * by, z + 0.5 * h * bz, um, wm, c)
        ex, ey, ez = _at(x + h * dx, y + h * dy, z + h * dz, ue, we, c)
        x += h / 6.0 * (ax + 2.0 * bx + 2.0 * dx + ex)
        y += h / 6.0 * (ay + 2.0 * by + 2.0 * dy + ey)
        z += h / 6.0 * (az + 2.0 * bz + 2.0 * dz + ez)
        length = math.sqrt(x * x + y * y + z * z)
        x, y, z = x / length, y / length, z / length
    return x, y, z


@njit(cache=True, nogil=True)
def _drive_at(now, first, stop, time, metal, pillar, scale):  # type: ignore[no-untyped-def]
    """Return the drive, the next knot's index, at a time after the event whose knots they are."""
    k = first
    while k < stop and time[k] <= now:
        k += 1
    if k == first:
        return scale * metal[first], pillar[first], k
    if k == stop:
        return scale * metal[stop - 1], pillar[stop - 1], k
    share = (now - time[k - 1]) / (time[k] - time[k - 1])
    u = metal[k - 1] + share * (metal[k] - metal[k - 1])
    return scale * u, pillar[k - 1] + share * (pillar[k] - pillar[k - 1]), k


@njit(cache=True, nogil=True)
def _between(x, y, z, start, end, first, stop, time, metal, pillar, scale, c, turn):  # type: ignore[no-untyped-def]
    """Integrate from one event to the next; both times count from the event whose knots drive."""
    now = start
    u, w, k = _drive_at(now, first, stop, time, metal, pillar, scale)
    while now < end:
        until = min(time[k], end) if k < stop else end
        if k == stop:
            v, a = u, w
        elif until == time[k]:
            v, a = scale * metal[k], pillar[k]
        else:
            share = (until - now) / (time[k] - now)
            v, a = u + share * (scale * metal[k] - u), w + share * (pillar[k] - w)
        x, y, z = _across(x, y, z, u, v, w, a, until - now, c, turn)
        now, u, w = until, v, a
        if k < stop and until == time[k]:
            k += 1
    return x, y, z


@njit(cache=True, nogil=True)
def run_cases(  # type: ignore[no-untyped-def]
    coefficients,
    starts,
    restarts,
    neuron_of,
    scale_of,
    integrate_s,
    leaky_s,
    event_from,
    pulse,
    offset_s,
    share,
    mark,
    first,
    stop,
    time_s,
    metal_v,
    pillar_a,
    axes,
    levels,
    shifts,
    losses,
    slopes,
    turn,
    last_window,
    fired,
    nearest,
    noted,
):
    """Run every case through its train; what is found is written into the last three arrays.

    A case fires on the first read at which axis . m is below the level, which the last read lowers (see `Memory`).
    Without room in `noted` it ends there.
    """
    for case in range(neuron_of.size):
        neuron, scale = neuron_of[case], scale_of[case]
        c, axis, slope, loss = coefficients[neuron], axes[neuron], slopes[neuron], losses[case]
        x, y, z = starts[neuron, 0], starts[neuron, 1], starts[neuron, 2]
        period = integrate_s[case] + leaky_s[case]
        fired[case], nearest[case] = 0, math.inf
        low, high, anchor, before, last = 0, 0, 0.0, 0.0, 0.0
        for event in range(event_from[neuron], event_from[neuron + 1]):
            at = pulse[event] * period + offset_s[event] + share[event] * integrate_s[case]
            if high > low:
                x, y, z = _between(
                    x, y, z, before - anchor, at - anchor, low, high, time_s, metal_v, pillar_a, scale, c, turn
                )
            before = at
            if stop[event] > first[event]:
                low, high, anchor = first[event], stop[event], at
            kind = mark[event]
            if kind < 0:
                continue
            window = pulse[event] - (1 if kind == LEAKED else 0)
            if kind == INTEGRATED and window == 0 and not math.isnan(restarts[neuron, 0]):
                x, y, z = restarts[neuron, 0], restarts[neuron, 1], restarts[neuron, 2]
            if noted.shape[1] > window:
                noted[case, window, kind, 0] = x
                noted[case, window, kind, 1] = y
                noted[case, window, kind, 2] = z
            if kind == LEAKED and window + 1 == last_window:
                break
            if kind == READ:
                projection, level = axis[0] * x + axis[1] * y + axis[2] * z, levels[neuron] + shifts[neuron, window]
                if loss > 0.0 and window > 0:
                    level = (level - loss * (1.0 + slope * last)) / (1.0 - loss * slope)
                last = projection
                nearest[case] = min(nearest[case], projection - level)
                if projection < level and fired[case] == 0:
                    fired[case] = window + 1
                    if noted.shape[1] == 0:
                        break
