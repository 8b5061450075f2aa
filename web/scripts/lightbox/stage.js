// The picture, as large as fits: its thumbnail at once, then the original in the same place.

import { el, icon, iconButton, once } from "../dom.js";
import { onSwipe } from "./swiping.js";

const SHOWN = new Set(["JPEG", "PNG", "WEBP", "GIF", "AVIF", "BMP", "ICO"]); // by every browser; others by some

/**
 * @param {{step: (by: 1|-1) => void, leave: () => void}} listeners
 */
export function createStage({ step, leave }) {
  const easel = el("div", { className: "easel" });
  const note = el("p", { className: "note", role: "status", hidden: true });
  const previous = iconButton("left", "Previous picture", () => step(-1), { className: "icon-button previous" });
  const next = iconButton("right", "Next picture", () => step(1), { className: "icon-button next" });
  const element = el("div", { className: "stage" }, easel, note, previous, next);
  let turn = 0;
  let coming = null; // the original, until it is there

  // Not the second click of a double one, whose first has opened the picture.
  element.addEventListener("click", once(({ target }) => (target === element || target === easel) && leave()));
  onSwipe(easel, { move: (pixels) => easel.style.setProperty("--moved", `${pixels}px`), swipe: step });

  const load = async (url, name) => {
    coming = el("img", { alt: name, src: url });
    const picture = coming;
    await picture.decode();
    return picture;
  };

  // What is left behind takes no more of the network.
  function leaveBehind() {
    turn += 1;
    coming?.removeAttribute("src");
    coming = null;
  }

  /**
   * @param {{url: string|null, thumbnail_url: string|null, width: number|null, height: number|null}} picture
   * @param {string} name
   * @param {Promise<object|null>} fresh the same as the API tells it now: links grow old
   * @param {Promise<void>} rest over once somebody stays with this picture: no sooner is the original asked for
   */
  async function show(picture, name, fresh, rest) {
    leaveBehind();
    const mine = turn;
    const late = () => mine !== turn;
    note.hidden = true;
    easel.classList.remove("loading");
    const small = el("img", { alt: name });
    if (picture.width) {
      easel.style.setProperty("--ratio", picture.width / picture.height);
      easel.style.setProperty("--width", `${picture.width}px`);
    }
    easel.classList.toggle("sized", Boolean(picture.width));
    small.src = picture.thumbnail_url ?? picture.url ?? "icon.svg";
    easel.replaceChildren(small);
    if (!picture.url) return;
    easel.classList.add("loading");
    await rest;
    if (late()) return;
    try {
      const large = await load(picture.url, name).catch(async () => {
        const again = await fresh;
        if (late() || !again?.url) throw new Error("gone");
        if (again.thumbnail_url) small.src = again.thumbnail_url;
        return load(again.url, name);
      });
      if (late()) return;
      small.replaceWith(large);
      coming = null;
    } catch {
      const { format = null } = (await fresh) ?? {};
      if (!late()) explain(format, () => show(picture, name, fresh, rest));
    } finally {
      if (!late()) easel.classList.remove("loading");
    }
  }

  function explain(format, again) {
    const strange = format && !SHOWN.has(format);
    note.hidden = false;
    if (strange) {
      const called = format === "HEIF" ? "HEIC" : format;
      note.replaceChildren(`This browser can't show ${called} pictures: this is a small preview. Download it to see it whole.`);
    } else {
      const retry = el("button", { type: "button", textContent: "Try again", on: { click: again } });
      note.replaceChildren("The whole picture can't be loaded: this is a small preview.", retry);
    }
  }

  return {
    element,
    show,
    /** Nothing to show, yet or at all. @param {boolean} [atAll] */
    clear(atAll = false) {
      leaveBehind();
      note.hidden = true;
      easel.classList.remove("loading");
      easel.replaceChildren(...(atAll ? [icon("picture")] : []));
    },
    /** Whether there is one before, and one behind; null hides both. @param {[boolean, boolean]|null} sides */
    sides(sides) {
      for (const [place, button] of [previous, next].entries()) {
        button.hidden = !sides;
        // Not `disabled`: that would take the focus, and with it the arrow keys, away.
        button.setAttribute("aria-disabled", !sides?.[place]);
      }
    },
  };
}
