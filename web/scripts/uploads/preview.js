// Small previews of files, of those alone that are looked at, and one at a time: photographs take much memory to decode.

const SIDE = 88; // pixels, twice what is shown: screens are dense

/**
 * @param {HTMLElement} list its rows are looked at when they are scrolled into view
 * @returns {{of(row: HTMLElement, file: File, show: (canvas: HTMLCanvasElement) => void): void}}
 */
export function createPreviews(list) {
  const asked = new WeakMap(); // rows may go before they are seen, with their files
  let last = Promise.resolve();
  const seen = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        if (!isIntersecting) continue;
        seen.unobserve(target);
        const { file, show } = asked.get(target);
        asked.delete(target);
        // What this browser can't decode keeps its symbol.
        last = last.then(() => drawn(file)).then(show, () => {});
      }
    },
    { root: list },
  );
  return {
    of(row, file, show) {
      asked.set(row, { file, show });
      seen.observe(row);
    },
  };
}

async function drawn(file) {
  const bitmap = await createImageBitmap(file, { resizeWidth: SIDE, resizeQuality: "medium" });
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIDE;
  const { width, height } = bitmap;
  const scale = SIDE / Math.min(width, height);
  const drawing = canvas.getContext("2d");
  drawing.drawImage(bitmap, (SIDE - width * scale) / 2, (SIDE - height * scale) / 2, width * scale, height * scale);
  bitmap.close();
  return canvas;
}
