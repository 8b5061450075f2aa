// What things are called for people. Pure functions.

/** Why a file was rejected, as a sentence: without the code for programs that it begins with. @param {string|null} reason */
export const sentence = (reason) => (reason ?? "").replace(/^[\w-]+: /, "").replace(/[^.]$/, "$&.");

const UPLOADED = /^[\da-f]{16}-/; // what POST /uploads puts before the name of a file

/** The last part of a key, as it was called before it was uploaded. @param {string} key */
export const fileName = (key) => key.split("/").pop().replace(UPLOADED, "");

/** What a picture is called: its caption, else its file's name. @param {{caption?: string, key: string}} picture */
export const nameOf = ({ caption, key }) => caption || fileName(key);

/** When it was taken, as the clock at the place showed it: a camera rarely knows its zone. @param {string} taken */
export const placeTime = (taken) => taken.slice(0, 19);

const UNITS = [[1e6, "MB"], [1e3, "kB"], [1, "bytes"]];

/** @param {number} bytes @returns {string} in units of a thousand, as cameras and shops count: "1.2 MB" */
export function fileSize(bytes) {
  const [size, unit] = UNITS.find(([least]) => bytes >= least) ?? UNITS.at(-1);
  const amount = bytes / size;
  return `${amount.toLocaleString(undefined, { maximumFractionDigits: size > 1 && amount < 10 ? 1 : 0 })} ${unit}`;
}
