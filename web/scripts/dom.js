// Making and finding elements. Text goes in as text: nothing here, or anywhere, parses HTML.

const SVG = "http://www.w3.org/2000/svg";

/** @param {string} id @returns {HTMLElement} */
export const $ = (id) => document.getElementById(id);

/**
 * An element. Of `properties`, `on` holds listeners and `data` the dataset; names with a dash, and `role`, are attributes.
 * @param {string} tag
 * @param {Object<string, unknown>} properties
 * @param {...(Node|string|null|false|undefined)} children what is empty is left out
 */
export function el(tag, { on = {}, data = {}, ...properties } = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-") || name === "role") element.setAttribute(name, String(value));
    else element[name] = value;
  }
  Object.assign(element.dataset, data);
  for (const [event, listener] of Object.entries(on)) element.addEventListener(event, listener);
  element.append(...children.filter((child) => child || child === 0));
  return element;
}

/** One of the symbols in index.html, for the eye alone. @param {string} name */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

/** A button that says what it does. @returns {HTMLButtonElement} */
export const button = (label, listener, className = "", symbol = null) =>
  el("button", { type: "button", className, on: { click: listener } }, symbol && icon(symbol), label);

/** A button that shows an icon, and says its name to who does not see it. */
export function iconButton(name, label, listener, properties = {}) {
  return el(
    "button",
    { type: "button", className: "icon-button", title: label, "aria-label": label, on: { click: listener }, ...properties },
    icon(name),
  );
}

/**
 * For what a press does: by the second click of a double one, something else may lie under the pointer.
 * @param {(event: MouseEvent) => void} listener
 */
export const once = (listener) => (event) => event.detail < 2 && listener(event);

/** What would be typed into a field, and not meant for the page. @param {Event} event */
export const typing = (event) => event.target.closest?.("input:not([type=range]), textarea, select, dialog[open]");
