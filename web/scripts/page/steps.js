// Steps in the browser's history: an entry for each search, and for each picture that is opened from one.

/** @param {() => void} taken called when somebody went back or forward: the address says where to */
export function createSteps(taken) {
  let closing = false;
  history.scrollRestoration = "manual";
  addEventListener("popstate", () => {
    closing = false;
    taken();
  });

  return {
    /** @param {string} query of the address @param {{replace?: boolean, opened?: boolean}} how `opened`: Back closes it */
    enter(query, { replace = false, opened = false }) {
      const address = query || location.pathname;
      try {
        if (replace || query === location.search) history.replaceState(history.state, "", address);
        else history.pushState({ opened }, "", address);
      } catch {
        // Some browsers take only so many in a while: the address lags behind, and the next step mends it.
      }
    },
    /** Close what the last step opened, once however often it is called. @returns {boolean} whether that was a step */
    close() {
      if (!closing && !history.state?.opened) return false;
      if (!closing) history.back();
      closing = true;
      return true;
    },
  };
}
