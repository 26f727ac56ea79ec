// Advice on the text, fetched when its panel is opened and when it is asked for again.

import { postForm } from "./editor-request.js";
import { say } from "./editor-words.js";

export function startHints(panel, editor, fields) {
  const list = panel.querySelector("[data-hints-list]");
  const url = panel.dataset.hints;
  if (!url) return;

  async function fetchHints() {
    list.setAttribute("aria-busy", "true");
    try {
      const answer = await postForm(url, { ...fields.read(), article: editor.dataset.id ?? "" });
      if (!answer.ok) throw new Error(answer.statusText);
      list.innerHTML = await answer.text(); // made by the site's own template
    } catch {
      list.textContent = say("hintsFailed");
    }
    list.removeAttribute("aria-busy");
  }

  panel.hidden = false;
  panel.addEventListener("toggle", () => panel.open && fetchHints());
  panel.querySelector("[data-hints-again]").addEventListener("click", fetchHints);
}
