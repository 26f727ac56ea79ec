// How fast it is written. Not a live region: a number that changes each second is not read out.

import { number, say } from "./generation-words.js";

export function makeFigures(root) {
  const line = root.querySelector("[data-figures]");
  return {
    hear({ tokens_per_s: perS, first_token_ms: firstMs, model }) {
      const parts = [];
      if (perS) parts.push(say("speed", number(Math.round(perS))));
      if (firstMs != null) parts.push(say("first", number(firstMs / 1000, 1)));
      if (model) parts.push(model);
      if (parts.length) line.textContent = parts.join(" · ");
    },
    /** What the server says of it, which knows no speed while it is written. */
    settle(words) {
      if (words) line.textContent = words;
    },
  };
}
