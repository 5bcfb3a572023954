const SVG = "http://www.w3.org/2000/svg";

/** Returns an element of HTML; children are elements or text. */
function html(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

/** Returns an element of SVG. */
function svg(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

function card(title, ...children) {
  return html("section", { class: "card" }, html("h3", {}, title), ...children);
}

function key(...entries) {
  return html("p", { class: "key" }, entries.map(([kind, text]) => html("span", {}, html("i", { class: kind }), text)));
}
