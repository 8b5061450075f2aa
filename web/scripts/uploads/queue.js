// Files on their way into the library: three at once, each once, and none lost while the network is away.

import { createArrivals } from "./arrivals.js";
import { BUCKET, createDelivery, TOO_LARGE } from "./delivery.js";
import { contentType, readable, same } from "./files.js";
import { createPatience } from "./patience.js";
import { sentence } from "../names.js";

/**
 * @typedef {object} Upload
 * @property {File} file
 * @property {"waiting"|"sending"|"indexing"|"searchable"|"failed"|"cancelled"} state
 * @property {number} sent share of it, 0 to 1
 * @property {object|null} form what the API prepared; its `id` is the picture's
 * @property {number} arrived when it was in the bucket, as performance.now() has it; 0 before
 * @property {number} seconds from then until it was searchable
 * @property {string|null} thumbnail
 * @property {string} problem why it failed
 * @property {boolean} hopeless it would fail again
 * @property {number} attempts that failed where waiting may not help
 * @property {AbortController} stop
 */

const AT_ONCE = 3;
const ATTEMPTS = 4;

/** Whether it is not in the bucket yet, and will be. @param {Upload} upload */
export const toSend = ({ state }) => state === "waiting" || state === "sending";

/**
 * @param {object} api api.js
 * @param {(upload: Upload, shown: boolean) => void} changed
 * @param {(problem: Error|null, seconds: number) => void} paused for how long, and why; null when it goes on
 */
export function createQueue(api, changed, paused) {
  /** @type {Upload[]} */
  let uploads = [];
  const known = new Map(); // all of this session by file name, those that are not shown any more too
  let workers = 0;
  const { deliver, forget } = createDelivery(api);
  const patience = createPatience(paused);
  const arrivals = createArrivals(api, patience, settled);

  function change(upload, changes) {
    Object.assign(upload, changes);
    changed(upload, uploads.includes(upload));
  }

  /**
   * @param {File[]} files
   * @returns {Promise<{strange: File[], twice: File[]}>} what is not sent: no pictures, and what is here already
   */
  async function add(files) {
    const twice = [];
    for (const file of files.filter(contentType)) {
      // oxlint-disable-next-line no-await-in-loop -- in turn: the next one may be the same file again
      const earlier = await find(file);
      if (!earlier) put(file);
      else if (!retry(earlier)) twice.push(file);
    }
    return { strange: files.filter((file) => !contentType(file)), twice };
  }

  async function find(file) {
    const alike = (known.get(file.name) ?? []).filter((upload) => !upload.hopeless && upload.file.size === file.size);
    const found = await Promise.all(alike.map(async (upload) => (await same(upload.file, file)) && !(await deleted(upload))));
    return alike[found.indexOf(true)];
  }

  // By somebody, since then: it can be added again.
  const deleted = ({ state, form }) => state === "searchable" && api.image(form.id).then(() => false, ({ status }) => status === 404);

  function put(file) {
    const upload = {
      file, state: "waiting", sent: 0, form: null, arrived: 0, seconds: 0, thumbnail: null, problem: "", hopeless: false,
      attempts: 0, stop: new AbortController(),
    };
    uploads.push(upload);
    known.set(file.name, [upload, ...(known.get(file.name) ?? [])]);
    if (file.size) change(upload, {});
    else fail(upload, "The file is empty.", true);
    work();
  }

  function work() {
    while (workers < Math.min(AT_ONCE, uploads.filter(toSend).length)) worker();
  }

  async function worker() {
    workers += 1;
    await patience.ready();
    const upload = uploads.find(({ state }) => state === "waiting");
    if (upload) await run(upload);
    workers -= 1;
    if (upload) work();
  }

  async function run(upload) {
    const { signal } = (upload.stop = new AbortController());
    change(upload, { state: "sending", sent: 0 });
    try {
      await deliver(upload, signal, (sent) => change(upload, { sent }));
      upload.arrived = performance.now();
      patience.worked();
      follow(upload);
    } catch (problem) {
      if (!signal.aborted) await failed(upload, problem);
    }
  }

  function follow(upload) {
    change(upload, { state: "indexing" });
    arrivals.watch(upload);
  }

  async function failed(upload, problem) {
    const { message, status, code, passing } = problem;
    if (code === TOO_LARGE) return fail(upload, message, true);
    if (/content_type/.test(message)) return fail(upload, "The library takes no pictures of this kind.", true);
    if (!status && !(await readable(upload.file))) {
      return fail(upload, "The file can't be read: it was moved, changed or deleted. Add it again.", true);
    }
    const away = passing && (code !== BUCKET || !navigator.onLine);
    if (!away) upload.attempts += 1;
    if (away || ((passing || status >= 500) && upload.attempts < ATTEMPTS)) {
      patience.failed(problem);
      return change(upload, { state: "waiting", sent: 0 });
    }
    fail(upload, message);
    // Who may not add this one may add no other.
    if (code !== BUCKET && (status === 401 || status === 403)) {
      for (const other of uploads.filter(({ state }) => state === "waiting")) fail(other, message);
    }
  }

  function fail(upload, problem, hopeless = false) {
    change(upload, { state: "failed", problem, hopeless });
  }

  function settled(upload, image, problem) {
    if (problem?.status === 404) return fail(upload, "It was deleted before it was searchable.", true);
    if (problem) return fail(upload, `It was sent, and may be searchable: ${problem.message}`);
    if (!image) return fail(upload, "It was sent, but is not searchable yet.");
    if (image.state === "rejected") return fail(upload, sentence(image.reason), true);
    const seconds = (performance.now() - upload.arrived) / 1000;
    change(upload, { state: "searchable", seconds, thumbnail: image.thumbnail_url });
  }

  function cancel(upload) {
    if (!toSend(upload)) return;
    change(upload, { state: "cancelled" });
    upload.stop.abort();
    forget(upload);
  }

  /** @returns {boolean} whether it goes on, after it had failed or been cancelled */
  function retry(upload) {
    const { state, hopeless, arrived } = upload;
    if (hopeless || (state !== "failed" && state !== "cancelled")) return false;
    if (!uploads.includes(upload)) uploads.push(upload);
    upload.attempts = 0;
    if (arrived) follow(upload);
    else change(upload, { state: "waiting", sent: 0 });
    work();
    return true;
  }

  return {
    add,
    cancel,
    retry,
    cancelAll: () => uploads.forEach(cancel),
    retryAll: () => uploads.filter(({ state }) => state === "failed").forEach(retry),
    all: () => uploads,
    /** Show no more of them; what is being indexed goes on. */
    clear: () => (uploads = []),
  };
}
