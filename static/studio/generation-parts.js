// What the server says about a job in words: the same parts of the page that the first paint had, asked for again.

import { getJson } from "./editor-request.js";

const PAUSE_MS = 120;
const AFTER_ERROR_MS = 3000;

const TOKEN = /name="csrfmiddlewaretoken" value="[^"]*"/g; // another one in every answer
const shown = new WeakMap();

function put(part, html) {
  const bare = html.replace(TOKEN, "");
  if (shown.get(part) === bare) return; // a button that is being pressed stays the same button
  const held = part.contains(document.activeElement);
  shown.set(part, bare);
  part.innerHTML = html; // rendered by the site
  if (held) part.querySelector("button, a, input")?.focus();
}

export function makeParts(root, { text, figures }) {
  const said = root.querySelector("[data-said]");
  const bar = root.querySelector("[data-bar]");
  let timer = null;
  let running = Promise.resolve();
  let wantsWhole = false;

  function show(told) {
    if (said.textContent !== told.said) said.textContent = told.said;
    figures.settle(told.figures, told.is_open);
    for (const [name, html] of Object.entries(told.parts)) {
      const part = root.querySelector(`[data-part="${name}"]`);
      if (part) put(part, html);
    }
    if (told.sections) text.snapshot(told.sections);
    text.blank(told.blank);
    bar.className = `gen-bar ${told.status}`;
    root.dataset.status = told.status;
    if (!told.is_open) root.dispatchEvent(new CustomEvent("generation-over"));
  }

  async function ask() {
    const whole = wantsWhole;
    wantsWhole = false;
    const url = new URL(root.dataset.url, location.href);
    if (!whole) url.searchParams.set("text", "no");
    if (root.dataset.beside) url.searchParams.set("beside", root.dataset.beside);
    try {
      const answer = await getJson(url);
      if (!answer.ok) throw new Error(answer.statusText);
      show(await answer.json());
    } catch {
      wantsWhole ||= whole;
      schedule(AFTER_ERROR_MS); // what is shown stays; the next answer mends it
    }
  }

  function schedule(delayMs) {
    clearTimeout(timer);
    timer = setTimeout(() => { running = running.then(ask); }, delayMs); // in order: no older answer over a newer one
  }

  return {
    /** Ask again, soon: several events within a moment are one question. */
    async refresh({ whole = false } = {}) {
      wantsWhole ||= whole;
      schedule(PAUSE_MS);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS + 1));
      await running;
    },
  };
}
