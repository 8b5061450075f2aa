// A picture as it was read, and its words on their way: what is typed and not saved yet, what is saved and not read yet, and who was faster.

/** @typedef {{caption: string, tags: string[]}} PictureWords */

const PAUSES = [0, 500, 1000, 2000, 4000]; // milliseconds; the index follows an edit within seconds
const LATE = 60_000; // milliseconds; later, what the index tells is no longer ours of before
const sent = new Map();

/** @returns {PictureWords} */
export const wordsOf = ({ caption, tags }) => ({ caption: caption ?? "", tags });

/** On one line, as the API keeps it. @param {string} text */
export const cleaned = (text) => text.replace(/[\p{Cc}\s]+/gu, " ").trim();

// What was read, or, where the index does not know yet what this page has saved, that.
function newest(id, words, etag) {
  const mine = sent.get(id);
  return mine?.older.has(etag) && Date.now() - mine.at < LATE ? { words: mine.words, etag: mine.etag } : { words, etag };
}

/**
 * All about a picture, with the newest of its words.
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

/** Store words that were changed since `etag` was read. @param {Partial<PictureWords>} changes @returns {Promise<string>} */
export async function save(api, id, words, changes, etag) {
  const stored = await api.edit(id, changes, etag);
  const older = sent.get(id)?.older ?? new Set();
  older.add(etag);
  older.delete(stored);
  sent.set(id, { older, words, etag: stored, at: Date.now() });
  return stored;
}

/** The words that somebody else saved, once the index tells them; null if it takes too long. @returns {Promise<PictureWords|null>} */
export async function theirs(api, id, current, [pause, ...later] = PAUSES) {
  await new Promise((resolve) => setTimeout(resolve, pause));
  const { image, etag } = await api.image(id);
  if (etag === current) return wordsOf(image);
  return later.length ? theirs(api, id, current, later) : null;
}

// Drafts live as long as the tab does: through a reload, and through signing in again.
const place = (id) => `words:${id}`;

/** @param {string} id @returns {{base: PictureWords, words: PictureWords, etag: string}|null} */
export function draft(id) {
  try {
    return JSON.parse(sessionStorage.getItem(place(id)));
  } catch {
    return null;
  }
}

/** @param {string} id @param {object|null} unsaved */
export function keepDraft(id, unsaved) {
  try {
    if (unsaved) sessionStorage.setItem(place(id), JSON.stringify(unsaved));
    else sessionStorage.removeItem(place(id));
  } catch {
    // Storage is full or forbidden: leaving the page asks all the same.
  }
}
