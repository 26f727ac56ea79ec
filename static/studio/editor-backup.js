// A copy of what was typed in this browser until the site has confirmed it, and the offer to put it back.

import { say, language } from "./editor-words.js";

const PREFIX = "studio:text:";
const KEPT_MS = 30 * 86400 * 1000;

export function makeBackup({ account, article, pageKey }) {
  const own = `${PREFIX}${account}:`;
  let key = article ? `${own}${article}` : `${own}new:${pageKey}`;

  function entries() {
    return Object.keys(localStorage)
      .filter((name) => name.startsWith(own))
      .map((name) => [name, read(name)]);
  }

  return {
    keep(fields, version) {
      try {
        localStorage.setItem(key, JSON.stringify({ fields, version, at: Date.now() }));
      } catch {
        // full or forbidden: the page itself still holds the text
      }
    },
    drop() {
      localStorage.removeItem(key);
    },
    moveTo(id) {
      if (key.endsWith(`:${id}`)) return;
      localStorage.removeItem(key);
      key = `${own}${id}`;
    },
    // Of a new article any page's copy is offered: the page that crashed had another key.
    find() {
      const found = entries();
      for (const [name, kept] of found) {
        if (!kept || Date.now() - kept.at > KEPT_MS) localStorage.removeItem(name);
      }
      const fitting = found.filter(([name, kept]) => kept && (article ? name === key : name.startsWith(`${own}new:`)));
      return fitting.sort((a, b) => b[1].at - a[1].at)[0] ?? null;
    },
    forget(name) {
      localStorage.removeItem(name);
    },
  };
}

function read(name) {
  try {
    return JSON.parse(localStorage.getItem(name));
  } catch {
    return null;
  }
}

export function offerBackup(box, backup, fields, { onTake }) {
  const found = backup.find();
  if (!found) return;
  const [name, kept] = found;
  const current = fields.read();
  if (Object.entries(kept.fields).every(([key, value]) => current[key] === value)) {
    backup.forget(name);
    return;
  }
  const when = new Date(kept.at).toLocaleString(language, { dateStyle: "medium", timeStyle: "short" });
  box.querySelector("[data-restore-words]").textContent = say("restoreOffer", when);
  box.hidden = false;
  box.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    box.hidden = true;
    backup.forget(name);
    if ("restoreTake" in button.dataset) onTake(kept);
  });
}
