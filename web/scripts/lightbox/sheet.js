// What stands beside the picture: what can be done with it, its words, why it was found, its twins, its facts.

import { button, el, iconButton } from "../dom.js";
import { explained } from "./explanation.js";
import { facts } from "./facts.js";
import { highlighted } from "../results/highlights.js";
import { nameOf, sentence } from "../names.js";
import { twins } from "./twins.js";

/**
 * @typedef {object} Looking at one picture
 * @property {string} id
 * @property {object} [hit] where it is among what was found
 * @property {object} [image] all about it, once it is read
 * @property {{words: PictureWords, etag: string}} [version] its words, once they are read
 * @property {Problem} [problem] why it could not be read
 * @property {Promise<void>} [rest] over once somebody stays with it
 * @property {Promise<object|null>} [fresh] `image`, once it is read
 * @property {boolean} [put] it is on the stage
 */

/**
 * @param {object} app see app.js
 * @param {object} deeds what its buttons do: similar, steer, download, remove, edit, tag, open, again
 */
export function createAbout(app, deeds) {
  const similar = button("More like this", deeds.similar, "primary", "search");
  const more = iconButton("plus", "More like this, too", () => deeds.steer("more"));
  const less = iconButton("minus", "Less like this", () => deeds.steer("less"));
  const download = iconButton("download", "Download", deeds.download);
  const remove = iconButton("trash", "Delete", deeds.remove);
  const received = el("progress", { max: 1, "aria-label": "Download", hidden: true });
  const title = el("h2", { dir: "auto", "aria-live": "polite" });
  const words = el("section", { className: "words" });
  const state = el("section", { className: "state" });
  const why = el("section", { className: "explained", "aria-label": "Why it was found" });
  const alike = el("section", { "aria-label": "Near-duplicates" });
  const known = el("section", { "aria-label": "About the file" });
  const toolbar = el("div", { className: "toolbar", role: "group", "aria-label": "This picture" }, similar, more, less, download, remove);

  function drawWords({ hit, image, version }) {
    const { caption, tags } = version?.words ?? image ?? hit ?? { tags: [] };
    const shown = caption && caption === hit?.caption ? highlighted(hit.highlights.caption, caption) : [caption || "No caption"];
    const editable = image && image.state === "indexed" && app.session.editor;
    retitle(caption, shown);
    title.hidden = !(version || image || hit);
    const parts = [
      tags.length > 0 && el("ul", { className: "chips", role: "list", "aria-label": "Tags" }, ...tags.map(tag)),
      editable && button(caption || tags.length ? "Edit words" : "Add words", deeds.edit, "edit", "tag"),
    ];
    if (title.parentNode !== words) words.replaceChildren(title);
    while (title.nextSibling) title.nextSibling.remove();
    title.after(...parts.filter(Boolean));
  }

  // It is read aloud whenever it changes, so it changes only where it says something else.
  function retitle(caption, shown) {
    const next = title.cloneNode();
    next.append(...shown);
    if (!next.isEqualNode(title)) title.replaceChildren(...next.childNodes);
    title.classList.toggle("soft", !caption);
  }

  function tag(name) {
    const label = `Search within the tag ${name}`;
    return el("li", {}, el("button", { type: "button", className: "chip", dir: "auto", title: label, "aria-label": label, textContent: name, on: { click: () => deeds.tag(name) } }));
  }

  function drawState({ image, problem }) {
    const told = problem ? unread(problem) : image && standing(image);
    state.replaceChildren(...(told ? [el("p", { textContent: told }), again({ image, problem })] : []).filter(Boolean));
  }

  function again({ image, problem }) {
    if (problem?.status === 401) return button("Sign in", () => app.session.begin(), "primary");
    return (image?.state === "pending" || (problem && problem.status !== 404)) && button("Look again", deeds.again);
  }

  return {
    element: el("div", { className: "sheet" }, toolbar, received, words, state, why, alike, known),
    words,
    drawWords,
    /** @param {Looking} looking */
    draw(looking) {
      const { hit, image, problem } = looking;
      const picture = { ...hit, ...image };
      const gone = problem?.status === 404;
      drawWords(looking);
      drawState(looking);
      similar.disabled = more.disabled = less.disabled = gone || Boolean(image && image.state !== "indexed");
      download.disabled = gone || !picture.url;
      remove.hidden = !app.session.editor;
      remove.disabled = gone || !picture.key;
      const search = app.search();
      more.setAttribute("aria-pressed", search.more.includes(looking.id));
      less.setAttribute("aria-pressed", search.less.includes(looking.id));
      known.replaceChildren(...(picture.key ? [facts(picture)] : []));
    },
    /** Apart from the rest: it needs the hit alone, and is drawn once. */
    explain({ hit }, signal) {
      const source = app.hits().find(({ id }) => id === hit?.expanded_from?.id);
      why.replaceChildren(...(hit ? explained(hit, source, deeds.open) : []));
      alike.replaceChildren(...(hit ? twins(hit.duplicates, (id) => app.api.image(id, signal), deeds.open) : []));
    },
    /** @param {number} share of a large picture that is downloaded */
    downloading(share) {
      received.hidden = share === 0 || share === 1;
      received.value = share;
    },
  };
}

/** @returns {string} */
export const calledOf = ({ hit, image, version }) => (hit || image ? nameOf({ ...hit, ...image, ...version?.words }) : "Picture");

function unread({ status, message }) {
  if (status === 401) return "Sign in to look at this picture.";
  return status === 404 ? "This picture is not there any more." : message;
}

function standing({ state, reason, sidecar, sidecar_reason: why }) {
  if (state === "pending") return "This picture is on its way: it can be searched in a moment.";
  if (state === "rejected") return `This file could not be read as a picture: ${sentence(reason)}`;
  return sidecar === "rejected" ? `The file with its words can't be read: ${sentence(why)} Saving other words replaces it.` : "";
}
