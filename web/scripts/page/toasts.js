// Short news that goes away by itself.

import { $, el } from "../dom.js";

const SHOWN = 6000; // milliseconds
const READ = 70; // milliseconds a letter, for longer ones
const LINGER = 1000; // ... more while somebody is about to press its button

// Empty, it is there all the same: screen readers tell what comes into a region that they know.
/** @returns {(text: string, options?: {action?: string, on?: () => void}) => void} */
export function startToasts() {
  const toast = $("toast");
  let timer = 0;
  const hide = () => {
    if (toast.matches(":hover, :focus-within")) timer = setTimeout(hide, LINGER);
    else toast.replaceChildren();
  };
  return (text, { action, on } = {}) => {
    const act = () => {
      toast.replaceChildren();
      on();
    };
    toast.replaceChildren(text, ...(action ? [el("button", { type: "button", textContent: action, on: { click: act } })] : []));
    clearTimeout(timer);
    timer = setTimeout(hide, Math.max(SHOWN, text.length * READ));
  };
}
