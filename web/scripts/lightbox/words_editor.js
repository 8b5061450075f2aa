// Caption and tags of a picture, changed in place. What is typed is never lost: a draft outlives all that can fail.

import { button, el } from "../dom.js";
import { cleaned, keepDraft, save, theirs } from "./versions.js";
import { createTagsField } from "./tags_field.js";

const MAX_CAPTION = 2000; // the API's limit, in letters
const NEAR = 50; // letters left when that is said aloud
const STILL_HERE = "What you typed is still here.";

/**
 * @param {object} app see app.js
 * @param {object} picture of `GET /images/{id}`
 * @param {{words: PictureWords, etag: string}} version that is edited
 * @param {{base: PictureWords, words: PictureWords, etag: string}|null} draft of before
 * @param {{saved: (words: PictureWords, etag: string, said: string) => void, cancel: () => void, changed: (unsaved: boolean) => void}} listeners
 *   `changed` is told with every change whether something would be lost
 */
export function createWordsEditor(app, picture, version, draft, { saved, cancel, changed: tellChanged }) {
  let { words: base, etag } = draft ? { words: draft.base, etag: draft.etag } : version;
  const start = draft?.words ?? base;
  let leaving = false; // to sign in: the draft waits for whoever comes back
  let sending = null; // a promise, while words are on their way
  const caption = el("textarea", { id: "caption", rows: 1, dir: "auto", value: start.caption, "aria-describedby": "caption-problem" });
  const count = el("p", { id: "caption-problem", className: "problem" });
  const spoken = el("p", { className: "unseen", role: "status" }); // not each letter that is counted
  const tags = createTagsField({ tags: start.tags, suggested: picture.suggested_tags, suggest: app.api.suggest, changed: keep });
  const message = el("div", { className: "message", role: "alert", tabIndex: -1 });
  const submit = el("button", { type: "submit", className: "primary", textContent: "Save" });
  const leave = button("Cancel", () => !sending && cancel());
  const element = el(
    "form",
    { className: "editor", "aria-label": "Words of the picture", noValidate: true, on: { submit: store, keydown } },
    el("label", { htmlFor: caption.id, textContent: "Caption" }),
    caption,
    count,
    spoken,
    tags.element,
    message,
    el("div", { className: "buttons" }, submit, leave),
  );
  caption.addEventListener("input", keep);

  const typed = () => ({ caption: cleaned(caption.value), tags: tags.value() });

  function changes() {
    const words = typed();
    const changed = {};
    if (words.caption !== base.caption) changed.caption = words.caption;
    if (words.tags.join("\n") !== base.tags.join("\n")) changed.tags = words.tags;
    return changed;
  }

  const changed = () => Object.keys(changes()).length > 0;

  function keep() {
    fit();
    tellChanged(!leaving && changed());
    keepDraft(picture.id, changed() ? { base, words: typed(), etag } : null);
  }

  // The textarea is as high as its text.
  function fit() {
    caption.style.height = "auto";
    caption.style.height = `${caption.scrollHeight + 2}px`;
    const { length } = [...cleaned(caption.value)];
    count.textContent = length > MAX_CAPTION * 0.9 ? `${length.toLocaleString()} of ${MAX_CAPTION.toLocaleString()} letters` : "";
    const left = MAX_CAPTION - length;
    const state = left < 0 ? "More letters than can be saved" : left <= NEAR ? `Fewer than ${NEAR + 1} letters are left` : "";
    if (spoken.textContent !== state) spoken.textContent = state;
    caption.setAttribute("aria-invalid", left < 0);
    return left >= 0;
  }

  function keydown(event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) element.requestSubmit();
  }

  async function store(event) {
    event?.preventDefault();
    if (sending) return;
    if (!fit()) {
      tell("The caption is too long: shorten it, then save.");
      caption.focus();
      return;
    }
    if (!tags.finish()) return;
    if (!changed()) {
      cancel();
      return;
    }
    sending = send();
    busy(true);
    await sending;
    sending = null;
    busy(false);
  }

  async function send() {
    const words = { ...base, ...changes() };
    tell("");
    try {
      const stored = await save(app.api, picture.id, words, changes(), etag);
      keepDraft(picture.id, null);
      saved(words, stored, "Saved. Searches find it in a moment.");
    } catch (error) {
      if (error.status === 412) await lost(error.current);
      else failed(error);
    }
  }

  // What is typed now would be in no request. Buttons are not `disabled`: that would take the focus away.
  function busy(is) {
    for (const one of [submit, leave]) one.setAttribute("aria-disabled", is);
    caption.readOnly = is;
    if (is && tags.element.contains(document.activeElement)) submit.focus();
    tags.element.inert = is;
    submit.textContent = is ? "Saving…" : "Save";
  }

  function tell(text, ...more) {
    submit.hidden = false;
    message.replaceChildren(...(text ? [el("p", { textContent: text }), ...more] : []));
    message.scrollIntoView({ block: "nearest" });
  }

  const quoted = (text) => el("p", { dir: "auto", textContent: text });
  const buttons = (...all) => el("div", { className: "buttons" }, ...all);

  function failed(error) {
    if (error.status === 401) {
      const begin = () => {
        leaving = true;
        tellChanged(false);
        app.session.begin();
      };
      tell(`You are signed out. ${STILL_HERE}`, buttons(button("Sign in", begin, "primary"), button("Try again", () => store())));
    } else if (error.status === 404) {
      tell(`This picture is not there any more. ${STILL_HERE}`);
    } else {
      tell(`${error.message} ${STILL_HERE}`, buttons(button("Try again", () => store())));
    }
  }

  // Somebody else was faster: both versions are shown, and one of them is chosen.
  async function lost(current) {
    tell("Somebody else has changed these words meanwhile. Reading theirs…");
    const found = await theirs(app.api, picture.id, current).catch(() => null);
    const mine = () => {
      etag = current;
      if (found) merge(found);
      store();
    };
    const take = () => {
      keepDraft(picture.id, null);
      saved(found, current, "The other words are kept.");
    };
    tell(
      found ? "Somebody else has changed these words meanwhile, to:" : `Somebody else has changed these words meanwhile. ${STILL_HERE}`,
      found && el("blockquote", {}, quoted(found.caption || "(no caption)"), quoted(found.tags.join(", ") || "(no tags)")),
      buttons(
        button("Keep mine", mine),
        found ? button("Take theirs", take) : button("Read theirs", () => lost(current)),
      ),
    );
    if (document.activeElement === submit) message.focus();
    submit.hidden = true; // one of those two is next
  }

  // What only they have changed stays theirs.
  function merge(found) {
    const wanted = changes();
    base = found;
    if (wanted.caption === undefined) caption.value = found.caption;
    if (wanted.tags === undefined) tags.set(found.tags);
    keep();
  }

  return {
    element,
    /** Whether something would be lost. */
    changed: () => !leaving && changed(),
    /** @returns {Promise<void>} once no words are on their way */
    saving: async () => sending,
    focus() {
      keep();
      caption.focus();
      caption.setSelectionRange(caption.value.length, caption.value.length);
    },
    discard: () => keepDraft(picture.id, null),
  };
}
