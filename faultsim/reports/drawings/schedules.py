"""Figures of what happens when: the coding of intensities, and the windows of the neuron."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from faultsim.circuits.sidecar import CodingSpec, StimulusSpec
from faultsim.circuits.stimulus import Stimulus, pulse_points, spike_delay_s
from faultsim.reports.figures.canvas import blank, label
from faultsim.reports.figures.svg import DATA
from faultsim.units import format_quantity

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_Span = tuple[float, float]
_NS = 1e9
_DIMENSION = {"arrowstyle": "<->", "linewidth": 0.8, "shrinkA": 0, "shrinkB": 0}
_GUIDE: dict[str, Any] = {"linewidth": 0.6, "linestyle": ":", "color": "0.4"}


@dataclass(frozen=True)
class CodedSpike:
    """When a pixel spikes, from the start of its coding window.

    Attributes:
        symbol: Its symbol in a pattern.
        intensity: Its intensity, 0 (white) to i_max (black).
        delay_s: Where eq. 1 puts the spike.
        sent: Whether the spike begins inside the window; white's would begin at its very end.
    """

    symbol: str
    intensity: float
    delay_s: float
    sent: bool


def coded_spikes(coding: CodingSpec) -> list[CodedSpike]:
    """Return the spike of every symbol, LATS 2024 eq. 1, the darkest first."""
    delays = {symbol: spike_delay_s(coding, symbol) for symbol in coding.intensity}
    spikes = [
        CodedSpike(symbol, coding.intensity[symbol], delay, delay < coding.t_max) for symbol, delay in delays.items()
    ]
    return sorted(spikes, key=lambda spike: (spike.delay_s, spike.symbol))


def coding_figure(coding: CodingSpec, integrate_s: float) -> Figure:
    """Draw when in the coding window each intensity spikes (LATS 2024 Fig. 4, eq. 1).

    Args:
        coding: The coding.
        integrate_s: Length of a spike: the integrate window.
    """
    spikes = coded_spikes(coding)
    figure = blank(6.6, 1.0 + 0.75 * len(spikes))
    axes = figure.add_subplot()
    end, width = coding.t_max * _NS, integrate_s * _NS
    stop = 1.05 * end + width
    for row, spike in enumerate(spikes):
        base = -1.4 * row
        shade = 1 - spike.intensity / coding.i_max
        axes.add_patch(_square(-0.13 * end, base, 0.08 * end, shade)).set_gid(f"{DATA}-{row}")
        named = f"{spike.symbol}: i = {spike.intensity:g}"
        axes.text(-0.16 * end, base + 0.4, named, ha="right", va="center", fontsize=9)
        _coded(axes, spike, base, (width, stop))
    for edge in (0.0, end):
        axes.axvline(edge, **_GUIDE)
    _beside(axes, (end, 1.4), "t_max", 4)
    axes.set_xlim(-0.36 * end, stop)
    axes.set_ylim(-1.4 * (len(spikes) - 1) - 0.3, 1.6)
    axes.set_xticks([end * share for share in (0, 0.25, 0.5, 0.75, 1)])
    axes.set_yticks([])
    equation = f"t = (i_max - i) / i_max · t_max, i_max = {coding.i_max:g}, t_max = {_time(coding.t_max)}"
    label(axes, f"time in the coding window (ns); {equation}")
    _bare(axes)
    axes.spines["bottom"].set_bounds(0, stop)
    return figure


def timing_figure(spec: StimulusSpec, vdd_v: float) -> Figure:
    """Draw one coding window: integrate window, leaky window, read pulse and strobe (LATS 2024 Fig. 6).

    The upper part is the whole window, the lower one the end of the integrate window enlarged.

    Args:
        spec: Timing.
        vdd_v: High level of the input.
    """
    stimulus = Stimulus("", spec.model_copy(update={"pulses": 1}))
    begin = stimulus.starts_s[0]
    (read, strobe) = (_nanoseconds(spans[0], begin) for spans in (stimulus.reads_s, stimulus.strobes_s))
    window, period = spec.integrate * _NS, stimulus.period_s * _NS
    reach = strobe[1] - window
    figure = blank(8.0, 5.6)
    whole, detail = figure.subplots(2, 1)
    views = ((whole, -0.06 * period, 1.06 * period + window), (detail, window - 0.4 * reach, strobe[1] + 0.3 * reach))
    for axes, low, high in views:
        axes.set_xlim(low, high)
        _pulse(axes, [(0, window), (period, period + window)], spec.edge * _NS, 0, "black")
        _pulse(axes, [read], spec.edge * _NS, -1.6, "0.35")
        axes.fill_between(strobe, -1.75, 1.1, color="0.9", linewidth=0)
        axes.set_yticks([0, 0.5, 1, -1.6, -0.6], ["0", "50 %", f"{vdd_v:g} V", "off", "on"], fontsize=8)
        _bare(axes)
    _whole(whole, spec, window, period)
    _detail(detail, spec, window, (read, strobe))
    return figure


def _coded(axes: Any, spike: CodedSpike, base: float, frame: tuple[float, float]) -> None:
    """Draw one row of the coding: a spike, or the outline of the one that is not sent."""
    (width, stop), start = frame, spike.delay_s * _NS
    pulse = [(start, 0), (start, 1), (start + width, 1), (start + width, 0)]
    line = [(0, 0), *(pulse if spike.sent else []), (stop, 0)]
    if spike.sent:
        _beside(axes, (start + width, base + 0.5), f"t = {start:g} ns", 6)
    else:
        _beside(axes, (start, base + 0.5), f"t = {start:g} ns = t_max: not sent", -6)
        _polyline(axes, pulse, base, linestyle="--", linewidth=0.8, color="0.5")
    _polyline(axes, line, base, linewidth=1.2, color="black")


def _whole(axes: Any, spec: StimulusSpec, window: float, period: float) -> None:
    for time in (0, window, period):
        axes.plot([time, time], [-1.8, 2.4], **_GUIDE)
    _dimension(axes, (0, window), 1.3, f"IW = {_time(spec.integrate)}")
    _dimension(axes, (window, period), 1.3, f"LW = {_time(spec.leaky)}")
    _dimension(axes, (0, period), 2.1, f"coding window = {_time(spec.integrate + spec.leaky)}")
    middle = (window + period) / 2
    axes.text(middle, 0.35, "input", ha="center", va="center", fontsize=9)
    axes.text(middle, -1.25, "read pulse (line) and strobe (grey)", ha="center", va="center", fontsize=9)
    axes.set_ylim(-1.9, 2.7)


def _detail(axes: Any, spec: StimulusSpec, window: float, spans: tuple[_Span, _Span]) -> None:
    (read, strobe), edge = spans, spec.edge * _NS
    for time in (window, *read, strobe[1]):
        axes.plot([time, time], [-3.5, 1.2], **_GUIDE)
    axes.axhline(0.5, **_GUIDE)
    _note(axes, (window - edge / 2, window + edge / 2), 1.3, f"edge {_time(spec.edge)}, 0 to 100 %")
    if spec.read_delay:
        _dimension(axes, (window, read[0]), -2.4, f"delay {_time(spec.read_delay)}")
    _dimension(axes, read, -2.4, f"read {_time(spec.read_width)}")
    _dimension(axes, strobe, -3.2, f"strobe {_time(spec.strobe_width)}: the output is compared")
    _beside(axes, (axes.get_xlim()[0], -3.2), "end of IW, enlarged", 4)
    axes.set_ylim(-3.6, 1.8)
    label(axes, "time from the start of the integrate window (ns); windows from 50 % to 50 %")


def _pulse(axes: Any, windows: list[_Span], edge: float, base: float, color: str) -> None:
    low, high = axes.get_xlim()
    points = [point for point in pulse_points(windows, edge, 1.0)[1:] if low < point[0] < high]
    levels = [points[0][1], points[-1][1]]
    _polyline(axes, [(low, levels[0]), *points, (high, levels[1])], base, linewidth=1.2, color=color)


def _polyline(axes: Any, points: Sequence[_Span], base: float, **style: Any) -> None:
    axes.plot([x for x, _ in points], [base + y for _, y in points], **style)


def _dimension(axes: Any, span: _Span, height: float, text: str) -> None:
    axes.annotate("", (span[0], height), (span[1], height), arrowprops=_DIMENSION)
    axes.text((span[0] + span[1]) / 2, height + 0.08, text, ha="center", va="bottom", fontsize=8)


def _note(axes: Any, span: _Span, height: float, text: str) -> None:
    """Dimension something too short for its text, which goes to the right."""
    length = 2 * (span[1] - span[0])
    for tip, tail in ((span[0], span[0] - length), (span[1], span[1] + length)):
        axes.annotate("", (tip, height), (tail, height), arrowprops={"arrowstyle": "->", "linewidth": 0.8})
    _beside(axes, (span[1] + length, height), text, 4)


def _beside(axes: Any, at: _Span, text: str, points: float) -> None:
    """Write to the right of a place, or to its left where the distance is negative."""
    align = "left" if points > 0 else "right"
    axes.annotate(text, at, (points, 0), textcoords="offset points", ha=align, va="center", fontsize=8)


def _time(seconds: float) -> str:
    return format_quantity(seconds, "s")


def _nanoseconds(span: _Span, begin_s: float) -> _Span:
    return (span[0] - begin_s) * _NS, (span[1] - begin_s) * _NS


def _square(x: float, y: float, width: float, shade: float) -> Any:
    """Return a pixel: its own grey on any page, so its edge is one that shows on all."""
    from matplotlib.patches import Rectangle

    return Rectangle((x, y), width, 0.8, facecolor=(shade, shade, shade), edgecolor="0.5", linewidth=0.8)


def _bare(axes: Any) -> None:
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
