const TRACK = 68;
const LEFT = 66;

/** The transient behind the best threshold, the fault-free circuit behind it (LATS 2024 Figs. 7, 8, 11, 12). */
function waveformCard(island, defect) {
  const { portrait } = defect;
  const backdrop = portrait && island.backdrops[portrait.setting];
  if (!backdrop) return null;
  const missed = portrait.side === "passes";
  const what = `${quantity(portrait.severity, defect.unit)}, ${missed ? "the severest that passes" : "where the test begins to fail"}`;
  const told = Object.keys(backdrop.traces).filter((name) => name in portrait.traces);
  const extra = Object.keys(portrait.traces).filter((name) => !(name in backdrop.traces));
  const names = [...told, ...extra];
  const shown = names.length ? names : Object.keys(backdrop.traces).filter((name) => !/^in\d*$/.test(name)).slice(0, 4);
  const note = names.length ? "Probes that are not as in the fault-free circuit; integrate windows shaded." : "No probe is off the fault-free circuit by 2 %.";
  const picture = tracks(backdrop, portrait.traces, shown, missed);
  const transients = `transients ${portrait.transient}, fault-free ${backdrop.transient}`;
  const found = card(`Waveforms at ${what}`, html("p", { class: "quiet" }, `${settingName(island, portrait.setting)}. ${note}`),
    key(["", defect.id], ["healthy", "fault-free"]), picture, html("p", { class: "quiet" }, transients));
  found.classList.add("wide");
  return found;
}

/** Returns how wide a drawing over the whole row is, so that its text is as large as that of the page. */
function wide() {
  return Math.min(1200, Math.max(440, document.querySelector("main").clientWidth - 48));
}

function tracks(backdrop, traces, names, missed) {
  const width = wide();
  const right = width - 12;
  const all = names.flatMap((name) => [backdrop.traces[name], traces[name]].filter(Boolean));
  const [start, stop] = [Math.min(...all.map((trace) => trace[0])), Math.max(...all.map((trace) => trace[1]))];
  const across = scale(start, stop, LEFT, right);
  const base = names.length * TRACK + 6;
  const shades = backdrop.windows.map(([from, to]) => svg("rect", { class: "shade", x: across.place(from), y: 6, width: across.place(to) - across.place(from), height: base - 6 }));
  const rows = names.map((name, place) => track(name, backdrop, traces, across, 6 + place * TRACK, missed));
  const picture = svg("svg", { class: "chart", viewBox: `0 0 ${width} ${base + 40}`, role: "img", "aria-label": `Waveforms of ${names.join(", ")}` },
    shades, bottomAxis(across, 6, base, "s", "time"), rows);
  const cross = svg("line", { class: "cross", y1: 6, y2: base, visibility: "hidden" });
  const reading = svg("text", { x: right, y: base + 34, "text-anchor": "end" });
  picture.append(cross, reading);
  picture.addEventListener("pointermove", (event) => read(event, picture, across, cross, reading, names, backdrop, traces));
  picture.addEventListener("pointerleave", () => { cross.setAttribute("visibility", "hidden"); reading.textContent = ""; });
  return picture;
}

function track(name, backdrop, traces, across, top, missed) {
  const pair = [backdrop.traces[name], traces[name]].filter(Boolean);
  const [low, high] = spread(pair.flatMap((trace) => [trace[2], trace[3]]), 0.06);
  const up = scale(low, high, top + TRACK - 8, top + 4);
  up.ticks = up.ticks.filter((_, place, all) => all.length < 4 || place % 2 === 0);
  const unit = backdrop.units[name] ?? "";
  // A spike crosses half the supply.
  const level = name === "out" && high > backdrop.vdd / 2 ? backdrop.vdd / 2 : null;
  return svg("g", {}, leftAxis(up, LEFT, across.place(across.high), unit),
    backdrop.traces[name] ? line(points(backdrop.traces[name]), across, up, "healthy") : null,
    level ? line([[across.low, level], [across.high, level]], across, up, "limit") : null,
    traces[name] ? line(points(traces[name]), across, up, missed ? "faulty missed" : "faulty") : null,
    svg("text", { class: "name", x: LEFT + 4, y: top + 13 }, name));
}

/** Returns the points of a stored trace, whose times and values are thousandths of its ranges. */
function points([start, stop, low, high, times, values]) {
  return times.map((time, place) => [start + (time / 999) * (stop - start), low + (values[place] / 999) * (high - low)]);
}

function valueAt(trace, time) {
  const all = points(trace);
  const after = all.findIndex(([at]) => at >= time);
  if (after < 0) return null;
  const [[t0, v0], [t1, v1]] = [all[Math.max(0, after - 1)], all[after]];
  return t1 > t0 ? v0 + ((v1 - v0) * (time - t0)) / (t1 - t0) : v1;
}

function read(event, picture, across, cross, reading, names, backdrop, traces) {
  const box = picture.getBoundingClientRect();
  const x = ((event.clientX - box.left) / box.width) * picture.viewBox.baseVal.width;
  const [from, to] = [across.place(across.low), across.place(across.high)];
  if (x < from || x > to) return;
  const time = across.low + ((x - from) / (to - from)) * (across.high - across.low);
  cross.setAttribute("x1", x);
  cross.setAttribute("x2", x);
  cross.setAttribute("visibility", "visible");
  const said = names.filter((name) => traces[name]).map((name) => {
    const value = valueAt(traces[name], time);
    return value === null ? null : `${name} ${measured(value, backdrop.units[name])}`;
  });
  reading.textContent = [quantity(time, "s"), ...said.filter(Boolean)].join("   ");
}
