// Saving a picture as a file. Its link leads to another origin, where browsers ignore `download`: so it is fetched.

import { el } from "../dom.js";
import { fileName } from "../names.js";

const LARGE = 1e6; // bytes; below, progress would only flicker

let busy = false; // with one picture at a time

/**
 * @param {object} app see app.js
 * @param {{id: string, key: string, url: string}} picture
 * @param {(share: number) => void} progress told from 0 to 1, of large pictures
 */
export async function download(app, { id, key, url }, progress) {
  if (busy) {
    app.say("Another picture is being downloaded: try again when it is there.");
    return;
  }
  busy = true;
  const name = fileName(key);
  try {
    // Links grow old: a younger one is asked for where this one does not work.
    await save(url, name, progress).catch(async () => save((await app.api.image(id)).image.url, name, progress));
  } catch {
    app.say("The picture can't be downloaded here.", { action: "Open it", on: () => open(app, id) });
  } finally {
    busy = false;
    progress(0);
  }
}

// With a link made now. The tab opens at once: browsers refuse one that comes later than the click.
async function open(app, id) {
  const tab = window.open("", "_blank");
  if (!tab) {
    app.say("This browser has kept the picture from opening: allow pop-ups for this page.");
    return;
  }
  tab.opener = null;
  try {
    tab.location.replace((await app.api.image(id)).image.url);
  } catch (error) {
    tab.close();
    app.say(`The picture can't be opened: ${error.message}`);
  }
}

async function save(url, name, progress) {
  // Not from the cache: what an <img> has put there was fetched without CORS, and can't be read.
  const response = await fetch(url, { cache: "no-store", credentials: "omit" });
  if (!response.ok) throw new Error(`The picture can't be downloaded (${response.status}).`);
  const size = Number(response.headers.get("Content-Length"));
  const blob = await (size < LARGE ? response : new Response(response.body.pipeThrough(counter(size, progress)))).blob();
  const link = el("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // the browser may still read it
}

function counter(size, progress) {
  let received = 0;
  return new TransformStream({
    transform(piece, controller) {
      received += piece.length;
      progress(Math.min(1, received / size));
      controller.enqueue(piece);
    },
  });
}
