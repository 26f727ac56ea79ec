// Whether a model can write the article's language now; asked when the panel is opened and when the language changes.

import { getJson } from "./editor-request.js";

export function makeStanding(panel, language) {
  const box = panel.querySelector("[data-ai-hindrance]");
  const watchers = [];
  let asked = 0;

  function show(html) {
    box.innerHTML = html; // made by the site's own template
    box.hidden = !html;
    watchers.forEach((watcher) => watcher());
  }

  async function ask() {
    if (!panel.open) return;
    asked += 1;
    const mine = asked;
    try {
      const answer = await getJson(`${panel.dataset.standing}?language=${encodeURIComponent(language.value)}`);
      if (answer.ok && mine === asked) show((await answer.json()).hindrance);
    } catch {
      // what is asked for is refused with the same words, if it has to be
    }
  }

  panel.addEventListener("toggle", ask);
  language.addEventListener("change", ask);
  return {
    show,
    watch: (watcher) => {
      watchers.push(watcher);
      panel.addEventListener("toggle", watcher);
    },
    get isHindered() {
      return !box.hidden;
    },
  };
}
