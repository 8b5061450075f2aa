// A question before something that can't be taken back.

import { $, el } from "../dom.js";

/** @typedef {string|(string|Node)[]} Words */

/** Nobody wants an answer any more: it is no. */
export const dismiss = () => $("ask").close();

/**
 * Ask, with the safe answer in focus; Esc means no.
 * @param {{title: Words, text: Words, yes: string, no?: string, danger?: boolean}} question
 * @returns {Promise<boolean>} false at once while another question is open
 */
export function ask({ title, text, yes, no = "Cancel", danger = false }) {
  const dialog = $("ask");
  if (dialog.open) return Promise.resolve(false);
  return new Promise((resolve) => {
    const button = (label, answer, className) => {
      const click = () => {
        resolve(answer);
        dialog.close();
      };
      return el("button", { type: "button", className, textContent: label, on: { click } });
    };
    const safe = button(no, false, "");
    dialog.replaceChildren(
      el("h2", { id: "ask-title", dir: "auto" }, ...[title].flat()),
      el("p", { id: "ask-text", dir: "auto" }, ...[text].flat()),
      el("div", { className: "buttons" }, safe, button(yes, true, danger ? "danger" : "primary")),
    );
    dialog.setAttribute("aria-describedby", "ask-text");
    // Esc, for one. Told later than the dialog closes: it may be open again by then, with another question.
    const closed = () => {
      if (dialog.open) return;
      dialog.removeEventListener("close", closed);
      resolve(false);
    };
    dialog.addEventListener("close", closed);
    dialog.showModal();
    safe.focus();
  });
}
