// Pictures that come by drag and drop, by paste, from a file or from the camera.

import { moreLike } from "../results/card.js";
import { $, el, icon } from "../dom.js";
import { entriesOf, filesIn } from "./folders.js";
import { fromAddress } from "../search.js";

/** @param {object} app see app.js */
export function startDropping(app) {
  startPicking(app);
  startPasting(app);
  startDroppingHits(app);
  startDroppingFiles(app);
}

function startPicking(app) {
  for (const [button, field] of [["pick", "picked"], ["photograph", "photographed"]]) {
    $(button).addEventListener("click", () => $(field).click());
    $(field).addEventListener("change", () => {
      const [file] = $(field).files;
      $(field).value = ""; // so that the same file can be picked again
      if (file) app.pick(file);
    });
  }
}

function startPasting(app) {
  document.addEventListener("paste", (event) => {
    if (document.querySelector("dialog[open]")) return;
    const { files, types } = event.clipboardData;
    const picture = [...files].find(({ type }) => type.startsWith("image/"));
    // Office programs copy text as a picture, too: in a field the text is meant.
    const text = types.includes("text/plain") && event.target.closest?.("input, textarea");
    if (!picture || text) return;
    event.preventDefault();
    app.pick(picture);
  });
}

// A picture of the page itself, or a link to what is like one, onto the search box.
function startDroppingHits(app) {
  const box = $("box");
  let dragged = null;
  const end = () => {
    dragged = null;
    box.classList.remove("target");
  };
  document.addEventListener("dragstart", ({ target, dataTransfer }) => {
    const element = target.closest?.("[data-id], a[href]") ?? target.parentElement?.closest("[data-id], a[href]");
    dragged = element && (element.closest("[data-id]")?.dataset.id ?? fromAddress(element.search).similar);
    if (dragged) dataTransfer.effectAllowed = "copyLink";
    box.classList.toggle("target", Boolean(dragged));
  });
  document.addEventListener("dragend", end);
  box.addEventListener("dragover", (event) => {
    if (!dragged) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
  });
  box.addEventListener("drop", (event) => {
    if (!dragged) return;
    event.preventDefault();
    const { similar, picture, crop, open } = moreLike(dragged);
    end();
    app.go({ similar, picture, crop, open, text: $("text").value.trim() });
  });
}

function startDroppingFiles(app) {
  const overlay = $("drop");
  const half = (name, symbol, title) => {
    const text = el("small");
    return { text, element: el("div", { data: { drop: name } }, icon(symbol), el("strong", { textContent: title }), text) };
  };
  const by = half("search", "search", "Search by this picture");
  const add = half("add", "upload", "Add to the library");
  overlay.append(by.element, add.element);
  let inside = false; // the page itself is the source of what is dragged

  const fromElsewhere = ({ dataTransfer }) => !inside && dataTransfer?.types.includes("Files");
  const hide = () => (overlay.hidden = true);

  function show(count) {
    const several = count > 1;
    by.element.classList.toggle("off", several);
    by.text.textContent = several ? "Only with one picture at a time" : "";
    add.text.textContent = several ? `All ${count}` : "";
    add.element.hidden = !app.session.editor;
    overlay.hidden = false;
  }

  function over(target) {
    const found = target.closest?.("[data-drop]:not(.off)")?.dataset.drop;
    for (const { element } of [by, add]) element.classList.toggle("over", element.dataset.drop === found);
    return found;
  }

  async function dropped(event) {
    const entries = entriesOf(event.dataTransfer);
    const single = entries.length === 1 && !entries[0].isDirectory;
    const target = over(event.target) ?? (single ? "search" : "add");
    if (!entries.length) return;
    if (target === "add" && !app.session.editor) return app.say("Drop one picture to search by it.");
    if (target === "search" && !single) return app.say("A search takes one picture, not a folder.");
    const { files, more } = await filesIn(entries);
    if (target === "search") return files.length ? app.pick(files[0]) : app.say("The file can't be read.");
    if (!files.length) return app.say("There are no pictures in this folder.");
    if (more) app.say(`The first ${files.length.toLocaleString()} files are taken. Drop the rest when they are there.`);
    app.upload(files);
  }

  document.addEventListener("dragstart", () => (inside = true));
  // There is no end of a drag whose source is gone; but pointers move again after it.
  for (const end of ["dragend", "pointermove"]) document.addEventListener(end, () => (inside = false));
  document.addEventListener("dragover", (event) => {
    if (!fromElsewhere(event)) return;
    event.preventDefault();
    const busy = document.querySelector("dialog[open]");
    event.dataTransfer.dropEffect = busy ? "none" : "copy";
    if (busy) return;
    show([...event.dataTransfer.items].filter(({ kind }) => kind === "file").length);
    over(event.target);
  });
  document.addEventListener("dragleave", ({ relatedTarget }) => relatedTarget || hide());
  document.addEventListener("drop", (event) => {
    if (!fromElsewhere(event)) return;
    event.preventDefault();
    hide();
    if (!document.querySelector("dialog[open]")) dropped(event);
  });
}
