// Parts of pictures: left, top, right and bottom, as shares of the picture's sides. Pure functions.

/** @typedef {[number, number, number, number]} Crop */

const LEAST = 17; // pixels of the picture: the API takes 16, and rounds
const EXACT = 1000; // places are told in shares of this

const within = (value, low, high) => Math.min(high, Math.max(low, value));

/** What lies between two points. @param {[number, number]} one @param {[number, number]} other @returns {Crop} */
export const spanning = ([x, y], [right, bottom]) => [Math.min(x, right), Math.min(y, bottom), Math.max(x, right), Math.max(y, bottom)];

/** @param {Crop} crop @param {number} across @param {number} down how far, at most to the edge @returns {Crop} */
export function shifted([left, top, right, bottom], across, down) {
  const x = within(across, -left, 1 - right);
  const y = within(down, -top, 1 - bottom);
  return [left + x, top + y, right + x, bottom + y];
}

/**
 * As large as the API needs it at least, and as exact as an address tells it.
 * @param {Crop} crop
 * @param {{width: number, height: number}} size of the picture, in pixels
 * @returns {Crop|null} null where it is the whole picture
 */
export function fitted([left, top, right, bottom], { width, height }) {
  // Rounding may take one thousandth away.
  const [x, across] = grown(left, right, LEAST / width + 1 / EXACT);
  const [y, down] = grown(top, bottom, LEAST / height + 1 / EXACT);
  const crop = [x, y, across, down].map((share) => Math.round(share * EXACT) / EXACT);
  return crop.join() === "0,0,1,1" ? null : crop;
}

function grown(low, high, least) {
  const extent = within(high - low, Math.min(1, least), 1);
  const start = within((low + high - extent) / 2, 0, 1 - extent);
  return [start, start + extent];
}

/** Where it is, in words. @param {Crop|null} crop */
export function described(crop) {
  if (!crop) return "the whole picture";
  const [left, top, right, bottom] = crop.map((share) => Math.round(share * 100));
  return `from ${left} to ${right} percent across, from ${top} to ${bottom} percent down`;
}
