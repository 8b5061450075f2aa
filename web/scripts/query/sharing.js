// The link to a search. A picture to search by goes with it, small, behind the `#`: no server ever gets that part.

import { fromBase64url, toBase64url } from "../base64url.js";
import { drawn, sizeOf } from "./shrinking.js";
import { fitted } from "./crops.js";
import { $, el } from "../dom.js";
import { digestOf, formatName, keep, recall } from "./kept_pictures.js";
import { toAddress } from "../search.js";

const MARK = "#picture=";
const SIDE = 256; // pixels of what is searched by, about what the model looks at
const LARGEST = 1024;
const MOST = 12 * 1024; // bytes
const QUALITIES = [0.8, 0.6, 0.45];
const SMALLER = 0.8; // until it fits

/** @param {object} app see app.js */
export function startSharing(app) {
  $("share").addEventListener("click", async () => {
    const search = app.search();
    const link = linkTo(search).catch(() => alone(search, "the picture could not be put into it."));
    try {
      // The promise goes in, since some browsers let only the click itself write to the clipboard.
      const text = link.then(({ address }) => new Blob([address], { type: "text/plain" }));
      await navigator.clipboard.write([new ClipboardItem({ "text/plain": text })]);
    } catch {
      return showLink(await link);
    }
    app.say(`Link copied. ${(await link).limit}`.trim());
  });
  // A link that differs by its picture alone loads no page: the whole one, after a damaged one.
  addEventListener("hashchange", async () => {
    try {
      const picture = await received(location.hash);
      if (!picture) return;
      app.go({ picture }, { replace: true });
      app.refresh(); // the question may be the same, and have lacked its picture
    } catch (error) {
      history.replaceState(history.state, "", location.pathname + location.search);
      app.say(error.message);
    }
  });
}

/**
 * Keep the picture that came with a link.
 * @param {string} hash of the page's address
 * @returns {Promise<string|null>} the name it is kept by; null where there is none. Rejects with an Error made for people
 */
export async function received(hash) {
  if (!hash.startsWith(MARK)) return null;
  try {
    return (await keep(new Blob([fromBase64url(hash.slice(MARK.length))]))).name;
  } catch {
    throw new Error("The picture in this link is damaged. Copy the whole link again, or pick the picture itself.");
  }
}

// Without the part behind the #.
const plain = (search) => new URL(toAddress(search) || location.pathname, location.href);
const alone = (search, why) => ({ address: plain(search).href, limit: `It works in this browser alone: ${why}` });

async function linkTo(search) {
  const picture = search.picture ? await recall(search.picture) : null;
  if (!picture) return { address: plain(search).href, limit: "" };
  const small = await shrunk(picture, search.crop);
  if (!small) return alone(search, `it can't put a ${formatName(picture.type)} picture into a link.`);
  // Named as the one who gets it will keep it: without the part behind the #, it is the address of their search.
  const named = { ...search, picture: await digestOf(small.blob), crop: search.crop && fitted(search.crop, small.size) };
  const address = plain(named);
  address.hash = MARK + toBase64url(await small.blob.arrayBuffer());
  return { address: address.href, limit: "" };
}

async function shrunk(picture, crop) {
  const size = await sizeOf(picture);
  const share = crop ? Math.max(crop[2] - crop[0], crop[3] - crop[1]) : 1;
  return size && within(picture, size, Math.min(LARGEST, SIDE / share));
}

async function within(picture, size, side) {
  const { canvas } = await drawn(picture, size, Math.round(side));
  const blobs = await Promise.all(QUALITIES.map((quality) => compressed(canvas, quality)));
  const blob = blobs.find((one) => one.size <= MOST);
  return blob ? { blob, size: canvas } : within(picture, size, side * SMALLER);
}

// Safari writes no WebP, and says so by giving PNG.
async function compressed(canvas, quality) {
  const blob = await canvas.convertToBlob({ type: "image/webp", quality });
  return blob.type === "image/webp" ? blob : canvas.convertToBlob({ type: "image/jpeg", quality });
}

function showLink({ address, limit }) {
  const field = el("input", { type: "text", readOnly: true, value: address, "aria-label": "Link to this search", on: { focus: () => field.select() } });
  const close = el("button", { type: "button", className: "primary", textContent: "Close", on: { click: () => dialog.close() } });
  const dialog = el(
    "dialog",
    { className: "ask link", "aria-labelledby": "link-title", on: { close: () => dialog.remove() } },
    el("h2", { id: "link-title", textContent: "Copy this link" }),
    el("p", { textContent: `This browser does not let the page copy it for you. ${limit}` }),
    field,
    el("div", { className: "buttons" }, close),
  );
  document.body.append(dialog);
  dialog.showModal();
  field.focus();
}
