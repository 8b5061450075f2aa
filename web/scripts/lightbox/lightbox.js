// One picture over the whole page: looked at, gone on from, downloaded, deleted; its words changed.

import { dismiss } from "../page/asking.js";
import { calledOf, createAbout } from "./sheet.js";
import { moreLike } from "../results/card.js";
import { $, iconButton } from "../dom.js";
import { createDeleting } from "./deleting.js";
import { download } from "./download.js";
import { createEditing } from "./editing.js";
import { draft, read } from "./versions.js";
import { fromAddress, steered } from "../search.js";
import { createStage } from "./stage.js";

const NEAR_THE_END = 5; // pictures left when the next page is asked for
const REST = 120; // milliseconds with one picture: who goes on sooner only leafs through

/** Some time with one picture; for one that is left before, it never ends. @param {number} milliseconds @param {AbortSignal} signal */
const rest = (milliseconds, signal) =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => clearTimeout(timer));
  });

/** @param {object} app see app.js */
export function startLightbox(app) {
  const dialog = $("lightbox");
  const toast = $("toast");
  let looking = null; // lightbox/sheet.js
  let reading = new AbortController();
  let from = ""; // the question that it was opened in
  let leaving = false; // until it is closed: going back takes a moment, and is not to be done twice

  const go = async (changes, options) => (await editing.mayLeave()) && app.go(changes, options);
  const stage = createStage({ step, leave });
  const about = createAbout(app, {
    similar: () => go(moreLike(looking.id)),
    steer: (direction) => go({ ...steered(app.search(), direction, looking.id), open: null }),
    tag: (name) => go({ tags: [...new Set([...app.search().tags, name])], open: null }),
    download: save,
    remove: () => remove({ id: looking.id, key: { ...looking.hit, ...looking.image }.key, name: calledOf(looking) }),
    edit: () => editing.begin(null),
    open: (id) => go({ open: id }), // Back returns from there
    again: () => look(looking),
  });
  // What had the focus may be drawn anew.
  const keepFocus = () => dialog.contains(document.activeElement) || dialog.querySelector(".close").focus();
  const editing = createEditing(app, about, () => looking, keepFocus);
  const remove = createDeleting(app, deleted);
  dialog.append(iconButton("close", "Close", leave, { className: "icon-button close" }), stage.element, about.element);

  const placeOf = (hits) => hits.findIndex(({ id }) => id === looking?.id);

  function neighbour(by) {
    const hits = app.hits();
    const place = placeOf(hits);
    return place < 0 ? undefined : hits[place + by];
  }

  async function step(by) {
    if (by > 0 && placeOf(app.hits()) >= 0 && !neighbour(1)) await app.further();
    const next = neighbour(by);
    if (next) await go({ open: next.id }, { replace: true });
  }

  function drawSides() {
    const among = placeOf(app.hits()) >= 0;
    stage.sides(among ? [Boolean(neighbour(-1)), Boolean(neighbour(1))] : null);
    for (const near of [neighbour(1), neighbour(-1)]) if (near?.thumbnail_url) new Image().src = near.thumbnail_url;
  }

  async function goFurther() {
    if (app.hits().length - placeOf(app.hits()) > NEAR_THE_END) return;
    await app.further();
    if (looking) drawSides();
  }

  async function leave() {
    if (leaving) return;
    leaving = true;
    if ((await editing.mayLeave()) && looking) app.close();
    else leaving = false;
  }

  function look({ id }) {
    const first = !looking || looking.id === id;
    leaving = false;
    reading.abort();
    reading = new AbortController();
    const { signal } = reading;
    looking = { id, hit: app.hits().find((hit) => hit.id === id) };
    const mine = looking;
    mine.rest = rest(first ? 0 : REST, signal);
    const known = mine.rest.then(() => read(app, id, signal));
    mine.fresh = known.then(({ image }) => image ?? null);
    stage.clear();
    put(mine, mine.hit);
    about.draw(mine);
    about.explain(mine, signal);
    about.downloading(0);
    dialog.scrollTop = 0;
    about.element.scrollTop = 0;
    drawSides();
    if (mine.hit) goFurther();
    known.then((found) => arrived(mine, found));
  }

  // Once, by whoever knows first where the picture is.
  function put(mine, where) {
    if (mine.put || !where) return;
    mine.put = true;
    stage.show(where, calledOf(mine), mine.fresh, mine.rest);
  }

  function arrived(mine, found) {
    if (mine !== looking) return;
    Object.assign(mine, found);
    about.draw(mine);
    put(mine, found.image?.state === "indexed" && found.image);
    if (!mine.put) stage.clear(true);
    const unsaved = found.image && app.session.editor && draft(mine.id);
    if (unsaved) editing.begin(unsaved);
    else keepFocus();
  }

  function save() {
    const mine = looking;
    download(app, { ...mine.hit, ...mine.image }, (share) => mine === looking && about.downloading(share));
  }

  function deleted(id) {
    const here = looking?.id === id;
    const next = here && (neighbour(1) ?? neighbour(-1));
    if (here) editing.drop();
    app.removed(id);
    if (next) app.go({ open: next.id }, { replace: true });
    else if (here) app.close();
  }

  function close() {
    const { id } = looking;
    reading.abort();
    looking = null;
    leaving = false;
    stage.clear();
    document.body.append(toast);
    dialog.close();
    document.querySelector(`#hits [data-id="${id}"] .picture`)?.focus();
  }

  dialog.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      event.preventDefault();
      if (editing.active()) editing.cancel();
      else leave();
      return;
    }
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by || event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, textarea")) return;
    event.preventDefault();
    step(by);
  });
  // The Back gesture of phones, for one.
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    leave();
  });
  // Some browsers close it by themselves. Told later than it closes: it may be open again by then.
  dialog.addEventListener("close", () => {
    if (!looking || dialog.open) return;
    if (editing.active()) dialog.showModal(); // what is typed is asked for first
    leave();
  });
  // Somebody has signed in, or out, or may do more than before.
  app.session.watch(() => {
    if (!looking || editing.active()) return;
    if (looking.problem || !app.session.signedIn) look(looking);
    else about.draw(looking);
  });

  return {
    /** Look at a picture, or at none. What it is called with again is drawn anew where more is known. @param {string|null} id */
    async show(id) {
      if (!id && !looking) return;
      if (id === looking?.id) {
        rediscover();
        return;
      }
      if (!(await editing.mayLeave())) {
        // Who stays is in the search again from which the picture was opened, however far back the address is.
        const back = app.question() === from ? {} : fromAddress(from);
        if (looking && app.search().open !== looking.id) app.go({ ...back, open: looking.id });
        return;
      }
      if (app.search().open !== id || (looking?.id ?? null) === id) return; // somebody has gone on meanwhile
      dismiss(); // what may be asked is about the picture of before
      if (!id) {
        close();
        return;
      }
      from = app.question();
      if (!dialog.open) {
        dialog.showModal();
        dialog.append(toast); // what lies outside of a modal dialog can't be seen, or pressed
      }
      look({ id });
    },
  };

  // An address was opened, and what was searched for has come; or it was searched anew.
  function rediscover() {
    const hit = app.hits().find(({ id }) => id === looking.id);
    drawSides();
    if (!hit || hit === looking.hit) return;
    looking.hit = hit;
    put(looking, looking.hit);
    about.explain(looking, reading.signal);
    keepFocus();
    goFurther();
  }
}
