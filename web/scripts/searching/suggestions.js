// How what is typed might go on (the combobox pattern of the ARIA Authoring Practices Guide).

import { $, el, icon } from "../dom.js";

const PAUSE = 120; // milliseconds without a key

const prevent = (event) => event.preventDefault();

/** @param {object} app see app.js */
export function startSuggestions(app) {
  const input = $("text");
  const list = $("suggestions");
  let asking = new AbortController();
  let waiting = 0;
  let offers = [];
  let active = -1;

  function close() {
    asking.abort();
    clearTimeout(waiting);
    list.hidden = true;
    list.replaceChildren();
    offers = [];
    activate(-1);
    input.setAttribute("aria-expanded", "false");
  }

  function activate(index) {
    active = index;
    [...list.children].forEach((one, place) => one.setAttribute("aria-selected", String(place === index)));
    if (index < 0) input.removeAttribute("aria-activedescendant");
    else {
      input.setAttribute("aria-activedescendant", list.children[index].id);
      list.children[index].scrollIntoView({ block: "nearest" });
    }
  }

  function choose({ text, kind }) {
    close();
    const { tags } = app.search();
    if (kind === "words") app.go({ text });
    else app.go({ text: "", tags: tags.includes(text) ? tags : [...tags, text] });
  }

  async function ask() {
    asking.abort();
    asking = new AbortController();
    const { signal } = asking;
    const text = input.value.trim();
    if (!text || !app.session.signedIn) return close();
    // Suggestions are a help: without them one can still search.
    const found = await app.api.suggest(text, signal).catch(() => []);
    if (signal.aborted || document.activeElement !== input) return;
    offers = found.filter((one) => one.text !== text || one.kind === "tag");
    list.replaceChildren(...offers.map(option));
    list.hidden = !offers.length;
    input.setAttribute("aria-expanded", String(offers.length > 0));
    activate(-1);
  }

  function option(one, index) {
    const { text, kind, count } = one;
    return el(
      "li",
      {
        id: `suggestion-${index}`, role: "option", "aria-selected": false,
        // Before the field loses the focus, which closes the list.
        on: { pointerdown: prevent, mousedown: prevent, click: () => choose(one) },
      },
      icon(kind === "tag" ? "tag" : "search"),
      el("span", { textContent: text, dir: "auto" }),
      el("small", { className: "number", textContent: kind === "tag" ? `tag · ${count}` : `${count}` }),
    );
  }

  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, PAUSE);
  });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (list.hidden || event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) activate(((active + step + 1 + offers.length + 1) % (offers.length + 1)) - 1);
    else if (event.key === "Enter" && active >= 0) choose(offers[active]);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  return { close };
}
