const THEMES = ["auto", "light", "dark"];

function startTheme() {
  const button = document.getElementById("theme");
  const show = (theme) => {
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    button.textContent = `Theme: ${theme}`;
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    const next = THEMES[(THEMES.indexOf(document.documentElement.dataset.theme ?? "auto") + 1) % THEMES.length];
    show(next);
    remember(next);
  });
  show(remembered());
}

// A page from a file may not be allowed to remember anything.
function remember(theme) {
  try { localStorage.setItem("faultsim-theme", theme); } catch { /* then it is the browser's again next time */ }
}

function remembered() {
  try {
    const theme = localStorage.getItem("faultsim-theme");
    return THEMES.includes(theme) ? theme : "auto";
  } catch {
    return "auto";
  }
}
