// The authorization code grant with PKCE (RFC 6749, RFC 7636, OpenID Connect Core 1.0), as Cognito's managed login
// speaks it. Nothing here keeps anything.

import { fromBase64url, toBase64url } from "../base64url.js";

/**
 * @typedef {{sign_in: string, client_id: string}} Client where people sign in (no slash at the end), and as whose
 * @typedef {{state: string, nonce: string, verifier: string, redirect: string}} Pending what an answer is checked with
 * @typedef {{id: string, refresh: string, fresh: number, end: number}} Tokens by this browser's clock, in milliseconds:
 *   when the id token needs a younger one, and when it ends
 */

/** The sign-in service will not have what it was given, and never will. */
export class Refused extends Error {}

const MARGIN = 60_000; // what is given out lives for another minute at least: milliseconds
const FORM = { "Content-Type": "application/x-www-form-urlencoded" };

const secret = () => toBase64url(crypto.getRandomValues(new Uint8Array(32)));

/**
 * Where to send somebody who wants to sign in.
 * @param {Client} client @param {string} redirect where they come back to
 * @returns {Promise<{address: string, pending: Pending}>}
 */
export async function authorization({ sign_in, client_id }, redirect) {
  const pending = { state: secret(), nonce: secret(), verifier: secret(), redirect };
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(pending.verifier));
  const query = new URLSearchParams({
    response_type: "code",
    client_id,
    redirect_uri: redirect,
    scope: "openid email",
    state: pending.state,
    nonce: pending.nonce,
    code_challenge: toBase64url(digest),
    code_challenge_method: "S256",
  });
  return { address: `${sign_in}/oauth2/authorize?${query}`, pending };
}

/**
 * Tokens for the code that somebody brought back.
 * @param {Client} client @param {string} code @param {Pending} pending
 * @returns {Promise<Tokens>} rejects with Refused, or with an Error that may pass
 */
export async function exchange(client, code, { nonce, verifier, redirect }) {
  const asked = { grant_type: "authorization_code", code, redirect_uri: redirect, code_verifier: verifier };
  const tokens = await request(client, asked);
  if (claims(tokens).nonce !== nonce) throw new Refused("The answer belongs to another sign-in.");
  return tokens;
}

/** Younger tokens. Where refresh tokens rotate there is a new one, and else the old one goes on. */
export const refresh = (client, { refresh: token }) =>
  request(client, { grant_type: "refresh_token", refresh_token: token }, token);

/** Make a refresh token, and all that come from it, worthless. No answer is waited for, nor can one be read. */
export function revoke({ sign_in, client_id }, { refresh: token }) {
  const body = new URLSearchParams({ client_id, token });
  fetch(`${sign_in}/oauth2/revoke`, { method: "POST", mode: "no-cors", keepalive: true, headers: FORM, body }).catch(() => {});
}

/** Where the sign-in service forgets somebody, and sends them back. */
export const farewell = ({ sign_in, client_id }, back) =>
  `${sign_in}/logout?${new URLSearchParams({ client_id, logout_uri: back })}`;

/**
 * What the id token says. It came from the sign-in service itself over TLS, which stands for its signature (OpenID
 * Connect Core, 3.1.3.7); the API checks that anyway.
 * @param {Tokens} tokens
 */
export function claims({ id }) {
  return JSON.parse(new TextDecoder().decode(fromBase64url(id.split(".")[1])));
}

async function request({ sign_in, client_id }, parameters, old = "") {
  const body = new URLSearchParams({ client_id, ...parameters });
  const response = await fetch(`${sign_in}/oauth2/token`, { method: "POST", credentials: "omit", headers: FORM, body });
  const answer = await response.json().catch(() => ({}));
  // 400 with `invalid_grant` and its like is for good; 429 and 5xx pass.
  if ([400, 401, 403].includes(response.status)) throw new Refused(answer.error ?? `${response.status}`);
  if (!response.ok || !answer.id_token) throw new Error(`The sign-in service answered ${response.status}.`);
  const { aud, iat, exp } = claims({ id: answer.id_token });
  if (aud !== client_id) throw new Refused("The answer is for another page.");
  // How long, not until when: this browser's clock may be wrong.
  const end = Date.now() + (exp - iat) * 1000;
  return { id: answer.id_token, refresh: answer.refresh_token ?? old, fresh: end - MARGIN, end };
}
