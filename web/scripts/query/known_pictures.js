// What the page knows of pictures that a search names by id: from hits that were shown, else from the API.

import { nameOf } from "../names.js";

/**
 * @typedef {object} Named
 * @property {string} [key]
 * @property {string} [caption]
 * @property {string|null} [thumbnail_url]
 * @property {number} [width]
 * @property {number} [height]
 * @property {boolean} [gone] it was deleted
 */

/** @param {object} app see app.js */
export function createNamedPictures(app) {
  const seen = new Map();
  const asked = new Map();

  async function ask(id) {
    try {
      const { image } = await app.api.image(id);
      seen.set(id, image);
    } catch (error) {
      // Whatever else went wrong may pass: it is asked for again when it is needed again.
      if (error.status === 404) seen.set(id, { gone: true });
    } finally {
      asked.delete(id);
    }
    return seen.get(id) ?? null;
  }

  return {
    /** @param {string} id @returns {Named|null} what is known without asking */
    known(id) {
      const hit = app.hits().find((one) => one.id === id);
      if (hit) seen.set(id, hit);
      return seen.get(id) ?? null;
    },
    /** @param {string} id @returns {Promise<Named|null>} null where nothing is known of it */
    ask(id) {
      if (!asked.has(id)) asked.set(id, ask(id));
      return asked.get(id);
    },
  };
}

/** What a picture is called. @param {Named|null} picture */
export const titleOf = (picture) => (picture?.key ? nameOf(picture) : "this picture");
