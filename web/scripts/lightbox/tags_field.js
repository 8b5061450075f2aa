// Tags as chips: each can be taken away; Enter or a comma adds what is typed.

import { el, icon } from "../dom.js";
import { cleaned } from "./versions.js";

const MOST = 100; // tags, and letters of a tag: the API's limits
const SOON = 150; // milliseconds after a key until completions are asked for

/**
 * @param {object} options
 * @param {string[]} options.tags
 * @param {{tag: string, confidence: number}[]} options.suggested
 * @param {(text: string, signal: AbortSignal) => Promise<{text: string, kind: string}[]>} options.suggest
 * @param {() => void} options.changed
 */
export function createTagsField({ tags: given, suggested, suggest, changed }) {
  let chosen = [...given];
  let asking = new AbortController();
  let waiting = 0;
  const chips = el("ul", { className: "chips", role: "list", "aria-label": "Tags" });
  const ideas = el("ul", { className: "chips", role: "list", "aria-label": "Suggested tags" });
  const completions = el("datalist", { id: "tag-completions" });
  const input = el("input", { id: "tag", type: "text", dir: "auto", placeholder: "Add a tag", autocapitalize: "none", "aria-describedby": "tag-problem" });
  input.setAttribute("list", completions.id);
  const problem = el("p", { id: "tag-problem", className: "problem", role: "alert" });

  const has = (tag) => chosen.some((one) => one.toLowerCase() === tag.toLowerCase());

  function draw() {
    chips.replaceChildren(...chosen.map(chip));
    const open = suggested.filter(({ tag }) => !has(tag));
    ideas.replaceChildren(...open.map(idea));
    ideas.hidden = !open.length;
  }

  function chip(tag) {
    const remove = el("button", { type: "button", className: "icon-button", "aria-label": `Take the tag ${tag} away`, on: { click: () => drop(tag) } }, icon("close"));
    return el("li", { className: "chip tag" }, el("span", { dir: "auto", textContent: tag }), remove);
  }

  function idea({ tag, confidence }) {
    const share = `${Math.round(confidence * 100)} %`;
    const label = `Add the suggested tag ${tag}, ${share} sure`;
    const click = () => {
      put([tag]);
      input.focus();
    };
    return el(
      "li",
      {},
      el("button", { type: "button", className: "chip idea", "aria-label": label, on: { click } }, "+ ", el("bdi", { textContent: tag }), el("span", { className: "number", textContent: share })),
    );
  }

  function drop(tag) {
    const at = chosen.indexOf(tag);
    chosen = chosen.filter((one) => one !== tag);
    problem.textContent = "";
    draw();
    (chips.children[at]?.querySelector("button") ?? input).focus();
    changed();
  }

  /** Adds tags; what can't be is left, and why is told. @returns {string[]} what is left */
  function put(added) {
    problem.textContent = "";
    const left = added.map(cleaned).filter((tag) => {
      if (!tag || has(tag)) return false;
      const reason = unfit(tag);
      if (reason) problem.textContent = reason;
      else chosen.push(tag);
      return reason;
    });
    draw();
    changed();
    return left;
  }

  function unfit(tag) {
    const { length } = [...tag];
    if (length > MOST) return `A tag has ${MOST} letters at most; this one has ${length}.`;
    return chosen.length >= MOST ? `A picture has ${MOST} tags at most.` : "";
  }

  function enter() {
    input.value = put(input.value.split(",")).join(", ");
    completions.replaceChildren();
  }

  function complete() {
    clearTimeout(waiting);
    asking.abort();
    const text = cleaned(input.value);
    if (!text) return;
    waiting = setTimeout(async () => {
      asking = new AbortController();
      const found = await suggest(text, asking.signal).catch(() => []); // a help, no more: silent where it fails
      const fresh = found.filter(({ kind, text: tag }) => kind === "tag" && !has(tag));
      completions.replaceChildren(...fresh.map(({ text: value }) => el("option", { value })));
    }, SOON);
  }

  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && input.value.trim()) {
      event.preventDefault();
      enter();
    } else if (event.key === "Backspace" && !input.value) {
      chips.lastElementChild?.querySelector("button").focus();
    }
  });
  input.addEventListener("input", (event) => {
    // A completion that was chosen, unlike a spelling that was corrected, or a comma behind a tag, is meant as it is.
    const completed = event.inputType === "insertReplacementText" && [...completions.options].some(({ value }) => value === input.value);
    if (completed || input.value.includes(",")) enter();
    else complete();
    changed();
  });

  draw();
  return {
    element: el("div", { className: "tags-field" }, el("label", { htmlFor: input.id, textContent: "Tags" }), chips, input, completions, problem, ideas),
    /** With what is typed and not entered yet. @returns {string[]} */
    value: () => [...chosen, ...input.value.split(",").map(cleaned).filter((tag) => tag && !has(tag))],
    set(tags) {
      chosen = [...tags];
      draw();
    },
    /** Takes what is typed, too. @returns {boolean} whether all of it could be taken */
    finish() {
      if (input.value.trim()) enter();
      if (problem.textContent) input.focus();
      return !problem.textContent;
    },
  };
}
