// Words and reading time of the text, counted as articles/content.py counts them.

import { number, say } from "./editor-words.js";

const WORDS_PER_MINUTE = 220;
const PICTURE = /!\[[^[\]]*\]\([^()\s]*\)/g;
const LETTER_OR_FIGURE = /[\p{L}\p{N}]/u;

export function makeCounts(element, body) {
  const words = element.querySelector("[data-words-count]");
  const minutes = element.querySelector("[data-reading-time]");
  return function count() {
    const parts = body.value.replace(PICTURE, " ").match(/\S+/g) ?? [];
    const found = parts.filter((part) => LETTER_OR_FIGURE.test(part)).length;
    words.textContent = found === 1 ? say("oneWord") : say("words", number(found));
    minutes.textContent = found ? say("minutes", Math.max(1, Math.round(found / WORDS_PER_MINUTE))) : "";
  };
}
