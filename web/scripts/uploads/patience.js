// While the network or the server is away, everything waits, and goes on together.

const LONGEST = 30; // seconds between two attempts

/**
 * @param {(problem: import("../api.js").Problem|null, seconds: number) => void} told that it waits, and that it does not any more
 */
export function createPatience(told) {
  let failures = 0; // in a row
  let timer = null;
  let until = 0;
  const waiting = [];

  function goOn() {
    clearTimeout(timer);
    timer = null;
    told(null, 0);
    for (const resolve of waiting.splice(0)) resolve();
  }

  addEventListener("online", () => timer && goOn());

  return {
    /** Resolves at once, or when it is time for another attempt. */
    ready: () => (timer ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve()),
    worked() {
      failures = 0;
    },
    /** Wait as long as told, or longer with each failure. @param {import("../api.js").Problem} problem */
    failed(problem) {
      if (!timer) failures += 1; // those under way together fail together
      const seconds = problem.retryAfter || Math.min(LONGEST, 2 ** (failures - 1));
      if (timer && Date.now() + seconds * 1000 <= until) return;
      until = Date.now() + seconds * 1000;
      clearTimeout(timer);
      timer = setTimeout(goOn, seconds * 1000);
      told(problem, seconds);
    },
  };
}
