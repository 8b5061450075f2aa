// The API's highlights as nodes: escaped HTML in which only <em> is markup (docs/api.md). It is taken apart, never parsed.

import { el } from "../dom.js";

const ENTITY = /&(?:lt|gt|quot|amp|#x27|#39|#34);/g;
const MEANT = { "&lt;": "<", "&gt;": ">", "&quot;": '"', "&amp;": "&", "&#x27;": "'", "&#39;": "'", "&#34;": '"' };

/**
 * @param {string|undefined} html with <em> around what matched
 * @param {string} plain shown where nothing did
 * @returns {Node[]}
 */
export function highlighted(html, plain) {
  if (!html) return [document.createTextNode(plain)];
  return html.split(/<\/?em>/).map((piece, index) => {
    const text = piece.replace(ENTITY, (entity) => MEANT[entity]);
    return index % 2 ? el("mark", { textContent: text }) : document.createTextNode(text);
  });
}
