// All about one picture, as the API tells it.

import { newest, wordsOf } from "./versions.js";

/** Some time with one picture; for one that is left before, it never ends. @param {number} milliseconds @param {AbortSignal} signal */
export const rest = (milliseconds, signal) =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => clearTimeout(timer));
  });

/**
 * @param {object} app see app.js
 * @returns {Promise<{image?: object, version?: object, problem?: Problem}>} see Looking in lightbox/sheet.js
 */
export async function read(app, id, signal) {
  if (app.session.needed && !app.session.signedIn) return { problem: { status: 401 } };
  try {
    const { image, etag } = await app.api.image(id, signal);
    return { image, version: newest(id, wordsOf(image), etag) };
  } catch (problem) {
    return { problem };
  }
}
