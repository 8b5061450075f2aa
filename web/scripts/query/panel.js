// What is searched by besides words: a picture or a part of it, and pictures marked as more or less like what is wanted.

import { createBalance } from "./balance.js";
import { $, el } from "../dom.js";
import { keep } from "./kept_pictures.js";
import { createMarks } from "./marks.js";
import { createNamedPictures } from "./known_pictures.js";
import { createSearchedPicture, OWN } from "./picture.js";
import { EMPTY } from "../search.js";

const NOTICED = 250; // milliseconds; what takes no longer needs no word

/** @param {object} app see app.js */
export function startQueryPanel(app) {
  const panel = $("query");
  const named = createNamedPictures(app);
  const searched = createSearchedPicture(app, named, putAside);
  const balance = createBalance(app);
  const marks = createMarks(app, named);
  const steering = el("div", { className: "steering" }, balance.element, ...marks.elements);
  panel.append(searched.element, steering);
  let shown = [app.search(), null]; // what `show` was called with
  let preparing = null; // the file that is made ready, in place of which picture, and whether its own place is seen
  let timer = 0;

  const searchedBy = ({ picture, similar }) => picture ?? similar;
  // Words and filters may change meanwhile; who searches by another picture does not want this one any more.
  const wanted = () => preparing.instead === searchedBy(app.search());

  function show(search, picture) {
    shown = [search, picture];
    if (preparing && !wanted()) forget();
    if (!preparing?.noticed) searched.show(search, picture);
    balance.show(search);
    marks.show(search);
    steering.hidden = [...steering.children].every((part) => part.hidden);
    panel.hidden = steering.hidden && searched.element.hidden;
  }

  function expect(text) {
    searched.expect(text);
    panel.hidden = false;
  }

  function notice() {
    if (!wanted()) return;
    preparing.noticed = true;
    expect("Preparing the picture…");
  }

  function forget() {
    preparing = null;
    clearTimeout(timer);
  }

  // Whether there was a picture in preparation, which nobody wants any more.
  function putAside() {
    if (!preparing) return false;
    forget();
    show(...shown);
    return true;
  }

  // What is in the address has its place at once, so that nothing moves when it comes.
  if (app.session.signedIn) show(...shown);
  if (app.search().picture) expect(OWN);

  return {
    /** @param {import("../search.js").Search} search @param {Blob|null} picture the kept one, if this browser has it */
    show,
    /** Somebody is signed out: nothing of a search is left, and no picture in preparation. */
    hide() {
      putAside();
      show(EMPTY, null);
    },
    /** Search by a picture from this machine. @param {File} file */
    async pick(file) {
      const mine = { instead: searchedBy(app.search()), noticed: preparing?.noticed };
      forget();
      preparing = mine;
      timer = setTimeout(notice, NOTICED);
      const { name, problem } = await keep(file).catch((error) => ({ problem: error.message }));
      if (preparing !== mine) return; // another was picked meanwhile, or none is wanted
      const comes = name && wanted();
      forget();
      if (!comes || name === shown[0].picture) show(...shown);
      if (problem) app.say(problem);
      if (!comes) return;
      const question = app.question();
      app.go({ picture: name, similar: null, crop: null, open: null });
      if (question === app.question()) app.refresh(); // by the same picture: anew, as Enter does with the same words
    },
  };
}
