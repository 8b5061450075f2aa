// Bytes as text that may stand in addresses (RFC 4648, section 5), without padding.

/** @param {ArrayBuffer|Uint8Array} bytes @returns {string} */
export const toBase64url = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/[+/=]/g, (sign) => ({ "+": "-", "/": "_" })[sign] ?? "");

/** @param {string} text @returns {Uint8Array<ArrayBuffer>} throws where it is none */
export const fromBase64url = (text) =>
  Uint8Array.from(atob(text.replace(/[-_]/g, (sign) => (sign === "-" ? "+" : "/"))), (letter) => letter.charCodeAt(0));
