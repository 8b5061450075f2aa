// One file's way into the bucket: a form of the API's, and the file by it.

import { Problem } from "../api.js";
import { contentType } from "./files.js";
import { fileSize } from "../names.js";

/** Of a Problem: the bucket said so, not the API. */
export const BUCKET = "bucket";
/** Of a Problem: the file is larger than the library takes. */
export const TOO_LARGE = "too-large";

/** @param {object} api api.js */
export function createDelivery(api) {
  let most = Infinity; // bytes; the API tells with its first form

  /**
   * Rejects with a Problem, or with what the signal was aborted with.
   * @param {{file: File, form: object|null}} upload
   * @param {AbortSignal} signal
   * @param {(share: number) => void} progressed how much of it is sent, 0 to 1
   */
  async function deliver(upload, signal, progressed) {
    await prepare(upload, signal);
    try {
      await send(upload.form, upload.file, signal, progressed);
    } catch (problem) {
      if (problem.status !== 403) throw problem;
      // The form has expired, as on a laptop that slept.
      forget(upload);
      await prepare(upload, signal);
      await send(upload.form, upload.file, signal, progressed);
    }
  }

  // A form serves until it expires: what is sent again after an answer was lost is not there twice.
  async function prepare(upload, signal) {
    const { file } = upload;
    if (upload.form) return;
    check(file);
    const form = await api.prepareUpload({ filename: file.name.slice(-255), content_type: contentType(file) });
    most = form.max_bytes;
    try {
      signal.throwIfAborted();
      check(file);
    } catch (reason) {
      forget({ form });
      throw reason;
    }
    upload.form = form;
  }

  function check({ size: bytes }) {
    if (bytes > most) throw new Problem(`It has ${fileSize(bytes)}: ${fileSize(most)} may be added.`, { code: TOO_LARGE });
  }

  /** Nobody should wait for a picture that does not come. @param {{form: object|null}} upload */
  function forget(upload) {
    if (upload.form) api.remove(upload.form.id).catch(() => {});
    upload.form = null;
  }

  return { deliver, forget };
}

function send(form, file, signal, progressed) {
  return new Promise((resolve, reject) => {
    const body = new FormData();
    for (const [name, value] of Object.entries(form.fields)) body.append(name, value);
    body.append("file", file); // the last one: S3 takes no field after it
    // fetch would not tell how much of it is sent.
    const request = new XMLHttpRequest();
    request.open("POST", form.url);
    request.upload.addEventListener("progress", ({ loaded, total }) => progressed(total ? loaded / total : 0));
    request.addEventListener("load", () => (request.status < 300 ? resolve() : reject(refusal(request))));
    request.addEventListener("error", () => reject(new Problem("The library does not answer.", { code: BUCKET })));
    request.addEventListener("abort", () => reject(signal.reason));
    signal.addEventListener("abort", () => request.abort());
    request.send(body);
  });
}

function refusal({ status, responseText }) {
  const message = /<Message>([^<]*?)\.?</.exec(responseText)?.[1] || `it answered ${status}`;
  return new Problem(`The library does not take it: ${message}.`, { status, code: BUCKET });
}
