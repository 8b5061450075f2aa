// What the page says of a search: how much was found, that it takes long, that nothing was found, what went wrong.

import { $, button, el } from "../dom.js";
import { byPicture, compares, EMPTY, filtered, NO_FILTERS, NO_PICTURES, ORDERS, ranks } from "../search.js";

const SLOW = 4000; // milliseconds
const PATIENCE = 5; // seconds until what may pass is tried again
const TRIES = 3; // by itself, before somebody has to say so

/** @param {object} app see app.js */
export function startStatus(app) {
  const status = $("status");
  const notice = $("notice");
  const hits = $("hits");
  let slow = 0;
  let again = 0;
  let tries = 0; // of the same search
  let tried = "";
  let waiting = null; // for the network, to try this again

  function tell(title, text, ...buttons) {
    const shown = buttons.filter(Boolean);
    notice.replaceChildren(
      el("h2", { textContent: title }),
      el("p", { textContent: text }),
      ...(shown.length ? [el("p", { className: "buttons" }, ...shown)] : []),
    );
    notice.hidden = false;
  }

  function quiet() {
    clearTimeout(slow);
    clearTimeout(again);
    waiting = null;
    notice.hidden = true;
    notice.removeAttribute("role");
    document.body.classList.remove("busy");
    hits.removeAttribute("aria-busy");
  }

  addEventListener("online", () => waiting?.());

  return {
    busy() {
      quiet();
      document.body.classList.add("busy");
      hits.setAttribute("aria-busy", "true");
      status.textContent = "Searching…";
      slow = setTimeout(() => {
        status.textContent = "Still searching. The first search after a pause takes some seconds.";
      }, SLOW);
    },
    /** @param {object} search @param {object} found see searching/remembered.js */
    found(search, found) {
      quiet();
      tries = 0;
      status.textContent = summary(search, found);
      if (!found.hits.length) nothing(search);
    },
    /**
     * @param {import("../api.js").Problem} error
     * @param {() => void} retry what failed, once more
     * @param {boolean} further it was about the next page: said below what is there
     */
    failed(error, retry, further) {
      quiet();
      if (tried !== app.question()) tries = 0;
      tried = app.question();
      if (further) $("more").parentElement.after(notice);
      else hits.before(notice);
      notice.setAttribute("role", "alert");
      if (!further) status.textContent = "Nothing to show";
      const old = further && error.code === "invalid-cursor";
      const once = button(old ? "Search again" : "Try again", retry, "primary");
      const without = byPicture(app.search()) && button("Search without pictures", () => app.go(NO_PICTURES));
      if (old) {
        tell("This list has grown old", "Search again to go on.", once);
      } else if (error.code === "image-not-found") {
        tell("A picture of this search is not there any more", "It was deleted since.", without);
      } else if (error.offline && !navigator.onLine) {
        waiting = retry;
        tell("You are offline", "The search goes on by itself when the network is back.", once);
      } else if (error.passing && tries < TRIES) {
        tries += 1;
        const seconds = error.retryAfter || PATIENCE;
        again = setTimeout(retry, seconds * 1000);
        tell("That did not work", `${error.message} It is tried again in ${counted(seconds, "second")}.`, once);
      } else {
        tell("That did not work", error.message, once, error.status === 422 && without);
      }
    },
    /** The picture of this search can't be had. */
    missing() {
      instead(
        "The picture of this search is not in this browser",
        "It came from a file on another device, or was searched by long ago. Pick the picture again, or search without it.",
        button("Pick the picture", () => $("pick").click(), "primary"),
        button("Search without it", () => app.go({ picture: null })),
      );
    },
    /** @param {() => void} signIn */
    signedOut(signIn) {
      const text = app.session.note ?? "This library is for people who have an account.";
      instead("Sign in to search", text, button("Sign in", signIn, "primary"));
    },
  };

  function instead(title, text, ...buttons) {
    quiet();
    hits.before(notice);
    status.textContent = title;
    tell(title, text, ...buttons);
  }

  function nothing(search) {
    const other = (label, changes) => button(label, () => app.go(changes));
    if (!compares(search) && !filtered(search)) {
      const text = "Drop some here: seconds later they are found.";
      const add = app.session.editor && button("Add pictures", () => $("added").click(), "primary");
      tell("There are no pictures yet", add ? text : "Who looks after this library can add some.", add);
      return;
    }
    const ways = [];
    if (filtered(search)) ways.push(other("Without filters", NO_FILTERS));
    if (search.text && byPicture(search)) ways.push(other("Without words", { text: "" }));
    tell(
      "Nothing found",
      reason(search),
      ...ways,
      other("All pictures", { ...EMPTY }),
    );
  }
}

const counted = (number, what) => `${number.toLocaleString()} ${what}${number === 1 ? "" : "s"}`;

function reason(search) {
  const { text } = search;
  if (byPicture(search)) return `No picture is like that${filtered(search) ? ", with these filters" : ""}.`;
  if (filtered(search)) return `No picture ${text ? "with these words " : ""}fits these filters.`;
  return "No picture has these words in its caption, tags or name. Try other words, or search by a picture that looks like it.";
}

function summary(search, { hits, total, total_of: of, cursor }) {
  if (!hits.length) return "Nothing found";
  const count = counted(total, "picture");
  if (!ranks(search)) {
    const order = search.sort === "relevance" ? "newest" : search.sort;
    return `${count}, ${ORDERS[order].toLowerCase()}`;
  }
  if (of !== "text" || byPicture(search)) return "The most alike first";
  const words = search.text.includes(" ") ? "any of these words" : "this word";
  // A ranked search ends after its best ones (docs/api.md), and a stack counts as many as it has.
  const shown = hits.reduce((sum, { duplicates }) => sum + 1 + duplicates.length, 0);
  const rest = !cursor && shown < total && !search.alike ? `; these are the best ${shown}: order by date to see all` : "";
  return `${count} with ${words}${rest}`;
}
