// The panel of uploads: a row for each file, all of them in one line, and what can be done about them together.

import { $, el, icon, iconButton } from "../dom.js";
import { listed } from "./files.js";
import { createPreviews } from "./preview.js";
import { toSend } from "./queue.js";
import { createRow } from "./row.js";

const OFTEN = 80; // milliseconds between two looks of the panel
const SELDOM = 8000; // ... and between two things that a screen reader says
const SENT = 0.8; // share of the way that a file has gone when it is in the bucket

/**
 * @param {object} actions
 * @param {() => import("./queue.js").Upload[]} actions.all
 * @param {(upload) => void} actions.cancel
 * @param {(upload) => void} actions.retry
 * @param {(id: string) => void} actions.open
 * @param {() => void} actions.cancelAll
 * @param {() => void} actions.retryAll
 * @param {() => void} actions.showAll
 * @param {() => void} actions.clear
 */
export function createPanel(actions) {
  const panel = $("uploads");
  const rows = new Map();
  const dirty = new Set();
  let timer = null;
  let said = 0;
  let saying = null;

  const summary = el("span", { className: "number" });
  const fold = el("button", { type: "button", className: "fold quiet", "aria-expanded": true, "aria-controls": "upload-body" }, icon("down"), summary);
  const close = iconButton("close", "Close uploads", clear);
  const overall = el("progress", { max: 1, "aria-label": "All uploads" });
  const paused = el("p", { className: "upload-note", hidden: true });
  const notes = el("div", {});
  const list = el("ul", { role: "list", tabIndex: 0, "aria-label": "Files" });
  const [cancelAll, retryAll, showAll] = [
    ["Cancel the rest", actions.cancelAll, "quiet"],
    ["Try the failed ones again", actions.retryAll, ""],
    ["Show them", actions.showAll, "primary"],
  ].map(([textContent, click, className]) => el("button", { type: "button", textContent, className, on: { click } }));
  const body = el("div", { id: "upload-body" }, paused, notes, list, el("div", { className: "buttons" }, cancelAll, retryAll, showAll));
  const live = el("p", { className: "unseen", role: "status" });
  panel.append(el("div", { className: "upload-head" }, el("h2", {}, fold), close), overall, body);
  document.body.append(live);
  const previews = createPreviews(list);
  fold.addEventListener("click", () => unfold(body.hidden));

  function unfold(open) {
    body.hidden = !open;
    fold.ariaExpanded = open;
  }

  function clear() {
    if (actions.all().some((upload) => toSend(upload) || !rows.has(upload))) return; // added just now, and not shown yet
    if (panel.contains(document.activeElement)) $("status").focus({ preventScroll: true });
    clearTimeout(timer);
    clearTimeout(saying);
    timer = null;
    live.textContent = "";
    panel.hidden = true;
    dirty.clear();
    rows.clear();
    list.replaceChildren();
    notes.replaceChildren();
    actions.clear();
  }

  /** Something has changed about it; the panel follows in a moment, once for all. */
  function show(upload) {
    dirty.add(upload);
    timer ??= setTimeout(draw, OFTEN);
  }

  function draw() {
    timer = null;
    panel.hidden = false;
    for (const upload of dirty) place(upload, rowOf(upload));
    dirty.clear();
    const counts = count(actions.all());
    const over = !counts.toSend && !counts.indexing;
    summary.textContent = inWords(counts);
    overall.value = counts.done / (counts.all || 1);
    overall.hidden = !counts.all;
    close.hidden = counts.toSend > 0;
    cancelAll.hidden = !counts.toSend;
    retryAll.hidden = !counts.hopeful;
    showAll.hidden = !counts.searchable;
    if (over && !handled()) list.scrollTop = 0;
    say(over);
  }

  const handled = () => list.matches(":hover, :focus-visible, :has(:focus-visible)");

  // What is under way stays in view, and what failed goes to the top, unless somebody is about to press a button there.
  function place(upload, { element, show: renew }) {
    const { state } = element.dataset;
    renew();
    if (state === upload.state || handled()) return;
    if (upload.state === "failed") list.prepend(element);
    else if (upload.state === "sending") list.scrollTop = element.offsetTop - list.offsetTop - list.clientHeight / 2;
  }

  function rowOf(upload) {
    let row = rows.get(upload);
    if (row) return row;
    row = createRow(upload, actions);
    rows.set(upload, row);
    list.append(row.element);
    previews.of(row.element, upload.file, row.preview);
    return row;
  }

  // Not each percent, nor each picture of many.
  function say(now) {
    clearTimeout(saying);
    const wait = now ? 0 : Math.max(0, said + SELDOM - Date.now());
    saying = setTimeout(() => {
      said = Date.now();
      live.textContent = [summary.textContent, paused.textContent, notes.textContent].filter(Boolean).join(". ");
    }, wait);
  }

  return {
    show,
    unfold: () => unfold(true),
    /** @param {string} text why nothing moves; "" when it does */
    pause(text) {
      paused.textContent = text;
      paused.hidden = !text;
      if (!panel.hidden) say(false);
    },
    /** What of a drop is not sent. @param {{strange: File[], twice: File[]}} left */
    leftOut({ strange, twice }) {
      notes.replaceChildren(
        ...[
          [strange, "is no picture that can be searched", "are no pictures that can be searched"],
          [twice, "was added already, and is not sent twice", "were added already, and are not sent twice"],
        ]
          .filter(([files]) => files.length)
          .map(([files, one, many]) => {
            const names = listed(files.map(({ name }) => name));
            const named = el("bdi", { textContent: names });
            const words = files.length === 1 ? [named, ` ${one}.`] : [`${files.length} files ${many}: `, named, "."];
            return el("p", { className: "upload-note" }, ...words);
          }),
      );
      if (strange.length || twice.length) timer ??= setTimeout(draw, OFTEN);
    },
  };
}

function count(uploads) {
  const counts = { all: uploads.length, toSend: 0, indexing: 0, searchable: 0, failed: 0, hopeful: 0, cancelled: 0, done: 0 };
  for (const upload of uploads) {
    const { state, sent, hopeless } = upload;
    if (toSend(upload)) counts.toSend += 1;
    else counts[state] += 1;
    if (state === "failed" && !hopeless) counts.hopeful += 1;
    counts.done += toSend(upload) ? sent * SENT : state === "indexing" ? SENT : 1;
  }
  return counts;
}

function inWords({ all, toSend: left, indexing, searchable, failed, cancelled }) {
  if (!all) return "Nothing to add";
  if (left + indexing === all) return all === 1 ? "Adding a picture" : `Adding ${all} pictures`;
  return [
    `${searchable} of ${all} searchable`,
    failed && `${failed} failed`,
    cancelled && `${cancelled} cancelled`,
  ].filter(Boolean).join(", ");
}
