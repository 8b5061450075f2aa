// Which files are pictures that can be searched. Pure functions.

// As layers/imagesearch/python/imagesearch/formats.py has them: a test compares the two.
const SUFFIXES = {
  "image/jpeg": "jpg jpeg jfif jpe mpo", "image/png": "png apng", "image/webp": "webp", "image/gif": "gif",
  "image/avif": "avif avifs", "image/heic": "heic heif hif heics heifs", "image/tiff": "tif tiff", "image/bmp": "bmp",
  "image/jp2": "jp2 j2k j2c jpc jpf jpx", "image/vnd.adobe.photoshop": "psd", "image/vnd.microsoft.icon": "ico",
  "image/x-win-cursor": "cur", "image/icns": "icns", "image/x-dib": "dib", "image/x-tga": "tga icb vda vst",
  "image/vnd.ms-dds": "dds", "image/qoi": "qoi", "image/x-portable-anymap": "ppm pgm pbm pnm pfm", "image/x-pcx": "pcx",
  "image/x-dcx": "dcx", "image/sgi": "sgi rgb rgba bw", "image/x-sun-raster": "ras", "image/x-photo-cd": "pcd",
  "image/x-flic": "fli flc", "image/x-xbitmap": "xbm", "image/x-xpixmap": "xpm", "image/fits": "fits fit",
  "image/x-blp": "blp", "image/x-ftex": "ftc ftu", "image/x-gimp-gbr": "gbr", "image/x-ifunc": "im",
  "image/x-im-tools": "imt", "image/x-mcidas": "ara", "image/x-msp": "msp", "image/x-pixar": "pxr",
  "image/x-spider": "spider", "image/x-xv-thumbnail": "p7",
};
const TYPE_OF = new Map(
  Object.entries(SUFFIXES).flatMap(([type, suffixes]) => suffixes.split(" ").map((suffix) => [suffix, type])),
);
const NAMED = 4;

/**
 * The content type that the API knows a picture by. Names first: browsers know few of these formats.
 * @param {{name: string, type: string}} file
 * @returns {string|null} null for what is no picture that can be searched
 */
export function contentType({ name, type }) {
  const suffix = /\.([^.]+)$/.exec(name.toLowerCase());
  return TYPE_OF.get(suffix?.[1]) ?? (type in SUFFIXES ? type : null);
}

/** "a.txt, b.txt and 3 more". @param {string[]} names */
export function listed(names) {
  if (names.length <= NAMED) return names.join(", ");
  return `${names.slice(0, NAMED - 1).join(", ")} and ${names.length - NAMED + 1} more`;
}

/** Whether two files have the same content. @param {File} one @param {File} other */
export async function same(one, other) {
  try {
    return (await digest(one)) === (await digest(other));
  } catch {
    return false; // one of them can't be read any more: sending the other will tell
  }
}

/** Whether a file is still where it was, as it was. @param {File} file */
export const readable = (file) =>
  file.slice(0, 1).arrayBuffer().then(
    () => true,
    () => false,
  );

const digest = async (file) => new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer())).join();
