// The picture that is searched by: a file's, or one of the library's, and the part of it that counts.

import { $, el, icon, iconButton } from "../dom.js";
import { titleOf } from "./known_pictures.js";
import { formatName } from "./kept_pictures.js";
import { createRegion } from "./region.js";

export const OWN = "Looks like your picture";
const HINT = "Drag a rectangle on it to search by a part.";

/**
 * @param {object} app see app.js
 * @param {ReturnType<import("./known_pictures.js").createNamedPictures>} named
 * @param {() => boolean} putAside takes back the picture whose place is kept, and says whether there was one
 */
export function createSearchedPicture(app, named, putAside) {
  const region = createRegion((crop, options) => app.go({ crop }, options));
  const picture = el("img", { alt: "", draggable: false, on: { load: loaded, error: failed } });
  const frame = el("div", { className: "query-frame" }, picture, region.element);
  const note = el("p");
  const title = el("h2");
  const hint = el("p", { className: "hint", textContent: HINT });
  const part = el("button", { type: "button", className: "chip", on: { click: () => (app.search().crop ? region.clear() : region.mark()) } });
  const away = iconButton("close", "Search without this picture", takeAway);
  const element = el(
    "div",
    { className: "searched" },
    el("figure", {}, frame, el("div", { className: "instead" }, icon("picture"), note)),
    el("div", { className: "query-about" }, title, hint, part),
    away,
  );
  let shown = ""; // which picture
  let file = null; // what of it is in this browser
  let size = null; // of the picture, in pixels
  let renewed = false;
  let expected = false; // only its place is there

  function takeAway() {
    if (!expected || !putAside()) app.go({ picture: null, similar: null, crop: null });
    $("status").focus({ preventScroll: true });
  }

  // Until it has loaded, and where it never does, something is said in its place.
  function instead(text) {
    element.classList.add("empty");
    note.textContent = text;
    hint.hidden = part.hidden = true;
  }

  function loaded() {
    size ??= { width: picture.naturalWidth, height: picture.naturalHeight };
    frame.style.setProperty("--ratio", picture.naturalWidth / picture.naturalHeight);
    element.classList.remove("empty");
    hint.hidden = part.hidden = false;
    showCrop();
  }

  function failed() {
    if (file) instead(`This browser can't show ${formatName(file.type)} pictures, so no part of it can be marked.`);
    else if (renewed) instead("The picture can't be shown.");
    else {
      renewed = true; // links expire
      learn(shown);
    }
  }

  // What comes after something else was searched by is of no use.
  async function learn(id) {
    const known = await named.ask(id);
    if (shown !== id) return;
    if (!known) shown = ""; // the next search asks again
    stored(known);
  }

  function showCrop() {
    const { crop } = app.search();
    part.textContent = crop ? "Whole picture" : "Mark a part";
    hint.textContent = crop ? "Searched by the marked part." : HINT;
    if (size) region.show(crop, size);
  }

  function address(next) {
    URL.revokeObjectURL(picture.src);
    if (next) picture.src = next;
    else picture.removeAttribute("src");
  }

  function clear(which) {
    shown = which;
    file = size = null;
    renewed = expected = false;
    region.reset();
    title.title = "";
    instead("");
    address(null);
  }

  function kept(blob) {
    file = blob;
    title.textContent = OWN;
    picture.alt = "Your picture";
    address(URL.createObjectURL(blob));
  }

  function stored(known) {
    const name = titleOf(known);
    const [before, after] = known?.caption ? ["“", "”"] : ["", ""];
    title.replaceChildren(`Looks like ${before}`, el("bdi", { textContent: name }), after);
    title.title = title.textContent;
    picture.alt = name;
    if (known?.width) size = { width: known.width, height: known.height };
    if (known?.thumbnail_url) address(known.thumbnail_url);
    else instead(known?.gone ? "This picture is gone." : "The picture can't be shown.");
  }

  return {
    element,
    /** @param {import("../search.js").Search} search @param {Blob|null} blob the kept picture */
    show(search, blob) {
      const { similar } = search;
      const which = blob ? search.picture : similar;
      element.hidden = !which;
      if (which !== shown) {
        clear(which);
        if (blob) kept(blob);
        else if (similar) {
          const known = named.known(similar);
          if (known) stored(known);
          else learn(similar);
        }
      }
      showCrop();
    },
    /** Its place, before it is there. @param {string} text */
    expect(text) {
      clear("");
      expected = true;
      element.hidden = false;
      title.textContent = text;
    },
  };
}
