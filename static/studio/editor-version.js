// One proposal, shown as what it changes: each change can be left out by itself. It is words only, never markup.

import { say } from "./editor-words.js";

function marked(tag, text) {
  return Object.assign(document.createElement(tag), { textContent: text });
}

function changeOf([was, now], onToggle) {
  const element = document.createElement("span");
  element.className = "change";
  element.tabIndex = 0;
  element.setAttribute("role", "button");
  element.setAttribute("aria-pressed", "true");
  const kind = !now ? "aiRemoves" : was ? "aiReplaces" : "aiAdds";
  element.setAttribute("aria-description", say(kind, was.trim(), now.trim()));
  if (was) element.append(marked("del", was));
  if (was && now) element.append(" "); // so that neither eye nor ear runs them together
  if (now) element.append(marked("ins", now));

  function toggle() {
    element.setAttribute("aria-pressed", String(element.getAttribute("aria-pressed") !== "true"));
    onToggle();
  }

  element.addEventListener("click", toggle);
  element.addEventListener("keydown", (event) => {
    if ((event.key !== "Enter" && event.key !== " ") || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    toggle();
  });
  return element;
}

export function makeVersion(job, { onToggle }) {
  const text = Object.assign(document.createElement("div"), { className: "version-text" });
  let changes = [];
  let parts = [];

  const isTaken = (at) => parts[at].getAttribute("aria-pressed") === "true";
  const isChange = ([was, now]) => was !== now;

  function show(next) {
    changes = next;
    parts = changes.map((change) => (isChange(change) ? changeOf(change, onToggle) : marked("span", change[0])));
    text.replaceChildren(...parts);
  }

  show(job.changes);
  return {
    job,
    show,
    element: text,
    get total() {
      return changes.filter(isChange).length;
    },
    get taken() {
      return changes.filter((change, at) => isChange(change) && isTaken(at)).length;
    },
    // What stands in the text when this is accepted, and which of it are the model's words.
    get text() {
      return changes.map((change, at) => change[isChange(change) && !isTaken(at) ? 0 : 1]).join("");
    },
    get words() {
      return changes.filter((change, at) => isChange(change) && isTaken(at)).map(([, now]) => now).filter(Boolean);
    },
    get label() {
      if (this.taken === this.total) return this.total === 1 ? say("aiAcceptOne") : say("aiAcceptAll", this.total);
      return say("aiAcceptSome", this.taken, this.total);
    },
  };
}
