// The part of a picture to search by: a rectangle that one draws, moves and resizes, by mouse, touch or keys.

import { described, fitted, shifted, spanning } from "./crops.js";
import { el } from "../dom.js";

const SLIP = 4; // CSS pixels that a click may move
const STEP = 0.02; // of a side, by an arrow key
const PAUSE = 300; // milliseconds without a key, after which the search runs
const MIDDLE = [0.25, 0.25, 0.75, 0.75];
const ARROWS = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };
/** Of each corner, where in a crop the two sides of the opposite one are. */
const OPPOSITE = { nw: [2, 3], ne: [0, 3], se: [0, 1], sw: [2, 1] };
const KEYS = "Enter marks the middle. Arrow keys move the part, with Shift they resize it, and Delete takes it away.";

/**
 * @param {(crop: import("./crops.js").Crop|null, how: {replace: boolean}) => void} changed `replace`: it was only adjusted
 * @returns {{element: HTMLElement, show(crop: Crop|null, size: {width: number, height: number}): void, mark(): void, clear(): void}}
 */
export function createRegion(changed) {
  const shade = el("div", { className: "shade" });
  const corners = Object.keys(OPPOSITE).map((corner) => el("span", { className: `corner ${corner}`, data: { corner } }));
  const box = el("div", { className: "region" }, ...corners);
  const keys = el("p", { id: "region-keys", hidden: true, textContent: KEYS });
  const news = el("p", { className: "unseen", role: "status" });
  const area = el(
    "div",
    {
      className: "region-area", tabIndex: 0, role: "application", "aria-roledescription": "part of a picture", "aria-describedby": keys.id,
      on: { pointerdown: begin, pointermove: drag, pointerup: end, pointercancel: cancel, keydown: press },
    },
    shade, box, keys, news,
  );
  let size = { width: 1, height: 1 };
  let crop = null;
  let dragging = null; // {from, before, anchor or none: moves, moved}
  let held = null; // the corner opposite to one that was clicked: the next click says where that one goes
  let waiting = 0;

  function draw() {
    area.classList.toggle("marked", Boolean(crop));
    area.setAttribute("aria-label", `Searched by: ${described(crop)}`);
    if (!crop) return;
    const [left, top, right, bottom] = crop.map((share) => `${share * 100}%`);
    Object.assign(box.style, { left, top, width: `${(crop[2] - crop[0]) * 100}%`, height: `${(crop[3] - crop[1]) * 100}%` });
    const outside = "0 0, 100% 0, 100% 100%, 0 100%, 0 0";
    shade.style.clipPath = `polygon(evenodd, ${outside}, ${left} ${top}, ${right} ${top}, ${right} ${bottom}, ${left} ${bottom}, ${left} ${top})`;
  }

  function change(next, { replace = false, after = 0 } = {}) {
    crop = next && fitted(next, size);
    draw();
    hold(null);
    clearTimeout(waiting);
    const tell = () => {
      waiting = 0;
      news.textContent = `Searched by: ${described(crop)}`;
      changed(crop, { replace });
    };
    if (after) waiting = setTimeout(tell, after);
    else tell();
  }

  function hold(anchor, corner) {
    held = anchor;
    for (const one of corners) one.classList.toggle("held", Boolean(anchor) && one === corner);
  }

  function point({ clientX, clientY }) {
    const { left, top, width, height } = area.getBoundingClientRect();
    return [(clientX - left) / width, (clientY - top) / height].map((share) => Math.min(1, Math.max(0, share)));
  }

  function begin(event) {
    if (event.button || !event.isPrimary) return;
    event.preventDefault();
    area.focus({ preventScroll: true });
    area.setPointerCapture(event.pointerId);
    const { corner } = event.target.dataset;
    const from = point(event);
    const inside = event.target === box;
    const anchor = held ?? (corner ? OPPOSITE[corner].map((side) => crop[side]) : from);
    dragging = { from, before: crop, anchor: inside && !held ? null : anchor, at: [event.clientX, event.clientY], corner: event.target };
    dragging.moved = Boolean(held);
    if (held) drag(event);
  }

  function drag(event) {
    if (!dragging) return;
    const { from, before, anchor, at } = dragging;
    dragging.moved ||= Math.hypot(event.clientX - at[0], event.clientY - at[1]) >= SLIP;
    if (!dragging.moved) return;
    const to = point(event);
    crop = anchor ? spanning(anchor, to) : shifted(before, to[0] - from[0], to[1] - from[1]);
    draw();
  }

  function end() {
    if (!dragging) return;
    const { moved, before, anchor, corner } = dragging;
    dragging = null;
    if (moved) change(crop);
    else if (corner.dataset.corner) hold(anchor, corner);
    else if (before) change(null);
  }

  function cancel() {
    if (!dragging) return;
    crop = dragging.before;
    dragging = null;
    draw();
  }

  function press(event) {
    const { key } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || !act(key, event.shiftKey)) return;
    event.preventDefault();
  }

  function act(key, resize) {
    if (key === "Escape" && (dragging || held)) {
      cancel();
      hold(null);
      return true;
    }
    if (!crop) {
      if (key === "Enter") change(MIDDLE);
      return key === "Enter";
    }
    if (["Delete", "Backspace", "Escape"].includes(key)) change(null);
    else if (ARROWS[key]) change(nudged(crop, ARROWS[key], resize), { replace: true, after: PAUSE });
    else return false;
    return true;
  }

  draw();
  return {
    element: area,
    /** What an address says; not while somebody is at it. */
    show(next, of) {
      size = of;
      if (dragging || waiting) return;
      crop = next;
      hold(null);
      draw();
    },
    /** Another picture: whatever was going on is over. */
    reset() {
      clearTimeout(waiting);
      waiting = 0;
      dragging = null;
      crop = null;
      hold(null);
      draw();
    },
    /** Its middle, for a start: arrow keys go on from there. */
    mark() {
      area.focus({ preventScroll: true });
      change(MIDDLE);
    },
    clear: () => change(null),
  };
}

function nudged(crop, [across, down], resize) {
  if (!resize) return shifted(crop, across, down);
  const [left, top, right, bottom] = crop;
  return [left, top, Math.min(1, Math.max(left, right + across)), Math.min(1, Math.max(top, bottom + down))];
}
