// What has arrived in the bucket is looked for until searches find it: all of it at once, and less and less often.

const SHORTEST = 300; // milliseconds between two looks
const LONGEST = 8000;
const GROWTH = 1.5;
const MOST = 100; // hits in one answer
const SPARE = 10; // ... for what others add meanwhile
const OVERDUE = 10 * 60 * 1000; // milliseconds, after which somebody is told that it has not come
const ASKED = 3; // by themselves in one look: what can't be indexed is never found

/**
 * @param {object} api api.js
 * @param {object} patience uploads/patience.js
 * @param {(upload: object, image: object|null, problem: Error|null) => void} settled with what the API says of it; nothing
 *   where it has not come in all the time
 */
export function createArrivals(api, patience, settled) {
  let waiting = [];
  const until = new WeakMap(); // when each is overdue
  let pause = SHORTEST;
  let timer = null;
  let looking = false;

  async function look() {
    looking = true;
    await patience.ready();
    const before = waiting.length;
    try {
      const limit = Math.min(MOST, before + SPARE);
      const { hits } = await api.search({ limit, sort: "newest" });
      patience.worked();
      const found = new Map(hits.map((hit) => [hit.id, hit]));
      for (const upload of waiting.filter(({ form }) => found.has(form.id))) settle(upload, found.get(upload.form.id));
      // In turn: what never comes must not be in the way of the others.
      const asked = waiting.splice(0, ASKED);
      waiting.push(...asked);
      await Promise.all(asked.map((upload) => ask(upload, hits.length === limit)));
      for (const upload of waiting.filter((one) => performance.now() > until.get(one))) settle(upload, null);
    } catch (problem) {
      if (problem.passing || problem.status >= 500) patience.failed(problem);
      else for (const upload of waiting) settle(upload, null, problem);
    }
    pause = waiting.length < before ? SHORTEST : Math.min(LONGEST, pause * GROWTH);
    looking = false;
    timer = waiting.length ? setTimeout(look, pause) : null;
  }

  // Newer ones may have pushed it out of what was found.
  async function ask(upload, pushed) {
    try {
      const { image } = await api.image(upload.form.id);
      if (image.state === "rejected" || (image.state === "indexed" && pushed)) settle(upload, image);
    } catch (problem) {
      if (problem.passing) patience.failed(problem);
      else settle(upload, null, problem);
    }
  }

  function settle(upload, image, problem = null) {
    waiting = waiting.filter((one) => one !== upload);
    settled(upload, image, problem);
  }

  return {
    watch(upload) {
      waiting.push(upload);
      until.set(upload, performance.now() + OVERDUE);
      const soon = timer && pause === SHORTEST;
      pause = SHORTEST;
      if (looking || soon) return;
      clearTimeout(timer);
      timer = setTimeout(look, pause);
    },
  };
}
