// What is known of a picture besides its words.

import { el } from "../dom.js";
import { fileSize, placeTime } from "../names.js";

const DATE = { dateStyle: "medium", timeStyle: "short" };

/** @param {object} picture a hit, or all about an image: what is missing is left out */
export function facts(picture) {
  const { attributes = {}, width, height, size, format, frames, camera, position, taken, uploaded, key } = picture;
  const known = [
    ...Object.entries(attributes).map(([name, value]) => [name, attribute(value)]),
    ["Taken", taken && date(placeTime(taken))],
    ["Camera", camera],
    ["Place", position && `${position.latitude.toFixed(4)}, ${position.longitude.toFixed(4)}`],
    ["Added", uploaded && date(uploaded)],
    ["Size", [width && `${width} × ${height}`, size && fileSize(size)].filter(Boolean).join(", ")],
    ["Format", format && (frames > 1 ? `${format}, ${frames} frames` : format)],
    ["File", key],
  ].filter(([, value]) => value);
  const rows = known.map(([name, value]) => [el("dt", { dir: "auto", textContent: name }), el("dd", {}, el("bdi", { textContent: value }))]);
  return el("dl", { className: "facts" }, ...rows.flat());
}

const date = (text) => new Date(text).toLocaleString(undefined, DATE);

function attribute(value) {
  if (typeof value === "boolean") return value ? "yes" : "no";
  return typeof value === "number" ? value.toLocaleString() : value;
}
