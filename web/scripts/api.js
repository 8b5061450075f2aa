// The API's routes (docs/api.md). Whatever goes wrong is a Problem, whose message a person can read.

const UNAVAILABLE = new Set([429, 502, 503, 504]);

/** What went wrong: an answer of the API (RFC 9457), or that there was none. */
export class Problem extends Error {
  /** @param {string} message @param {{status?: number, code?: string, retryAfter?: number, current?: string}} about */
  constructor(message, { status = 0, code = "", retryAfter = 0, current = null } = {}) {
    super(message);
    Object.assign(this, { name: "Problem", status, code, retryAfter, current });
  }

  /** Nobody answered: no network, or no server. */
  get offline() {
    return this.status === 0;
  }

  /** The same request may succeed in a while. */
  get passing() {
    return this.offline || UNAVAILABLE.has(this.status);
  }
}

/**
 * @param {string} base of the API, such as `/api`
 * @param {import("./session/sign_in.js").Session} session
 */
export function connect(base, session) {
  const root = base.replace(/\/$/, "");

  const ask = (path, { headers, ...options }, token) =>
    fetch(root + path, { ...options, headers: token ? { ...headers, Authorization: `Bearer ${token}` } : headers });

  async function send(path, options = {}) {
    let response;
    try {
      const token = await session.token();
      response = await ask(path, options, token);
      // A clock that is wrong, or a token withdrawn: once more with a younger one, if there is one.
      const younger = response.status === 401 ? await session.token(token) : null;
      if (younger) response = await ask(path, options, younger);
    } catch (error) {
      if (error.name === "AbortError") throw error;
      const unheard = navigator.onLine ? "The server does not answer." : "You are offline.";
      throw new Problem(error instanceof TypeError ? unheard : error.message);
    }
    const answer = await response.json().catch((error) => {
      if (error.name === "AbortError") throw error;
      // A half answer, or the page of a network that wants one to sign in there first.
      if (response.ok) throw new Problem("The server's answer was cut short.");
      return {};
    });
    if (response.ok) return { answer, etag: response.headers.get("ETag") };
    throw new Problem(answer.detail || answer.title || `The server answered ${response.status}.`, {
      status: response.status,
      code: answer.code,
      retryAfter: Number(response.headers.get("Retry-After")) || 0,
      current: answer.current,
    });
  }

  const image = (id) => `/images/${encodeURIComponent(id)}`;
  const json = (method, body, headers = {}) => ({
    method,
    body: JSON.stringify(body),
    headers: { "Content-Type": "application/json", ...headers },
  });

  return {
    /** @param {object} body of `POST /search` @param {AbortSignal} [signal] */
    search: async (body, signal) => (await send("/search", { ...json("POST", body), signal })).answer,
    /** How the words may go on. @returns {Promise<{text: string, kind: "tag"|"words", count: number}[]>} */
    suggest: async (text, signal) =>
      (await send(`/suggest?${new URLSearchParams({ q: text })}`, { signal })).answer.suggestions,
    /** @returns {Promise<{image: object, etag: string}>} */
    image: async (id, signal) => {
      const { answer, etag } = await send(image(id), { signal });
      return { image: answer, etag };
    },
    /** Store words, if nobody else has since `etag` was read. @returns {Promise<string>} their new etag */
    edit: async (id, words, etag) => (await send(image(id), json("PATCH", words, { "If-Match": etag }))).answer.etag,
    remove: async (id) => (await send(image(id), { method: "DELETE" })).answer,
    /** @returns {Promise<{id: string, key: string, url: string, fields: Object<string, string>, max_bytes: number}>} */
    prepareUpload: async (request) => (await send("/uploads", json("POST", request))).answer,
  };
}
