// The preview: the site's own rendering of the text, a moment after the last key, only while it is shown.

import { postForm } from "./editor-request.js";

const PAUSE_MS = 400;

export function makePreview(section, url, fields) {
  const title = section.querySelector("[data-preview-title]");
  const body = section.querySelector("[data-preview-body]");
  const failed = section.querySelector("[data-preview-failed]");
  let timer = null;
  let running = null;
  let shown = null;

  async function refresh() {
    const text = fields.field("body").value;
    title.textContent = fields.field("title").value;
    for (const part of [title, body]) part.lang = fields.field("language").value;
    if (section.hidden || text === shown) return;
    running?.abort();
    running = new AbortController();
    body.setAttribute("aria-busy", "true");
    try {
      const answer = await postForm(url, { body: text }, { signal: running.signal });
      if (!answer.ok) throw new Error(answer.statusText);
      body.innerHTML = await answer.text(); // sanitised by the site, as for readers
      shown = text;
      failed.hidden = true;
      body.removeAttribute("aria-busy");
    } catch (error) {
      if (error.name === "AbortError") return;
      body.removeAttribute("aria-busy");
      failed.hidden = false;
    }
  }

  addEventListener("online", refresh);

  return {
    changed() {
      title.textContent = fields.field("title").value;
      clearTimeout(timer);
      timer = setTimeout(refresh, PAUSE_MS);
    },
    refresh,
  };
}
