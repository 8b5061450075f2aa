// The field for words. What is typed and not yet searched for stays, whatever else happens.

import { $ } from "../dom.js";

/** @param {object} app see app.js */
export function startBox(app) {
  const field = $("text");
  let searched = ""; // words of the search that is shown

  const words = () => field.value.trim();

  function fill(text) {
    field.value = searched = text;
  }

  $("form").addEventListener("submit", (event) => {
    event.preventDefault();
    if (words() === app.search().text) app.refresh();
    else app.go({ text: words(), open: null });
  });
  // The cross in the field, too, means to search without words.
  field.addEventListener("search", () => !field.value && app.search().text && app.go({ text: "" }));

  return {
    /** What stands there. @returns {string} */
    words,
    /** Put words there, instead of whatever stands there. */
    fill,
    /** ... if they are other words than were searched for before. @param {string} text */
    show: (text) => text !== searched && fill(text),
  };
}
