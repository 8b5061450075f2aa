// How much words count, and how much pictures do, where a search has both.

import { el } from "../dom.js";
import { byPicture } from "../search.js";

const REST = 250; // milliseconds that the slider stands still before that is searched for

/** @param {object} app see app.js @returns {{element: HTMLElement, show(search: import("../search.js").Search): void}} */
export function createBalance(app) {
  const slider = el("input", { type: "range", min: 0, max: 100, step: 5, "aria-label": "Balance of words and picture", on: { input: moved, change: left, keydown: () => (keys = true), pointerdown: () => (keys = false) } });
  const element = el("div", { className: "balance" }, el("span", { textContent: "Words" }), slider, el("span", { textContent: "Picture" }));
  let waiting = 0;
  let keys = false; // move it, and not a pointer

  function speak() {
    slider.setAttribute("aria-valuetext", `words ${100 - slider.value}, picture ${slider.value}`);
  }

  function moved() {
    speak();
    clearTimeout(waiting);
    waiting = setTimeout(ask, REST);
  }

  // By keys, each step is one: there may be more to come.
  function left() {
    if (!keys) ask();
  }

  function ask() {
    clearTimeout(waiting);
    waiting = 0;
    app.go({ balance: Number(slider.value) }, { replace: true });
  }

  return {
    element,
    show(search) {
      element.hidden = !search.text || !byPicture(search);
      if (waiting) return;
      slider.value = search.balance;
      speak();
    },
  };
}
