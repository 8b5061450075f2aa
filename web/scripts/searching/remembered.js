// Searches under way, of which the newest alone counts, and what was found before, for Back.

import { toNextRequest } from "../search.js";

const KEPT = 20;
const FRESH = 5 * 60 * 1000; // milliseconds; older answers are asked for anew

/**
 * @typedef {object} Found
 * @property {object[]} hits of all pages so far
 * @property {number} total
 * @property {"text"|"filters"} total_of
 * @property {Object<string, {value: string, count: number}[]>} facets
 * @property {string|null} cursor
 * @property {number} scroll where the page was scrolled to, in pixels
 * @property {number} at when it was found
 */

/** @param {{search(body: object, signal: AbortSignal): Promise<object>}} api */
export function createPages(api) {
  let running = new AbortController();
  const kept = new Map();

  return {
    /** Stop what is under way. @returns {AbortSignal} aborted by the next call */
    begin() {
      running.abort();
      running = new AbortController();
      return running.signal;
    },
    signal: () => running.signal,
    /** @param {object} body @param {AbortSignal} signal @param {string} address to be found again by @returns {Promise<Found>} */
    async first(body, signal, address) {
      const found = { ...(await api.search(body, signal)), scroll: 0, at: Date.now() };
      signal.throwIfAborted();
      kept.delete(address);
      kept.set(address, found);
      if (kept.size > KEPT) kept.delete(kept.keys().next().value);
      return found;
    },
    /** The next hits, which `found` has from then on. @param {Found} found */
    async next(found, signal) {
      const { hits, cursor } = await api.search(toNextRequest(found.cursor), signal);
      signal.throwIfAborted();
      const known = new Set(found.hits.map(({ id }) => id));
      const fresh = hits.filter(({ id }) => !known.has(id));
      found.hits.push(...fresh);
      found.cursor = cursor;
      return fresh;
    },
    /** @returns {Found|undefined} */
    recall(address) {
      const found = kept.get(address);
      return found && Date.now() - found.at < FRESH ? found : undefined;
    },
    /** The library has changed. @param {Found} [but] what is shown, and was mended */
    forget(but) {
      for (const [address, found] of kept) if (found !== but) kept.delete(address);
    },
  };
}
