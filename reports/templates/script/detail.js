/** Returns what an opened row shows: facts, thresholds, waveforms, currents, behaviours, commands. */
function details(island, place) {
  const defect = island.defects[place];
  const cards = [
    waveformCard(island, defect),
    thresholdCard(island, defect),
    currentCard(island, defect),
    behaviourCard(island, defect),
    factCard(defect),
    commandCard(island, defect),
  ];
  return html("div", { class: "cards" }, cards.filter(Boolean));
}

function settingName(island, place) {
  const setting = island.settings[place];
  const point = [`${setting.vdd} V`, `${setting.temperature} °C`, setting.corner === "nominal" ? "" : setting.corner];
  const several = new Set(island.settings.map((one) => [one.vdd, one.temperature, one.corner].join())).size > 1;
  return [setting.test, setting.window, ...(several ? point.filter(Boolean) : [])].join(", ");
}

function factCard(defect) {
  const facts = {
    "Where": defect.location,
    "Default severity": quantity(defect.default, defect.unit),
    "Best threshold": quantity(defect.best, defect.unit),
    "Weight": shortest(defect.weight, 4),
    "Same circuit as": defect.same_as,
    "Undetectable": defect.undetectable,
    "Why": defect.reason,
  };
  const shown = Object.entries(facts).filter(([, text]) => text);
  return card("Facts", html("dl", { class: "facts" }, shown.map(([name, text]) => [html("dt", {}, name), html("dd", {}, text)])));
}

function behaviourCard(island, defect) {
  if (!defect.behaviours.length) return null;
  const rows = defect.behaviours.map(([severity, pulse, ...places]) => {
    const [window, at, name, why] = places.map((place) => island.texts[place]);
    return html("tr", {}, html("td", {}, window), html("td", { class: "n" }, quantity(severity, defect.unit)), html("td", {}, at),
      html("td", {}, html("b", {}, name)), html("td", { class: "n" }, String(pulse ?? "never")), html("td", {}, why));
  });
  const heads = ["Window", "Severity", "At", "Behaviour", "Spikes on", "Why"].map((text) => html("th", {}, text));
  const shown = card("Behaviours", html("div", { class: "scroll" }, html("table", {}, html("thead", {}, html("tr", {}, heads)), html("tbody", {}, rows))));
  shown.classList.add("wide");
  return shown;
}

/** Current over resistance, beside the fault-free one (LATS 2024 Fig. 9). */
function currentCard(island, defect) {
  const rows = island.sweep?.curves[defect.lead];
  if (!rows) return null;
  const points = rows.filter(([severity, value]) => severity > 0 && value !== null);
  const healthy = rows.find(([severity]) => severity === 0)?.[1];
  if (!points.length) return null;
  const observable = island.sweep.observable;
  const unit = observable.endsWith("_a") ? "A" : "";
  const [low, high] = spread([...points.map(([, value]) => value), ...(healthy === undefined ? [] : [healthy]), 0], 0.05);
  const across = scale(points[0][0], points.at(-1)[0], 62, 500, true);
  const up = scale(low, high, 190, 10);
  const marks = healthy === undefined || healthy === null ? [] : [line([[across.low, healthy], [across.high, healthy]], across, up, "level")];
  const limit = bestFor(island, defect, island.sweep.pattern);
  const inside = limit !== null && limit >= across.low && limit <= across.high;
  if (inside) marks.push(line([[limit, up.low], [limit, up.high]], across, up, "limit"));
  const dots = points.map(([x, y]) => svg("circle", { class: "point", cx: across.place(x), cy: up.place(y), r: 2.6 },
    svg("title", {}, `${quantity(x, "ohm")}: ${quantity(y, unit)}`)));
  const picture = svg("svg", { class: "chart", viewBox: "0 0 520 230", role: "img", "aria-label": "Current over resistance" },
    leftAxis(up, 62, 500, unit), bottomAxis(across, 10, 190, "", "resistance (ohm)"), marks, line(points, across, up, "faulty"), dots);
  const entries = [["", observable.replace(/_a$/, "")], ["level", "fault-free"]];
  if (inside) entries.push(["limit", `threshold ${quantity(limit, defect.unit)}`]);
  return card(`${observable.replace(/_a$/, "").toUpperCase()} over resistance, input ${island.sweep.pattern}`, key(...entries), picture);
}

/** Returns the best threshold of the tests that read off the same inputs as the sweep. */
function bestFor(island, defect, pattern) {
  const found = defect.thresholds.filter((row) => island.settings[row[0]].pattern === pattern && row[3] !== null).map((row) => row[3]);
  if (!found.length) return null;
  return defect.direction === "fails_below" ? Math.max(...found) : Math.min(...found);
}

