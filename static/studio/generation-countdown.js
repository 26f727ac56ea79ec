// How long until a model is asked again, counted down.

import { number, say } from "./generation-words.js";

const TICK_MS = 500;

function tick() {
  for (const part of document.querySelectorAll("[data-until]")) {
    const leftS = Math.ceil((Date.parse(part.dataset.until) - Date.now()) / 1000);
    part.querySelector("[data-until-words]").textContent = leftS > 0 ? say("again", number(leftS)) : say("asking");
  }
}

export function startCountdowns() {
  tick();
  setInterval(tick, TICK_MS);
}
