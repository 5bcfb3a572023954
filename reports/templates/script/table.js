/** The table of defects: sorts, filters and opens rows; a row's place is that of its defect in the island. */
class DefectTable {
  constructor(island) {
    this.island = island;
    this.table = document.getElementById("defect-table");
    this.body = this.table.tBodies[0];
    this.rows = [...this.body.rows];
    this.search = document.getElementById("search");
    this.kind = document.getElementById("kind");
    this.verdict = document.getElementById("verdict-of");
    this.shown = document.getElementById("shown");
    this.texts = this.rows.map((row) => row.textContent.toLowerCase());
    this.places = new Map(island.defects.map((defect, place) => [defect.id, place]));
  }

  start() {
    document.getElementById("controls").hidden = false;
    for (const heading of this.table.tHead.querySelectorAll("th[data-sort]")) {
      const name = heading.textContent;
      heading.replaceChildren(html("button", { type: "button", click: () => this.sort(heading) }, name));
      heading.setAttribute("aria-sort", "none");
    }
    for (const [place, row] of this.rows.entries()) {
      const name = this.island.defects[place].id;
      const label = `Details of ${name}`;
      row.cells[0].append(html("button", { type: "button", class: "toggle", "aria-expanded": "false", "aria-label": label }));
    }
    this.body.addEventListener("click", (event) => this.clicked(event));
    this.search.addEventListener("input", () => this.filter());
    this.kind.addEventListener("change", () => this.filter());
    this.verdict.addEventListener("change", () => this.filter());
    document.getElementById("all").addEventListener("click", () => this.reset());
    this.paintStrips();
    this.filter();
  }

  clicked(event) {
    const row = event.target.closest("tr.row");
    const link = event.target.closest("a");
    if (link || !row || String(getSelection())) return;
    this.toggle(this.rows.indexOf(row));
  }

  /** Opens or closes a row; what it shows is made when it opens. */
  toggle(place, open = !this.rows[place].classList.contains("open")) {
    const row = this.rows[place];
    if (open === row.classList.contains("open")) return;
    row.classList.toggle("open", open);
    const button = row.querySelector(".toggle");
    button.setAttribute("aria-expanded", String(open));
    if (open) {
      const cell = html("td", { colspan: row.cells.length }, details(this.island, place));
      const id = `detail-${place}`;
      row.after(html("tr", { class: "detail", id }, cell));
      button.setAttribute("aria-controls", id);
      // Whoever copies the address sends this row along.
      history.replaceState(null, "", `#defect=${encodeURIComponent(this.island.defects[place].id)}`);
    } else {
      row.nextElementSibling.remove();
      button.removeAttribute("aria-controls");
    }
  }

  /** Opens the row of a defect where it can be seen. */
  reveal(place) {
    if (this.rows[place].hidden) this.reset();
    this.toggle(place, true);
    this.rows[place].scrollIntoView({ block: "start" });
    this.rows[place].querySelector(".toggle").focus({ preventScroll: true });
  }

  sort(heading) {
    const downwards = heading.getAttribute("aria-sort") === "ascending";
    for (const other of this.table.tHead.querySelectorAll("th[data-sort]")) other.setAttribute("aria-sort", "none");
    heading.setAttribute("aria-sort", downwards ? "descending" : "ascending");
    const keys = this.keys(heading.dataset.sort);
    const names = new Intl.Collator("en", { numeric: true });
    const missing = (key) => key === null || key === undefined || key === "";
    const order = [...keys.keys()].sort((one, two) => {
      const [a, b] = [keys[one], keys[two]];
      // What has no value is last, whichever way.
      if (missing(a) || missing(b)) return missing(a) - missing(b) || one - two;
      const found = typeof a === "number" && typeof b === "number" ? a - b : names.compare(a, b);
      return (downwards ? -found : found) || one - two;
    });
    const moved = order.flatMap((place) => {
      const row = this.rows[place];
      return row.classList.contains("open") ? [row, row.nextElementSibling] : [row];
    });
    this.body.append(...moved);
  }

  /** Returns what a column is sorted by, for each defect. */
  keys(column) {
    const { defects } = this.island;
    if (!column.startsWith("setting-")) {
      return defects.map((defect) => (column === "behaviours" ? behavioursOf(this.island, defect).join(", ") : defect[column]));
    }
    const setting = Number(column.slice("setting-".length));
    return defects.map((defect) => defect.thresholds.find((row) => row[0] === setting)?.[3] ?? null);
  }

  filter() {
    const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const [kind, verdict] = [this.kind.value, this.verdict.value];
    let count = 0;
    for (const [place, row] of this.rows.entries()) {
      const defect = this.island.defects[place];
      const fits = (!kind || defect.kind === kind) && (!verdict || defect.verdict === verdict);
      const visible = fits && words.every((word) => this.texts[place].includes(word));
      row.hidden = !visible;
      if (row.classList.contains("open")) row.nextElementSibling.hidden = !visible;
      count += visible;
    }
    this.shown.textContent = `${count} of ${this.rows.length} shown`;
    document.getElementById("none").hidden = count > 0;
  }

  reset() {
    [this.search.value, this.kind.value, this.verdict.value] = ["", "", ""];
    this.filter();
  }

  only(verdict) {
    this.reset();
    this.verdict.value = verdict;
    this.filter();
    document.getElementById("defects").scrollIntoView();
  }

  light(place, on) {
    this.rows[place].classList.toggle("lit", on);
  }

  /** Tells somebody which row is pointed at. */
  watch(told) {
    for (const [place, row] of this.rows.entries()) {
      row.addEventListener("pointerenter", () => told(place, true));
      row.addEventListener("pointerleave", () => told(place, false));
    }
  }

  /** Paints each defect's thresholds over all settings into its strip: a colour each, on one scale. */
  paintStrips() {
    const range = rangeOf(this.island);
    for (const [place, row] of this.rows.entries()) {
      const strip = row.querySelector(".strip");
      if (!strip) continue;
      const { unit, thresholds } = this.island.defects[place];
      const known = new Map(thresholds.map((found) => [found[0], found]));
      const colours = this.island.settings.map((_, setting) => colourOf(known.get(setting), range, unit));
      const stops = colours.flatMap((colour, at) => [`${colour} ${percent(at, colours)}`, `${colour} ${percent(at + 1, colours)}`]);
      strip.style.background = `linear-gradient(to right, ${stops.join(", ")})`;
    }
  }
}

function percent(at, colours) {
  return `${((100 * at) / colours.length).toFixed(2)}%`;
}

function colourOf(threshold, range, unit) {
  if (!threshold || threshold[3] === null) return "var(--shade)";
  return shade(shareOf(threshold[3], range[unit]));
}

function shareOf(value, [low, high]) {
  return high > low ? Math.log(value / low) / Math.log(high / low) : 0.5;
}

/** Returns the smallest and the largest threshold of each unit. */
function rangeOf(island) {
  const found = {};
  for (const { unit, thresholds } of island.defects) {
    for (const row of thresholds) {
      if (row[3] === null) continue;
      const [low, high] = found[unit] ?? [row[3], row[3]];
      found[unit] = [Math.min(low, row[3]), Math.max(high, row[3])];
    }
  }
  return found;
}

function behavioursOf(island, defect) {
  return [...new Set(defect.behaviours.map((row) => island.texts[row[4]]))];
}
