// Keys: `/` to the words, arrows through the pictures, and one letter for what can be done with the one in focus.

import { $, el, typing } from "../dom.js";

const KEYS = [
  ["/", "type words"],
  ["← ↑ ↓ →", "go from picture to picture"],
  ["Enter", "more like this picture"],
  ["O", "look at it"],
  ["+", "like this one, too"],
  ["−", "unlike this one"],
  ["Home", "to the first picture; End to the last"],
  ["Ctrl V", "search by a copied picture"],
  ["Esc", "close what is open"],
  ["?", "this list"],
];

// Who speaks to the machine types `/` by accident: WCAG 2.1.4 wants keys that work anywhere to have a switch.
const ANYWHERE = "keys-anywhere";
let anywhere = stored((storage) => storage.getItem(ANYWHERE)) !== "no";

/** Wires the whole page's keys. */
export function startKeyboard() {
  const dialog = $("keys");
  const help = () => {
    const works = el("input", { type: "checkbox", checked: anywhere, on: { change } });
    function change() {
      anywhere = works.checked;
      stored((storage) => storage.setItem(ANYWHERE, anywhere ? "yes" : "no"));
    }
    const rows = KEYS.flatMap(([key, does]) => [el("dt", {}, el("kbd", { textContent: key })), el("dd", { textContent: does })]);
    const close = el("button", { type: "button", className: "primary", textContent: "Close", autofocus: true, on: { click: () => dialog.close() } });
    dialog.replaceChildren(
      el("h2", { id: "keys-title", textContent: "Keyboard shortcuts" }),
      el("dl", {}, ...rows),
      el("label", { className: "check" }, works, "“/” and “?” work wherever the focus is"),
      el("div", { className: "buttons" }, close),
    );
    dialog.showModal();
  };
  $("help").addEventListener("click", help);
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || typing(event)) return;
    if (document.querySelector("dialog[open]")) return;
    if (!act(event, help)) return;
    event.preventDefault();
  });
}

function act({ key, target }, help) {
  if (key === "/" && anywhere) {
    $("text").focus();
    $("text").select();
    return true;
  }
  if (key === "?" && anywhere) {
    help();
    return true;
  }
  const card = target.closest?.(".card");
  return card ? onCard(key, card) : false;
}

function onCard(key, card) {
  const press = (selector) => {
    card.querySelector(selector).click();
    return true;
  };
  if (key === "o" || key === "O") return press(".open");
  if (key === "+") return press("[data-steer=more]");
  if (key === "-") return press("[data-steer=less]");
  const next = neighbour(key, card);
  next?.querySelector(".picture").focus();
  return Boolean(next);
}

function neighbour(key, card) {
  const cards = [...$("hits").children].filter((one) => !one.hidden);
  const place = cards.indexOf(card);
  if (key === "ArrowRight") return cards[place + 1];
  if (key === "ArrowLeft") return cards[place - 1];
  if (key === "Home") return cards[0];
  if (key === "End") return cards.at(-1);
  if (key !== "ArrowDown" && key !== "ArrowUp") return null;
  const middle = card.offsetLeft + card.offsetWidth / 2;
  const rows = cards.filter((one) => (key === "ArrowDown" ? one.offsetTop > card.offsetTop : one.offsetTop < card.offsetTop));
  const top = key === "ArrowDown" ? rows[0]?.offsetTop : rows.at(-1)?.offsetTop;
  const away = (one) => Math.abs(one.offsetLeft + one.offsetWidth / 2 - middle);
  return rows.filter((one) => one.offsetTop === top).toSorted((one, other) => away(one) - away(other))[0];
}

function stored(access) {
  try {
    return access(localStorage);
  } catch {
    return null; // where nothing may be stored, it lasts as long as the page
  }
}
