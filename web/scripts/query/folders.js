// What was dropped: files, and the pictures in folders, however deep.

import { contentType } from "../uploads/files.js";

const MOST = 5000; // files; more are better sent with `imagesearch add`

/** Call it within the event: a moment later nothing is there to be read. @param {DataTransfer} transfer */
export function entriesOf(transfer) {
  const items = [...transfer.items].filter(({ kind }) => kind === "file");
  return items.map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile()).filter(Boolean);
}

/**
 * @param {(FileSystemEntry|File)[]} entries
 * @returns {Promise<{files: File[], more: boolean}>} of folders only pictures, without what is hidden; `more` than it takes
 */
export async function filesIn(entries) {
  const files = [];
  const waiting = entries.map((entry) => ({ entry, dropped: true }));
  while (waiting.length && files.length < MOST) {
    const { entry, dropped } = waiting.shift();
    if (entry.isDirectory) {
      // oxlint-disable-next-line no-await-in-loop -- in turn: folders may be many, and large
      const inside = await children(entry);
      waiting.push(...inside.filter(({ name }) => !name.startsWith(".")).map((child) => ({ entry: child, dropped: false })));
      continue;
    }
    // oxlint-disable-next-line no-await-in-loop -- in turn: a folder may hold more than can be open at once
    const file = entry instanceof File ? entry : await promised((done, failed) => entry.file(done, failed));
    if (file && (dropped || contentType(file))) files.push(file);
  }
  return { files, more: waiting.length > 0 };
}

// A folder tells its entries in portions, until there are none.
async function children(folder, reader = folder.createReader()) {
  const some = await promised((done, failed) => reader.readEntries(done, failed));
  return some?.length ? [...some, ...(await children(folder, reader))] : [];
}

// What can't be read (no right, gone meanwhile) is passed over: the rest counts.
const promised = (start) => new Promise((resolve) => start(resolve, () => resolve(null)));
