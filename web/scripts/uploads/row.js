// One file in the panel: its preview, name, size, how far it is, and what can be done about it.

import { el, icon } from "../dom.js";
import { fileSize } from "../names.js";

/**
 * @param {import("./queue.js").Upload} upload
 * @param {{cancel(upload): void, retry(upload): void, open(id: string): void}} actions
 * @returns {{element: HTMLElement, show(): void, preview(picture: Element): void}}
 */
export function createRow(upload, actions) {
  const { file } = upload;
  const about = el("p", { className: "upload-about number" });
  const bar = el("progress", { max: 1, "aria-label": `Sent of ${file.name}` });
  const button = el("button", { type: "button", on: { click: () => action().on() } });
  const preview = el("span", { className: "upload-preview" }, icon("picture"));
  const what = el("div", {}, el("p", { className: "upload-name", dir: "auto", title: file.name, textContent: file.name }), about, bar);
  const element = el("li", { className: "upload" }, preview, what, button);
  let drawn = false;

  function action() {
    const { state, hopeless, form } = upload;
    if (state === "waiting" || state === "sending") return { icon: "close", label: "Cancel", on: () => actions.cancel(upload) };
    if (state === "searchable") return { icon: "open", label: "Open", on: () => actions.open(form.id) };
    if (state === "indexing" || hopeless) return null;
    const text = upload.arrived ? "Look again" : "Try again";
    return { text, label: `${text}:`, on: () => actions.retry(upload) };
  }

  function show() {
    const { state, sent, thumbnail } = upload;
    element.dataset.state = state;
    about.textContent = told(upload);
    bar.hidden = state !== "sending" && state !== "indexing";
    if (state === "indexing") bar.removeAttribute("value");
    else bar.value = sent;
    offer(action());
    if (thumbnail && !drawn) put(el("img", { src: thumbnail, alt: "" }));
  }

  // One button for all, so that it keeps the focus; where there is nothing to do, the list gets it.
  function offer(offered) {
    if (!offered && button === document.activeElement) element.parentElement.focus();
    button.hidden = !offered;
    const label = offered ? `${offered.label} ${file.name}` : "";
    if (!offered || button.ariaLabel === label) return;
    button.ariaLabel = label;
    button.title = label;
    button.className = offered.icon ? "icon-button" : "chip";
    button.replaceChildren(offered.text ?? icon(offered.icon));
  }

  function put(picture) {
    drawn = true;
    preview.replaceChildren(picture);
  }

  show();
  return { element, show, preview: put };
}

function told({ file, state, sent, seconds, problem }) {
  if (state === "failed") return problem;
  if (state === "searchable") return `Searchable after ${seconds.toFixed(1)} s`;
  const step = { waiting: "waiting", sending: `${Math.floor(sent * 100)} %`, indexing: "sent, being indexed", cancelled: "cancelled" };
  return `${fileSize(file.size)} · ${step[state]}`;
}
