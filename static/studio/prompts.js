// Shows how a prompt reads while it is written: the server renders, so preview and prompt can't differ.

import { postForm } from "./editor-request.js";

const PAUSE_MS = 300;
const form = document.querySelector("[data-prompt]");
const preview = document.querySelector("[data-preview]");
let timer = 0;
let asked = 0;

async function show() {
  const number = ++asked;
  try {
    const answer = await postForm(form.dataset.prompt, new FormData(form));
    if (!answer.ok) throw new Error(answer.statusText);
    const { html } = await answer.json();
    if (number === asked) preview.innerHTML = html; // made by this site's template, which escapes
  } catch {
    // the preview stays as it was; the next change asks again
  }
}

form.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(show, PAUSE_MS);
});
