/** Returns a function from a domain to a range, and what its ticks are. */
function scale(low, high, from, to, log = false) {
  const bend = log ? Math.log10 : (value) => value;
  const [start, stop] = [bend(low), bend(high)];
  const place = (value) => from + ((bend(value) - start) / (stop - start || 1)) * (to - from);
  return { low, high, log, place, ticks: log ? decades(low, high) : steps(low, high) };
}

function steps(low, high, count = 4) {
  const rough = (high - low) / count || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999) * power;
  const found = [];
  for (let number = Math.ceil(low / step - 1e-9); number * step <= high + 1e-9 * step; number += 1) found.push(number * step);
  return found;
}

function decades(low, high) {
  const powers = [];
  for (let power = Math.ceil(Math.log10(low) - 1e-9); power <= Math.log10(high) + 1e-9; power += 1) powers.push(10 ** power);
  if (powers.length > 1) return powers;
  const all = [1, 2, 5].flatMap((factor) => [-1, 0, 1].map((shift) => factor * 10 ** (Math.floor(Math.log10(low)) + shift)));
  return all.filter((value) => value >= low * 0.999 && value <= high * 1.001).sort((one, two) => one - two);
}

function line(points, across, up, kind) {
  const path = points.map(([x, y], place) => `${place ? "L" : "M"}${across.place(x).toFixed(1)} ${up.place(y).toFixed(1)}`);
  return svg("path", { class: kind, d: path.join("") });
}

function bottomAxis(across, top, base, unit, name) {
  const [from, to] = [across.place(across.low), across.place(across.high)];
  return [
    ...across.ticks.map((value) => svg("line", { class: "grid", x1: across.place(value), x2: across.place(value), y1: top, y2: base })),
    svg("line", { class: "axis", x1: from, x2: to, y1: base, y2: base }),
    ...across.ticks.map((value) => svg("text", { x: across.place(value), y: base + 15, "text-anchor": "middle" }, quantity(value, unit, 3))),
    svg("text", { class: "name", x: (from + to) / 2, y: base + 32, "text-anchor": "middle" }, name),
  ];
}

function leftAxis(up, left, right, unit) {
  return up.ticks.flatMap((value) => [
    svg("line", { class: "grid", x1: left, x2: right, y1: up.place(value), y2: up.place(value) }),
    svg("text", { x: left - 6, y: up.place(value) + 4, "text-anchor": "end" }, measured(value, unit)),
  ]);
}

function spread(values, share = 0.08) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = (high - low || Math.abs(high) || 1) * share;
  return [low - room, high + room];
}

const CIVIDIS = ["#00224e", "#123570", "#3b496c", "#575d6d", "#707173", "#8a8678", "#a59c74", "#c3b369", "#e1cc55", "#fee838"];

/** Returns the colour of a share from 0 to 1: dark for small, light for large, in greyscale as well. */
function shade(share) {
  const at = Math.min(1, Math.max(0, share)) * (CIVIDIS.length - 1);
  const [low, part] = [Math.min(Math.floor(at), CIVIDIS.length - 2), at - Math.min(Math.floor(at), CIVIDIS.length - 2)];
  const [one, two] = [CIVIDIS[low], CIVIDIS[low + 1]].map((text) => [1, 3, 5].map((place) => parseInt(text.slice(place, place + 2), 16)));
  return `rgb(${one.map((value, place) => Math.round(value + part * (two[place] - value))).join(" ")})`;
}
