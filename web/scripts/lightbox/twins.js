// The near-duplicates that a hit stands for.

import { el } from "../dom.js";
import { nameOf } from "../names.js";

const MOST = 12;

/**
 * @param {string[]} ids
 * @param {(id: string) => Promise<{image: object}>} read
 * @param {(id: string) => void} open
 * @returns {Node[]}
 */
export function twins(ids, read, open) {
  if (!ids.length) return [];
  const left = ids.length - MOST;
  const list = el("ul", { className: "twins", role: "list" }, ...ids.slice(0, MOST).map((id) => twin(id, read, open)));
  const title = ids.length === 1 ? "1 near-duplicate" : `${ids.length.toLocaleString()} near-duplicates`;
  return [el("h3", { textContent: title }), list, left > 0 && el("p", { textContent: `and ${left} more` })].filter(Boolean);
}

function twin(id, read, open) {
  const button = el("button", { type: "button", "aria-label": "Nearly the same picture", on: { click: () => open(id) } });
  const item = el("li", {}, button);
  show(button, read(id)).catch(() => item.remove()); // it is gone, or comes when the picture is opened again
  return item;
}

async function show(button, reading) {
  const { image } = await reading;
  button.title = image.key;
  button.setAttribute("aria-label", `Nearly the same: ${nameOf(image)}, ${image.key}`);
  button.replaceChildren(el("img", { alt: "", src: image.thumbnail_url ?? image.url }));
}
