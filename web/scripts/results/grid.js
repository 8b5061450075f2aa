// The grid: rows of pictures as high as each other, filled from edge to edge. All sizes are known before any picture
// is there, so nothing moves when one arrives; and a row is shown when it is full, so that the next page moves nothing.

import { card, markSteering } from "./card.js";
import { $ } from "../dom.js";

const RATIOS = [0.75, 2.4]; // narrower and wider pictures stand on paper
const ROW = { phone: 168, desktop: 208 }; // pixels that a row is about high

/** @param {object} app see app.js */
export function startResults(app) {
  const list = $("hits");
  const more = $("more");
  let shown = []; // {hit, item}
  let complete = true;
  let width = 0;

  // Whole pixels that there certainly are: `clientWidth` is rounded up, and the last picture of each row would not fit.
  const across = () => Math.floor(list.getBoundingClientRect().width);

  function layOut() {
    const style = getComputedStyle(list);
    width = across();
    if (!width) return;
    const gap = parseFloat(style.columnGap) || 0;
    const height = width < 600 ? ROW.phone : ROW.desktop;
    for (const row of rows(shown.map(({ hit }) => ratio(hit)), width, gap, height, complete)) {
      for (const { index, width: wide, height: high, visible } of row) {
        const place = [wide, high, visible].join();
        const one = shown[index];
        if (one.place === place) continue; // thousands may be there already
        one.place = place;
        one.item.hidden = !visible;
        one.item.style.width = `${wide}px`;
        one.item.style.setProperty("--height", `${high}px`);
      }
    }
  }

  function append(hits) {
    const added = hits.map((hit) => ({ hit, item: card(hit, app) }));
    for (const { item } of added) markSteering(item, app.search());
    shown.push(...added);
    layOut();
    list.append(...added.map(({ item }) => item));
  }

  async function further() {
    more.disabled = true;
    const going = await app.further();
    more.disabled = false;
    if (going !== null) watch(going); // null: another list is shown meanwhile
  }

  // Anew, in case the page is still too short to scroll. Who need not press the button does not see it jump away.
  function watch(on) {
    watching.unobserve(more);
    if (on) watching.observe(more);
    more.parentElement.style.visibility = on ? "hidden" : "";
  }

  const watching = new IntersectionObserver(
    (entries) => entries.some((entry) => entry.isIntersecting) && !more.disabled && further(),
    { rootMargin: "1200px" },
  );
  more.addEventListener("click", further);
  new ResizeObserver(() => across() !== width && layOut()).observe(list);

  return {
    /** @param {{hits: object[], cursor: string|null}} found all of them, instead of what is shown */
    show({ hits, cursor }) {
      shown = [];
      complete = !cursor;
      list.replaceChildren();
      append(hits);
      more.hidden = complete;
      watch(Boolean(cursor));
    },
    /** The next page. @param {object[]} hits @param {string|null} cursor */
    append(hits, cursor) {
      complete = !cursor;
      append(hits);
      more.hidden = complete;
    },
    /** Stop going on by itself: the button does when it is pressed. */
    pause: () => watch(false),
    /** Go on after a pause. */
    further,
    /** Draw one card anew. */
    renew(hit) {
      const place = shown.find((one) => one.hit.id === hit.id);
      if (!place) return;
      const item = card(hit, app);
      markSteering(item, app.search());
      place.item.replaceWith(item);
      Object.assign(place, { hit, item, place: "" });
      layOut();
    },
    remove(id) {
      shown.find(({ hit }) => hit.id === id)?.item.remove();
      shown = shown.filter(({ hit }) => hit.id !== id);
      layOut();
    },
    mark: (search) => shown.forEach(({ item }) => markSteering(item, search)),
  };
}

const ratio = ({ width, height }) => Math.min(RATIOS[1], Math.max(RATIOS[0], width && height ? width / height : 1));

/**
 * Where pictures go. Widths are whole pixels, and each row's add up to all there is.
 * @param {number[]} ratios width by height
 * @param {number} width of all, in pixels
 * @param {number} gap between pictures
 * @param {number} height that a row should about have
 * @param {boolean} complete no more pictures follow, so that the last row may have room
 * @returns {{index: number, width: number, height: number, visible: boolean}[][]}
 */
export function rows(ratios, width, gap, height, complete) {
  const all = [];
  let row = [];
  let sum = 0;
  const close = (full) => {
    const room = width - gap * (row.length - 1);
    const high = full ? Math.min(room / sum, height * 1.5) : height;
    let left = room;
    all.push(
      row.map((index, place) => {
        const last = full && place === row.length - 1 && room / sum <= height * 1.5;
        const across = last ? left : Math.floor(high * ratios[index]);
        left -= across;
        return { index, width: Math.min(across, room), height: Math.round(high), visible: full || complete };
      }),
    );
    row = [];
    sum = 0;
  };
  ratios.forEach((one, index) => {
    // Not the one that would make the row much lower than wanted.
    const room = width - gap * row.length;
    if (row.length && (sum + one) * height > room && room / (sum + one) < height * 0.62) close(true);
    row.push(index);
    sum += one;
    if (sum * height >= width - gap * (row.length - 1)) close(true);
  });
  if (row.length) close(false);
  return all;
}
