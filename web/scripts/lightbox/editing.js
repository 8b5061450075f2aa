// Where the words of the picture that is looked at turn into an editor, and back. Nothing typed goes unasked.

import { ask } from "../page/asking.js";
import { createWordsEditor } from "./words_editor.js";

const QUESTION = {
  title: "Leave without saving?", text: "The words that you typed are not saved.", yes: "Discard them", no: "Keep editing", danger: true,
};

const hold = (event) => event.preventDefault();

/**
 * @param {object} app see app.js
 * @param {object} about see lightbox/sheet.js
 * @param {() => object|null} looking the picture that is looked at (lightbox/sheet.js)
 * @param {() => void} keepFocus within the dialog
 */
export function createEditing(app, about, looking, keepFocus) {
  let editor = null;
  let leaving = null; // the answer that is awaited: whoever goes twice is asked once

  /** Whether nothing is lost by going on; asks where something is. @returns {Promise<boolean>} */
  const mayLeave = () => (leaving ??= asked().finally(() => (leaving = null)));

  async function asked() {
    await editor?.saving(); // whose end tells what there is to lose
    if (editor?.changed()) {
      if (!(await ask(QUESTION))) return false;
      editor?.discard();
    }
    if (editor) end();
    return true;
  }

  // Only while something is unsaved: pages that always listen are not kept for Back.
  const guard = (unsaved) => (unsaved ? addEventListener : removeEventListener)("beforeunload", hold);

  function close() {
    editor = null;
    guard(false);
  }

  function end() {
    close();
    about.drawWords(looking());
    about.words.querySelector(".edit")?.focus();
    keepFocus();
  }

  return {
    mayLeave,
    cancel: mayLeave,
    active: () => Boolean(editor),
    /** @param {object|null} draft of before */
    begin(draft) {
      const mine = looking();
      editor = createWordsEditor(app, mine.image, mine.version, draft, {
        cancel: mayLeave,
        changed: guard,
        saved(words, etag, said) {
          mine.version = { words, etag };
          app.edited(mine.id, words);
          app.say(said);
          if (mine === looking()) end();
        },
      });
      about.words.replaceChildren(editor.element);
      editor.focus();
    },
    /** The picture is gone, and what was typed with it. */
    drop() {
      editor?.discard();
      close();
      leaving = null;
    },
  };
}
