// Where the API is, and how one signs in: the page can be put on any host, with another config.json.

import { $ } from "./dom.js";

/**
 * @typedef {object} Config
 * @property {string} api address of the API: a path of this host (`/api`), or all of it (`https://…/api`)
 * @property {string} [sign_in] where people sign in, such as `https://….auth.eu-central-1.amazoncognito.com`; without
 *   it nobody has to
 * @property {string} [client_id] as which client of the user pool
 * @property {string} [region] not needed here: for people, and for programs of theirs
 * @property {string} [user_pool_id] likewise
 */

/** @returns {Promise<Config>} rejects where there is none, and tells so on the page: it can't start */
export async function readConfig() {
  try {
    return await read();
  } catch (error) {
    $("status").textContent = `The page can't start: ${error.message}`;
    throw error;
  }
}

async function read() {
  const response = await fetch("config.json").catch(() => ({ status: "no answer" }));
  const config = response.ok ? await response.json().catch(() => null) : null;
  if (!config) throw new Error(`config.json beside this page can't be read (${response.status}).`);
  const missing = ["api", ...(config.sign_in ? ["client_id"] : [])].filter((name) => typeof config[name] !== "string");
  if (missing.length) throw new Error(`config.json beside this page lacks ${missing.join(" and ")}.`);
  return { ...config, sign_in: config.sign_in?.replace(/\/$/, "") };
}
