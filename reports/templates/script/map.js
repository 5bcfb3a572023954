/** The drawing of the circuit: colours its marks, says what they are, opens their rows. */
class CircuitMap {
  constructor(island, table) {
    this.island = island;
    this.table = table;
    this.marks = [...document.querySelectorAll("#map [data-defect]")];
    this.choice = document.getElementById("map-colour");
    this.tip = html("div", { class: "tip", role: "status", hidden: "" });
  }

  start() {
    if (!this.marks.length) return;
    document.body.append(this.tip);
    document.getElementById("map-controls").hidden = false;
    this.rove(this.marks[0]);
    this.choice.addEventListener("change", () => this.paint());
    for (const mark of this.marks) {
      const place = this.table.places.get(mark.dataset.defect);
      if (place === undefined) continue;
      // Our own tip says more, and sooner.
      mark.querySelector("title")?.remove();
      mark.setAttribute("aria-label", this.said(place));
      mark.addEventListener("click", () => this.table.reveal(place));
      mark.addEventListener("keydown", (event) => this.pressed(event, mark, place));
      for (const name of ["pointerenter", "focus"]) mark.addEventListener(name, () => this.point(mark, place));
      for (const name of ["pointerleave", "blur"]) mark.addEventListener(name, () => this.leave(place));
    }
    const marks = new Map(this.marks.map((mark) => [this.table.places.get(mark.dataset.defect), mark]));
    this.table.watch((place, on) => marks.get(place)?.classList.toggle("lit", on));
    this.paint();
  }

  /** One mark takes the keyboard's focus; arrows go on from it, so that hundreds are no hundred stops. */
  pressed(event, mark, place) {
    const here = this.marks.indexOf(mark);
    const next = { ArrowRight: here + 1, ArrowDown: here + 1, ArrowLeft: here - 1, ArrowUp: here - 1, Home: 0, End: this.marks.length - 1 }[event.key];
    if (event.key === "Enter" || event.key === " ") this.table.reveal(place);
    else if (next === undefined) return;
    else this.rove(this.marks[(next + this.marks.length) % this.marks.length]).focus();
    event.preventDefault();
  }

  rove(mark) {
    for (const other of this.marks) other.setAttribute("tabindex", other === mark ? "0" : "-1");
    return mark;
  }

  paint() {
    const range = rangeOf(this.island);
    const byThreshold = this.choice.value === "threshold";
    for (const mark of this.marks) {
      const defect = this.island.defects[this.table.places.get(mark.dataset.defect)];
      if (!defect) continue;
      mark.classList.toggle("by-threshold", byThreshold && defect.best !== null);
      mark.classList.remove("detected", "undetected", "unknown");
      mark.classList.add(byThreshold && defect.best === null ? "undetected" : defect.verdict);
      mark.style.setProperty("--mark", byThreshold && defect.best !== null ? shade(shareOf(defect.best, range[defect.unit])) : "");
    }
    const scale = document.getElementById("map-scale");
    const ends = Object.entries(range).map(([unit, [low, high]]) => `${quantity(low, unit)} dark to ${quantity(high, unit)} light`);
    scale.textContent = `${ends.join("; ")}; hollow: none. An open is seen the better the smaller, a bridge the larger.`;
    scale.hidden = !byThreshold;
  }

  said(place) {
    const defect = this.island.defects[place];
    const best = defect.best === null ? "" : `, best threshold ${quantity(defect.best, defect.unit)}`;
    return `${defect.id}: ${defect.kind} at ${defect.location}, ${defect.verdict}${best}`;
  }

  point(mark, place) {
    const box = mark.getBoundingClientRect();
    this.tip.textContent = this.said(place);
    this.tip.hidden = false;
    const left = Math.min(box.right + 8, innerWidth - this.tip.offsetWidth - 8);
    const below = box.bottom + 8 + this.tip.offsetHeight < innerHeight;
    this.tip.style.left = `${Math.max(8, left)}px`;
    this.tip.style.top = `${below ? box.bottom + 8 : box.top - this.tip.offsetHeight - 8}px`;
    this.table.light(place, true);
  }

  leave(place) {
    this.tip.hidden = true;
    this.table.light(place, false);
  }
}
