// Who looks at the page. Where config.json names no sign-in (on a laptop) everybody may do everything.

import { authorization, claims, exchange, farewell, refresh, Refused, revoke } from "./oauth.js";
import { shareTokens } from "./shared_tokens.js";

/**
 * @typedef {object} Session
 * @property {boolean} needed whether one has to sign in at all
 * @property {boolean} signedIn
 * @property {boolean} editor may add, edit and delete (the API checks that itself)
 * @property {string|null} who an e-mail address, mostly
 * @property {string|null} note why nobody is signed in, for people to read
 * @property {(refused?: string|null) => Promise<string|null>} token a token that lives for another minute at least;
 *   never `refused`, which the API did not take; null when one has to sign in anew. Rejects when the sign-in service
 *   does not answer and the old token has run out: that may pass, and nobody is signed out by it
 * @property {() => void} begin leaves for the sign-in service, and comes back to this very address
 * @property {() => void} end signs out, here and in other tabs, and forgets what the page keeps in this browser
 * @property {(listener: () => void) => void} watch called when the session changes by itself: another tab has signed
 *   in, other rights came with a younger token, or the session has run out
 */

const EDITORS = "editors";
const NOTES = {
  insecure: "Signing in needs a secure address: open this page by one that begins with https://.",
  blocked: "This browser keeps nothing for this page, and signing in needs that: allow site data (cookies) for it.",
  strange: "That sign-in was not begun in this tab, or was used before. Please sign in again.",
  denied: "You were not signed in: it was cancelled, or you are not allowed in.",
  silent: "The sign-in service does not answer. Please try again in a moment.",
  over: "Your sign-in has run out. Please sign in again.",
};

/** @type {Session} */
const OPEN_TO_ALL = Object.freeze({
  needed: false, signedIn: true, editor: true, who: null, note: null,
  token: async () => null, begin() {}, end() {}, watch() {},
});

/**
 * The session; after a sign-in, also the way back: call it before anything reads the page's address.
 * @param {import("../config.js").Config} config
 * @param {() => Promise<void>} forgetKept what the page keeps of searches in this browser, when somebody signs out
 * @returns {Promise<Session>}
 */
export async function openSession(config, forgetKept) {
  if (!config.sign_in) return OPEN_TO_ALL;
  const note = obstacle();
  if (note) return { ...OPEN_TO_ALL, needed: true, signedIn: false, editor: false, note, begin: () => location.reload() };
  return start(config, forgetKept);
}

function obstacle() {
  if (!window.crypto?.subtle) return NOTES.insecure;
  try {
    sessionStorage.setItem("kept", "yes");
    sessionStorage.removeItem("kept");
    return null;
  } catch {
    return NOTES.blocked;
  }
}

async function start(client, forgetKept) {
  const name = `imagesearch ${client.client_id}`;
  const pendingName = `${name} pending`;
  const listeners = [];
  let note = null;
  let renewing = null;
  const tabs = shareTokens(name, {
    wanted: (offered) => {
      const ours = tabs.get();
      return !ours || (offered.end > ours.end && claims(offered).sub === claims(ours).sub);
    },
    async taken(tokens, old) {
      if (tokens) return tell();
      await leave(old); // signed out in another tab
      location.reload();
    },
  });
  const said = (claim) => tabs.get() && claims(tabs.get())[claim];
  const edits = () => Boolean(said("cognito:groups")?.includes(EDITORS));
  const tell = () => listeners.forEach((listener) => listener());

  // Nothing of the library stays in this browser, or on the screen: who leaves may be kept from it, or come back.
  async function leave(tokens) {
    if (tokens) revoke(client, tokens);
    tell();
    sessionStorage.clear();
    await forgetKept();
  }

  // What the sign-in service sent back, if it did. The code is worth something once: it leaves the address, and with it
  // the history, before anything else.
  async function answer() {
    const told = new URLSearchParams(location.search);
    if (!told.has("state") || !(told.has("code") || told.has("error"))) return;
    const pending = JSON.parse(sessionStorage.getItem(pendingName));
    sessionStorage.removeItem(pendingName);
    const ours = pending?.state === told.get("state");
    history.replaceState(null, "", ours ? pending.back : home());
    if (!ours) note = NOTES.strange;
    else if (told.has("error")) note = refusal(told.get("error"));
    else tabs.share(await exchange(client, told.get("code"), pending));
  }

  async function renew(old, refused) {
    await tabs.ask(); // one of them may have younger tokens: where refresh tokens rotate, ours is of no use then
    if (tabs.get() !== old) return tabs.get()?.id ?? null;
    try {
      const next = await refresh(client, old);
      if (tabs.get() !== old) return tabs.get()?.id ?? null; // signed out meanwhile, say
      const edited = edits();
      tabs.share(next);
      if (edits() !== edited) tell();
      return next.id;
    } catch (error) {
      if (!(error instanceof Refused)) {
        if (old.id !== refused && Date.now() < old.end) return old.id;
        throw new Error(`${NOTES.silent} If that goes on, sign out and in again.`, { cause: error });
      }
      if (tabs.get() !== old) return tabs.get()?.id ?? null;
      tabs.drop();
      note = NOTES.over;
      tell();
      return null;
    }
  }

  try {
    await answer();
  } catch (error) {
    note = error instanceof Refused ? refusal(error.message) : NOTES.silent;
  }
  if (!tabs.get() && !note) await tabs.ask();

  return {
    needed: true,
    get signedIn() {
      return Boolean(tabs.get());
    },
    get editor() {
      return edits();
    },
    get who() {
      return said("email") ?? said("cognito:username");
    },
    get note() {
      return tabs.get() ? null : note;
    },

    async token(refused = null) {
      const tokens = tabs.get();
      if (!tokens) return null;
      if (tokens.id !== refused && Date.now() < tokens.fresh) return tokens.id;
      renewing ??= renew(tokens, refused).finally(() => (renewing = null));
      return renewing;
    },

    async begin() {
      const { address, pending } = await authorization(client, home());
      sessionStorage.setItem(pendingName, JSON.stringify({ ...pending, back: location.href }));
      location.assign(address);
    },

    async end() {
      const tokens = tabs.get();
      tabs.end();
      await leave(tokens);
      location.assign(farewell(client, home()));
    },

    watch: (listener) => listeners.push(listener),
  };
}

/** The page's own address, as the sign-in service knows it: without what is searched for, or `index.html`. */
const home = () => new URL("./", location.href).href;

// The service's own words are left out: anybody could write them into a link.
function refusal(code) {
  if (code === "access_denied") return NOTES.denied;
  if (code === "invalid_grant") return NOTES.strange;
  return `You were not signed in (${/^\w{1,40}$/.test(code) ? code : "unknown"}). Please tell whoever runs this library.`;
}
