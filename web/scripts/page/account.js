// Who looks at the page, and what is there for editors alone.

import { $ } from "../dom.js";

/**
 * @param {import("../session/sign_in.js").Session} session
 * @param {() => void} signIn
 * @returns {() => void} shows the account as it is now
 */
export function startAccount(session, signIn) {
  const sign = $("sign");
  sign.addEventListener("click", () => (session.signedIn ? session.end() : signIn()));
  return () => {
    sign.hidden = !session.needed;
    sign.textContent = session.signedIn ? "Sign out" : "Sign in";
    sign.title = session.who ?? "";
    $("add").hidden = !(session.signedIn && session.editor);
  };
}
