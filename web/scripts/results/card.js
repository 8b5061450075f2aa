// One picture found, in the grid: what it is, how good a hit, and why.

import { el, icon, iconButton, once } from "../dom.js";
import { highlighted } from "./highlights.js";
import { nameOf, placeTime } from "../names.js";
import { EMPTY, steered, toAddress } from "../search.js";

const SPOKEN = 80; // letters of a caption that name a button
const LEGS = { text: "words", semantic: "picture" };

/** What a leg is called. @param {string} leg */
export const legName = (leg) => LEGS[leg] ?? leg;

/** A search for the like of an image, instead of what was searched for before. @param {string} id */
export const moreLike = (id) => ({ text: "", picture: null, similar: id, crop: null, more: [], less: [], sort: EMPTY.sort, open: null });

/** @returns {HTMLLIElement} */
export function card(hit, app) {
  const whole = nameOf(hit);
  const name = whole.length > SPOKEN ? `${whole.slice(0, SPOKEN)}…` : whole;
  const picture = el("img", { alt: name, loading: "lazy", decoding: "async", draggable: true });
  if (hit.width) Object.assign(picture, { width: hit.width, height: hit.height });
  picture.addEventListener("error", () => picture.classList.add("broken"), { once: true });
  picture.src = hit.thumbnail_url || hit.url;
  const similar = { ...app.search(), ...moreLike(hit.id) };
  const item = el(
    "li",
    { className: "card", data: { id: hit.id } },
    el(
      "a",
      {
        className: "picture", href: toAddress(similar), title: `More like this: ${name}`, "aria-label": `More like this: ${name}`,
        on: { click: (event) => followed(event, () => app.go(moreLike(hit.id))) },
      },
      picture,
    ),
    el(
      "div",
      { className: "actions", role: "group", "aria-label": `For ${name}` },
      iconButton("open", `Look at it: ${name}`, () => app.go({ open: hit.id }), { className: "icon-button open", "aria-keyshortcuts": "O" }),
      steering("plus", "more", `More like this, too: ${name}`, "+", hit, app),
      steering("minus", "less", `Less like this: ${name}`, "-", hit, app),
    ),
    hit.duplicates.length > 0 && stack(hit, app),
    el("p", { className: "caption", title: hit.key, dir: "auto" }, ...caption(hit, whole)),
    el("p", { className: "why" }, ...why(hit, app.search().sort)),
  );
  item.classList.toggle("stacked", hit.duplicates.length > 0);
  return item;
}

/** Show on a card whether it is marked as more, or less, like what is wanted. */
export function markSteering(item, search) {
  for (const button of item.querySelectorAll("[data-steer]")) {
    button.setAttribute("aria-pressed", search[button.dataset.steer].includes(item.dataset.id));
  }
}

/** Act on a click that means this page: with Ctrl, or the middle button, the browser opens another tab. */
export function followed(event, action) {
  if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  once(action)(event);
}

// Out of the way of Tab: + and − do the same, and forty pictures have eighty of them.
function steering(symbol, direction, label, key, hit, app) {
  const steer = once(() => app.go(steered(app.search(), direction, hit.id)));
  return iconButton(symbol, label, steer, {
    tabIndex: -1, "aria-keyshortcuts": key, "aria-pressed": false, data: { steer: direction },
  });
}

function stack(hit, app) {
  const count = hit.duplicates.length;
  const label = `${count} more, nearly the same: look at them`;
  return el(
    "button",
    { type: "button", className: "stack", title: label, "aria-label": label, on: { click: () => app.go({ open: hit.id }) } },
    icon("stack"),
    el("span", { className: "number", textContent: `+${count}` }),
  );
}

// Where the words were found elsewhere than in the caption, that is shown behind it.
function caption({ highlights, tags }, name) {
  const shown = highlighted(highlights.caption, name);
  if (highlights.caption || !highlights.tags) return shown;
  return [...shown, " · ", ...highlighted(highlights.tags, tags.join(", "))];
}

function why({ score, scores, expanded_from: expanded, uploaded, taken }, sort) {
  if (score === null) {
    // The date by which they are ordered.
    const date = sort.startsWith("taken") ? taken && placeTime(taken) : uploaded;
    return [date ? new Date(date).toLocaleDateString(undefined, { dateStyle: "medium" }) : ""];
  }
  const total = el("strong", { className: "number", textContent: score.toFixed(2) });
  if (expanded) return [total, el("span", { className: "leg", textContent: "looks like a match" })];
  return [total, ...Object.entries(scores).map(([leg, value]) => bar(leg, value))];
}

function bar(leg, value) {
  const filled = el("span", { className: "filled" });
  filled.style.width = `${Math.round(value * 100)}%`;
  const label = `${legName(leg)} ${value.toFixed(2)}`;
  return el(
    "span",
    { className: "leg", title: label, data: { leg } },
    el("span", { className: "bar", "aria-hidden": "true" }, filled),
    el("span", { className: "label number", textContent: label }),
  );
}
