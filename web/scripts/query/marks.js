// The pictures marked as more, or less, like what is wanted.

import { $, el, icon } from "../dom.js";
import { titleOf } from "./known_pictures.js";
import { steered } from "../search.js";

/**
 * @param {object} app see app.js
 * @param {ReturnType<import("./known_pictures.js").createNamedPictures>} named
 * @returns {{elements: HTMLElement[], show(search: import("../search.js").Search): void}}
 */
export function createMarks(app, named) {
  const groups = [["more", "More like"], ["less", "Less like"]].map(([direction, title]) => {
    const list = el("ul", { role: "list", "aria-label": title });
    return { direction, title, list, ids: "", element: el("div", { className: `marks ${direction}` }, el("h3", { textContent: title }), list) };
  });

  function mark(id, group) {
    const picture = el("img", { alt: "", draggable: false });
    const button = el("button", { type: "button", className: "mark", on: { click: take } }, picture, icon("close"));

    function take() {
      app.go(steered(app.search(), group.direction, id));
      $("status").focus({ preventScroll: true });
    }

    function tell(known) {
      if (!known) group.ids = ""; // the next search asks again
      const gone = Boolean(known?.gone);
      const label = gone ? "This picture is gone: remove the mark" : `Remove: ${group.title.toLowerCase()} ${titleOf(known)}`;
      button.title = label;
      button.setAttribute("aria-label", label);
      button.classList.toggle("gone", gone);
      if (known?.thumbnail_url) picture.src = known.thumbnail_url;
    }

    const known = named.known(id);
    tell(known ?? {});
    if (!known) named.ask(id).then(tell);
    // Links expire: one is asked for anew, once.
    picture.addEventListener("error", () => named.ask(id).then(tell), { once: true });
    return el("li", {}, button);
  }

  return {
    elements: groups.map(({ element }) => element),
    show(search) {
      for (const group of groups) {
        const ids = search[group.direction];
        group.element.hidden = !ids.length;
        if (ids.join() === group.ids) continue;
        group.ids = ids.join();
        group.list.replaceChildren(...ids.map((id) => mark(id, group)));
      }
    },
  };
}
