// Pictures to search by: made small enough to send, and kept in this browser, so that an address can name them.

import { fileSize } from "../names.js";
import { drawn, formatOf, sizeOf } from "./shrinking.js";

const SIDE = 1024; // pixels; more than the model looks at
const QUALITY = 0.9;
const SMALL = 1024 * 1024; // bytes up to which a picture that is no larger than SIDE goes as it is
const MOST = 4 * 1024 * 1024; // bytes that the API takes
const KEPT = 20;
const CACHE = "query-pictures";
const WEB = new Set(["image/jpeg", "image/png", "image/webp"]);
const ELSEWHERE = new Set(["image/avif", "image/heic", "image/tiff"]); // read by the API, and not by every browser

const memory = new Map();

/**
 * Make a picture ready to be searched by, and keep it.
 * @param {Blob} file
 * @returns {Promise<{name: string, blob: Blob}>} the name to `recall` it by; rejects with an Error made for people
 */
export async function keep(file) {
  const blob = await prepared(file);
  const name = await digestOf(blob);
  await store(name, blob);
  return { name, blob };
}

/** @param {string} name @returns {Promise<Blob|null>} null where this browser does not have it (any more) */
export async function recall(name) {
  if (memory.has(name)) return memory.get(name);
  try {
    const found = await caches.match(addressOf(name), { cacheName: CACHE });
    return found ? await found.blob() : null;
  } catch {
    return null;
  }
}

/** @param {Blob} blob @returns {Promise<string>} */
export function toBase64(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(reader.result.slice(reader.result.indexOf(",") + 1)));
    reader.addEventListener("error", () => reject(new Error("The picture can't be read.")));
    reader.readAsDataURL(blob);
  });
}

/** What a picture is kept under: the first 16 hex digits of its SHA-256. @param {Blob} blob @returns {Promise<string>} */
export async function digestOf(blob) {
  // Web Crypto is for HTTPS and loopback alone: elsewhere any name does, since nothing is kept there for long either.
  const bytes = crypto.subtle
    ? new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer()))
    : crypto.getRandomValues(new Uint8Array(8));
  return Array.from(bytes.slice(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** What people call a format. @param {string} type such as `image/heic` */
export const formatName = (type) => type.slice(type.indexOf("/") + 1).toUpperCase();

/** Keep none any more, whoever has picked them. */
export async function forgetKept() {
  memory.clear();
  await window.caches?.delete(CACHE).catch(() => {});
}

async function prepared(file) {
  const name = file.name ? `“${file.name}”` : "This";
  if (!file.size) throw new Error(`${name} is empty.`);
  const type = await formatOf(file).catch(() => {
    throw new Error(`${name} can't be read.`);
  });
  const size = await sizeOf(file);
  if (!size) return unshown(file, type, name);
  try {
    const { canvas, scale } = await drawn(file, size, SIDE);
    if (scale === 1 && file.size <= SMALL && WEB.has(type)) return await copied(file, type);
    return await canvas.convertToBlob({ type: "image/jpeg", quality: QUALITY });
  } catch {
    throw new Error(`${name} can't be opened by this browser. Save it as JPEG, and smaller if it is very large.`);
  }
}

// What this browser can't show, the API may be able to read.
function unshown(file, type, name) {
  if (!ELSEWHERE.has(type)) throw new Error(`${name} is not a picture that this browser can open.`);
  if (file.size <= MOST) return copied(file, type);
  const format = formatName(type);
  throw new Error(
    `This browser can't open ${format} pictures to make them smaller, and ${name} is too large as it is (${fileSize(file.size)}; ${fileSize(MOST)} can be sent). ` +
      `Save it as JPEG, or use a browser that shows ${format} pictures, such as Safari.`,
  );
}

// A file can change, or go, after it was picked: its bytes stay.
const copied = async (file, type) => new Blob([await file.arrayBuffer()], { type });

const addressOf = (name) => `query-pictures/${name}`;

async function store(name, blob) {
  memory.delete(name);
  memory.set(name, blob);
  for (const old of [...memory.keys()].slice(0, -KEPT)) memory.delete(old);
  try {
    const cache = await caches.open(CACHE);
    await cache.delete(addressOf(name));
    await cache.put(addressOf(name), new Response(blob));
    const old = (await cache.keys()).slice(0, -KEPT);
    await Promise.all(old.map((request) => cache.delete(request)));
  } catch {
    // Private windows and full disks refuse: then pictures last as long as the page.
  }
}
