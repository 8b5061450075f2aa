// Why a picture was found: each leg's score and what it added, the words it has and has not, what it looks like.

import { nameOf } from "../names.js";
import { legName } from "../results/card.js";
import { el } from "../dom.js";

const FIELDS = { name: "file name" };
const capital = (text) => text[0].toUpperCase() + text.slice(1);

/**
 * @param {object} hit docs/api.md
 * @param {object|undefined} source the hit that it looks like, where that is why it was found
 * @param {(id: string) => void} open
 * @returns {Node[]} none where nothing was compared
 */
export function explained(hit, source, open) {
  if (hit.score === null) return [];
  const { explanation, expanded_from: expanded } = hit;
  const title = el("h3", {}, "Why it was found", el("span", { className: "number", textContent: hit.score.toFixed(2) }));
  if (expanded) return [title, lookAlike(expanded, source, open)];
  const legs = explanation?.legs ?? Object.entries(hit.scores).map(([leg, score]) => ({ leg, score, rank: hit.ranks[leg] }));
  const terms = legs.flatMap((leg) => leg.terms ?? []);
  const several = legs.length > 1 && explanation?.fusion === "weighted";
  return [
    title,
    el("ul", { className: "legs", role: "list" }, ...legs.map((leg) => bar(leg, several))),
    terms.length > 0 && el("ul", { className: "terms", role: "list" }, ...terms.map(term)),
  ].filter(Boolean);
}

function bar({ leg, score, rank, counted }, several) {
  const filled = el("span", { className: "filled" });
  filled.style.width = `${Math.round(score * 100)}%`;
  const added = several ? `adds ${counted.toFixed(2)}` : "";
  const place = rank ? `place ${rank}` : "";
  return el(
    "li",
    { data: { leg } },
    el("span", { textContent: capital(legName(leg)) }),
    el("span", { className: "bar", "aria-hidden": "true" }, filled),
    el("span", { className: "number", textContent: score.toFixed(2) }),
    el("span", { className: "soft number", textContent: [added, place].filter(Boolean).join(", ") }),
  );
}

function term({ word, fields }) {
  if (!fields.length) return el("li", {}, el("s", { dir: "auto", textContent: word }), " not found");
  return el("li", {}, el("mark", { dir: "auto", textContent: word }), ` in ${fields.map((field) => FIELDS[field] ?? field).join(", ")}`);
}

function lookAlike({ id, similarity }, source, open) {
  const link = el("button", {
    type: "button", className: "chip", dir: "auto", textContent: source ? nameOf(source) : "a picture with the words", on: { click: () => open(id) },
  });
  return el("p", {}, "Its words do not match, but it looks like ", link, ` (${Math.round(similarity * 100)} % alike).`);
}
