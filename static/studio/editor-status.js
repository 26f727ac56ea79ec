// The state of what was written, in words. Only what changed is said again, so that a screen reader is left in peace.

import { clock, say } from "./editor-words.js";

const ACTIONS = { stale: "compare", logIn: "logIn", failed: "retry", offline: "retry", tooLarge: null };
const CALM = ["saved", "saving", "dirty"];
const SLOW_MS = 600;

export function makeStatus(bar) {
  const line = bar.querySelector("[data-save-state]");
  const actions = {
    compare: bar.querySelector("[data-compare]"),
    logIn: bar.querySelector("[data-log-in]"),
    retry: bar.querySelector("[data-retry]"),
  };
  let slowTimer = null;

  function write(kind, text) {
    if (line.textContent !== text) line.textContent = text;
    line.dataset.state = kind;
    line.dataset.kind = CALM.includes(kind) ? "calm" : "trouble";
    for (const [name, element] of Object.entries(actions)) element.hidden = ACTIONS[kind] !== name;
  }

  return {
    show(kind, moment = null) {
      clearTimeout(slowTimer);
      const text = say(kind, moment ? clock(moment) : "");
      if (kind === "saving") slowTimer = setTimeout(write, SLOW_MS, kind, text);
      else write(kind, text);
    },
    compareAt(url) {
      actions.compare.formAction = url;
    },
    get state() {
      return line.dataset.state;
    },
  };
}
