/** Returns the folder that this page lies in, as a shell takes it. */
function runFolder() {
  if (location.protocol !== "file:") return "RUN";
  const path = decodeURIComponent(location.pathname).replace(/\/[^/]*$/, "");
  return quoted(path || "/");
}

function commandCard(island, defect) {
  const { portrait } = defect;
  const commands = [];
  if (portrait) {
    const setting = island.settings[portrait.setting];
    const chosen = ["test", "window", "vdd", "temperature", "corner"].flatMap((name) => {
      const several = new Set(island.settings.map((one) => one[name])).size > 1;
      return several ? [`--${name}`, quoted(String(setting[name]))] : [];
    });
    const show = ["faultsim show", runFolder(), quoted(defect.id), ...chosen].join(" ");
    commands.push(["This transient again, with its plot", `${show} --plot waveforms.svg`]);
    commands.push(["Its deck, for ngspice -b", `${show} --deck faulty.cir`]);
    if (portrait.side === "fails") commands.push(["Its neighbour on the grid, which passes", `${show} --at passes`]);
  }
  if (!commands.length) return null;
  return card("Reproduce", ...commands.flatMap(([what, text]) => [html("p", { class: "quiet" }, what), command(text)]));
}

function command(text) {
  const button = html("button", { type: "button", class: "button" }, "Copy");
  button.addEventListener("click", async () => {
    button.textContent = (await copied(text)) ? "Copied" : "Press Ctrl-C";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
  return html("div", { class: "command" }, html("code", {}, text), button);
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
