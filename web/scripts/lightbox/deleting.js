// Deleting a picture: asked for before, sent once, tried again with the very picture that it was about.

import { ask } from "../page/asking.js";
import { el } from "../dom.js";

/**
 * @param {object} app see app.js
 * @param {(id: string) => void} deleted told when the picture is gone, by whomever
 * @returns {(target: {id: string, key: string, name: string}) => Promise<void>}
 */
export function createDeleting(app, deleted) {
  const underWay = new Set();

  async function remove(target) {
    const { id, key, name } = target;
    if (underWay.has(id)) return;
    underWay.add(id);
    try {
      if (!(await ask(question(key, name)))) return;
      await app.api.remove(id).catch((error) => {
        if (error.status !== 404) throw error;
      });
      deleted(id);
      app.say(`Deleted: ${name}`);
    } catch (error) {
      app.say(`Not deleted: ${error.message}`, { action: "Try again", on: () => remove(target) });
    } finally {
      underWay.delete(id);
    }
  }

  return remove;
}

// Whatever direction a name is written in, the question around it stays as it is.
const question = (key, name) => ({
  title: ["Delete “", el("bdi", { textContent: name }), "”?"],
  text: ["The file ", el("bdi", { textContent: key }), " is deleted from the library, and its words with it. This page can't bring it back."],
  yes: "Delete",
  danger: true,
});
