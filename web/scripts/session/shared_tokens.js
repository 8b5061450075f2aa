// What one tab keeps of a session, and what it tells the others.
//
// Tokens are kept in sessionStorage: a reload keeps them, closing the tab ends them, and no later visitor of this browser
// finds them on its disk, as with localStorage. Whatever script could read them there could as well read them in memory,
// or just call the API: against foreign scripts stands the Content-Security-Policy. Tabs of the same browser hand them
// to each other, so that a picture opened in a new tab asks for no password.

const PATIENCE = 200; // milliseconds, for the answer of another tab, should there be one

/**
 * @template T
 * @param {string} name under which it is kept
 * @param {{wanted: (tokens: T) => boolean, taken: (tokens: T|null, old: T|null) => void}} on whether what another tab
 *   has is of use; and that it has been taken over, or that all is over
 */
export function shareTokens(name, { wanted, taken }) {
  const channel = new BroadcastChannel(name);
  const read = () => sessionStorage.getItem(name);
  let tokens = JSON.parse(read());
  let answered = () => {};

  function put(next) {
    tokens = next;
    if (next) sessionStorage.setItem(name, JSON.stringify(next));
    else sessionStorage.removeItem(name);
  }

  function take(next) {
    const old = tokens;
    put(next);
    taken(next, old);
    answered();
  }

  channel.addEventListener("message", ({ data }) => {
    if (data === "ended") take(null);
    else if (data !== "anyone?" && wanted(data)) take(data);
    else if (data === "anyone?" && tokens) channel.postMessage(tokens);
  });
  // Back shows a page as it was left: from before a sign-in, say.
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted && read() !== (tokens && JSON.stringify(tokens))) take(JSON.parse(read()));
  });

  return {
    /** @returns {T|null} */
    get: () => tokens,
    /** Keep them, in other tabs as well. @param {T} next */
    share(next) {
      put(next);
      channel.postMessage(next);
    },
    /** Keep none in this tab. */
    drop: () => put(null),
    /** Keep none in any tab. */
    end() {
      put(null);
      channel.postMessage("ended");
    },
    /** Ask other tabs, and wait a little: what one of them has, and is wanted, is here then. */
    ask: () =>
      new Promise((resolve) => {
        answered = resolve;
        setTimeout(resolve, PATIENCE);
        channel.postMessage("anyone?");
      }),
  };
}
