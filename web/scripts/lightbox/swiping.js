// Swiping sideways with a finger. Up and down scrolls as ever (touch-action: pan-y).

const FAR = 48; // pixels that count as a swipe

/**
 * @param {HTMLElement} area
 * @param {{move: (pixels: number) => void, swipe: (by: 1|-1) => void}} listeners `move` follows the finger, and ends at 0
 */
export function onSwipe(area, { move, swipe }) {
  let start = null;
  const zoomed = () => (window.visualViewport?.scale ?? 1) > 1.05; // then the finger moves the view
  const across = (event) => event.clientX - start.clientX;
  const end = () => {
    if (start) move(0);
    start = null;
  };
  area.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "touch" || zoomed()) return;
    end(); // of one finger alone
    if (event.isPrimary) start = event;
  });
  area.addEventListener("pointermove", (event) => start?.pointerId === event.pointerId && move(across(event)));
  area.addEventListener("pointerup", (event) => {
    if (start?.pointerId !== event.pointerId) return;
    const far = across(event);
    const down = Math.abs(event.clientY - start.clientY);
    end();
    if (Math.abs(far) >= FAR && Math.abs(far) > down) swipe(far < 0 ? 1 : -1);
  });
  area.addEventListener("pointercancel", end);
}
