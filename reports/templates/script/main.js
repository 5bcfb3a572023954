function start() {
  const island = JSON.parse(document.getElementById("island").textContent);
  startTheme();
  const table = new DefectTable(island);
  table.start();
  new CircuitMap(island, table).start();
  for (const button of document.querySelectorAll("button[data-only]")) {
    button.disabled = false;
    button.addEventListener("click", () => table.only(button.dataset.only));
  }
  const follow = () => {
    const name = location.hash.startsWith("#defect=") ? decodeURIComponent(location.hash.slice("#defect=".length)) : "";
    if (table.places.has(name)) table.reveal(table.places.get(name));
    else if (name) table.shown.textContent = `No defect is called ${name}`;
  };
  addEventListener("hashchange", follow);
  follow();
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.target.closest("input, select, textarea")) {
      event.preventDefault();
      table.search.focus();
    }
  });
  watchSections();
}

/** Marks in the contents which section is being read. */
function watchSections() {
  const links = new Map([...document.querySelectorAll(".contents a")].map((link) => [link.hash.slice(1), link]));
  const seen = new IntersectionObserver((entries) => {
    const top = entries.filter((entry) => entry.isIntersecting).map((entry) => links.get(entry.target.id))[0];
    if (!top) return;
    for (const link of links.values()) link.classList.toggle("here", link === top);
  }, { rootMargin: "-10% 0px -75% 0px" });
  for (const name of links.keys()) {
    const section = document.getElementById(name);
    if (section) seen.observe(section);
  }
}

start();