/** Thresholds: a map for each test over the plane of windows, else a line for each setting. */
function thresholdCard(island, defect) {
  if (!defect.thresholds.length) return card("Thresholds", html("p", {}, defect.reason || "No usable test is searched for this defect."));
  const maps = island.plane ? heatMaps(island, defect) : [];
  const mapped = new Set(maps.flatMap((map) => map.settings));
  const others = defect.thresholds.filter((row) => !mapped.has(row[0]));
  const parts = [...maps.map((map) => map.picture), others.length ? thresholdTable(island, defect, others) : null];
  const found = card("Thresholds over windows", ...parts);
  if (others.length) found.classList.add("wide");
  return found;
}

function thresholdTable(island, defect, rows) {
  const lines = rows.map(([setting, verdict, passes, fails, crossings, transients, reason]) => {
    const note = [island.texts[reason], crossings > 1 ? `the verdict changes ${crossings} times around here` : ""].filter(Boolean).join("; ");
    return html("tr", {}, html("td", {}, settingName(island, setting)), html("td", {}, html("span", { class: `badge ${verdict}` }, verdict)),
      html("td", { class: "n" }, quantity(passes, defect.unit)), html("td", { class: "n" }, html("b", {}, quantity(fails, defect.unit))),
      html("td", { class: "n" }, String(transients)), html("td", {}, html("small", {}, note)));
  });
  const heads = ["Test, window", "Verdict", "Passes at", "Fails at", "Transients", ""].map((text, place) => html("th", { class: place > 1 ? "n" : null }, text));
  return html("div", { class: "scroll" }, html("table", {}, html("thead", {}, html("tr", {}, heads)), html("tbody", {}, lines)));
}

const CELL = 26;

function heatMaps(island, defect) {
  const { integrate, leaky } = island.plane;
  const range = rangeOf(island)[defect.unit];
  const near = (one, two) => Math.abs(one - two) < 1e-15;
  const first = island.settings[0];
  const tests = [...new Set(island.settings.map((setting) => setting.test))];
  return tests.flatMap((test) => {
    const settings = [];
    const cells = integrate.flatMap((iw, column) => leaky.map((lw, row) => {
      const place = island.settings.findIndex((setting) => setting.test === test && near(setting.integrate, iw) && near(setting.leaky, lw)
        && setting.vdd === first.vdd && setting.temperature === first.temperature && setting.corner === first.corner);
      const found = defect.thresholds.find((one) => one[0] === place);
      if (found) settings.push(place);
      return heatCell(defect, found, range, [iw, lw], [52 + column * CELL, 8 + (leaky.length - 1 - row) * CELL]);
    }));
    if (!settings.length) return [];
    const [width, height] = [52 + integrate.length * CELL + 10, 8 + leaky.length * CELL];
    const axes = [
      ...integrate.filter((_, place) => place % 2 === 0).map((iw, place) => svg("text", { x: 52 + (2 * place + 0.5) * CELL, y: height + 16, "text-anchor": "middle" }, shortest(iw * 1e9, 3))),
      ...leaky.map((lw, place) => svg("text", { x: 46, y: 8 + (leaky.length - place - 0.5) * CELL + 4, "text-anchor": "end" }, shortest(lw * 1e9, 3))),
      svg("text", { class: "name", x: 52 + (integrate.length * CELL) / 2, y: height + 33, "text-anchor": "middle" }, "integrate window (ns)"),
      svg("text", { class: "name", x: 12, y: height / 2, "text-anchor": "middle", transform: `rotate(-90 12 ${height / 2})` }, "leaky window (ns)"),
    ];
    const picture = html("div", { class: "heat" }, html("p", { class: "quiet" }, `${test}; dark is ${quantity(range?.[0], defect.unit)}, light ${quantity(range?.[1], defect.unit)}; u not detected, ? unknown, x unusable`),
      svg("svg", { class: "chart", viewBox: `0 0 ${width} ${height + 40}`, role: "img", "aria-label": `Thresholds of test ${test} over the windows` }, cells, axes));
    picture.lastChild.style.maxWidth = `${Math.max(260, width * 1.4)}px`;
    return [{ settings, picture }];
  });
}

function heatCell(defect, found, range, [iw, lw], [x, y]) {
  const mark = !found ? "x" : found[1] === "unknown" ? "?" : found[3] === null ? "u" : "";
  const said = mark ? { x: "unusable", "?": "unknown", u: "not detected" }[mark] : `threshold ${quantity(found[3], defect.unit)}`;
  const box = svg("rect", { x, y, width: CELL, height: CELL, class: mark ? "empty" : null, fill: mark ? null : shade(shareOf(found[3], range)) },
    svg("title", {}, `IW ${quantity(iw, "s")}, LW ${quantity(lw, "s")}: ${said}`));
  return mark ? [box, svg("text", { x: x + CELL / 2, y: y + CELL / 2 + 4, "text-anchor": "middle", "pointer-events": "none" }, mark)] : [box];
}
