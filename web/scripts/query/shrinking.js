// Files of pictures: what they are by their first bytes, how large they are, and drawing them smaller.

/** First bytes in hexadecimal, as far as they are always the same. */
const SIGNATURES = [
  [/^ffd8ff/, "image/jpeg"],
  [/^89504e470d0a1a0a/, "image/png"],
  [/^52494646.{8}57454250/, "image/webp"], // RIFF, WEBP
  [/^.{8}66747970617669[fs]?/, "image/avif"], // ftyp, avi
  [/^.{8}66747970(6865|6d696631|6d736631)/, "image/heic"], // ftyp; he.., mif1, msf1
  [/^(49492[ab]00|4d4d002[ab])/, "image/tiff"],
];

/** @param {Blob} file @returns {Promise<string>} its type, whatever its name says; "" if it is none of these */
export async function formatOf(file) {
  const bytes = new Uint8Array(await file.slice(0, 16).arrayBuffer());
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return SIGNATURES.find(([pattern]) => pattern.test(hex))?.[1] ?? "";
}

/**
 * How large a picture is, upright. It is not decoded for that.
 * @param {Blob} file
 * @returns {Promise<{width: number, height: number}|null>} null if this browser can't show it
 */
export async function sizeOf(file) {
  const image = new Image();
  image.src = URL.createObjectURL(file);
  const loaded = await new Promise((resolve) => {
    image.addEventListener("load", () => resolve(image.naturalWidth > 0));
    image.addEventListener("error", () => resolve(false));
  });
  URL.revokeObjectURL(image.src);
  return loaded ? { width: image.naturalWidth, height: image.naturalHeight } : null;
}

/**
 * Draw a picture upright, and white where it is transparent, as it is when it is indexed.
 * @param {Blob} file
 * @param {{width: number, height: number}} size of the file's picture
 * @param {number} side that neither width nor height may be over, in pixels
 * @returns {Promise<{canvas: OffscreenCanvas, scale: number}>} `scale` is 1 at most; rejects if it can't be decoded
 */
export async function drawn(file, size, side) {
  const scale = Math.min(1, side / Math.max(size.width, size.height));
  const [width, height] = [size.width, size.height].map((length) => Math.max(1, Math.round(length * scale)));
  // Decoded beside the page, which goes on meanwhile, and never larger than it has to be.
  const bitmap = await createImageBitmap(file, { resizeWidth: width, resizeHeight: height, resizeQuality: "high" });
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  return { canvas, scale };
}
