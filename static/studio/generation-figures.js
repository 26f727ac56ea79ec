// How fast it is written. Not a live region: a number that changes each second is not read out.

import { number, say } from "./generation-words.js";

export function makeFigures(root) {
  const speed = root.querySelector("[data-speed]");
  const rest = root.querySelector("[data-figures]");
  return {
    hear({ tokens_per_s: perS }) {
      speed.textContent = perS ? `${say("speed", number(Math.round(perS)))} · ` : "";
    },
    /** What the server says of it, beside the speed. */
    settle(words, isOpen) {
      rest.textContent = words;
      if (!isOpen) speed.textContent = "";
    },
  };
}
