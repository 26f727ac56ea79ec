// Words and reading time of the text.

import { number, say } from "./editor-words.js";

const WORDS_PER_MINUTE = 220;

export function makeCounts(element, body) {
  const words = element.querySelector("[data-words-count]");
  const minutes = element.querySelector("[data-reading-time]");
  return function count() {
    const found = body.value.match(/\S+/g)?.length ?? 0;
    words.textContent = found === 1 ? say("oneWord") : say("words", number(found));
    minutes.textContent = found ? say("minutes", Math.max(1, Math.round(found / WORDS_PER_MINUTE))) : "";
  };
}
