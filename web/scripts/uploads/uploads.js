// Adding pictures to the library: wires files to the queue, the queue to the panel, and both to the page.

import { $ } from "../dom.js";
import { compares, EMPTY, filtered, toAddress } from "../search.js";
import { createPanel } from "./panel.js";
import { createQueue, toSend } from "./queue.js";

const OFTEN = 4000; // milliseconds between two looks at what is new
const NEAR_TOP = 200; // pixels

/** @param {object} app see app.js */
export function startUploads(app) {
  let timer = null;
  const queue = createQueue(app.api, changed, paused);
  const panel = createPanel({
    ...queue,
    open: (id) => app.go({ open: id }),
    showAll() {
      scrollTo(0, 0);
      if (toAddress(app.search())) app.go({ ...EMPTY });
      else app.refresh();
    },
  });

  async function add(files) {
    panel.unfold();
    panel.leftOut(await queue.add(files));
  }

  function changed(upload, shown) {
    if (shown) panel.show(upload);
    const moving = queue.all().some(toSend) ? addEventListener : removeEventListener;
    moving("beforeunload", ask);
    if (upload.state !== "searchable") return;
    app.forget(); // what was found before it was there
    timer ??= setTimeout(refresh, OFTEN);
  }

  function refresh() {
    timer = null;
    if (welcome()) app.renew(welcome);
  }

  // Newest first, they belong on top; but nothing moves under the eyes or hands of somebody at work.
  function welcome() {
    const search = app.search();
    const newestFirst = !compares(search) && !filtered(search) && ["relevance", "newest"].includes(search.sort);
    const atWork = scrollY > NEAR_TOP || $("text").value.trim() || document.activeElement.closest("#hits, #filters, dialog");
    return newestFirst && !search.open && !atWork;
  }

  function paused(problem, seconds) {
    if (!problem) return panel.pause("");
    if (!navigator.onLine) return panel.pause("You are offline. It goes on by itself when the network is back.");
    panel.pause(`${problem.message} It goes on by itself: the next attempt is in ${Math.ceil(seconds)} s.`);
  }

  $("add").addEventListener("click", () => $("added").click());
  $("added").addEventListener("change", () => {
    add([...$("added").files]);
    $("added").value = ""; // the same files can be picked again
  });
  return { add };
}

// The browser asks whether to leave, in its own words.
function ask(event) {
  event.preventDefault();
}
