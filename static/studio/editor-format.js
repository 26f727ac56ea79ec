// The formatting toolbar and its shortcuts. One button is in the tab order; arrow keys go to the others.

import { commands, continueList } from "./editor-commands.js";

const KEYS = { b: "bold", i: "italic", k: "link", e: "code" };
const SHIFTED = { Digit8: "list", Digit9: "quote" };

function commandOf(event) {
  if (!(event.ctrlKey || event.metaKey)) return null;
  if (event.altKey) return event.code === "Digit2" ? "heading" : null;
  return event.shiftKey ? SHIFTED[event.code] : KEYS[event.key.toLowerCase()];
}

export function startFormat(bar, field, actions) {
  const buttons = [...bar.querySelectorAll("button")];

  function run(name) {
    (actions[name] ?? commands[name])(field);
  }

  function choose(index) {
    buttons.forEach((button, at) => (button.tabIndex = at === index ? 0 : -1));
  }

  choose(0);
  bar.hidden = false;
  bar.addEventListener("mousedown", (event) => event.target.closest("button") && event.preventDefault());
  bar.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) run(button.dataset.command);
  });
  bar.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = (buttons.indexOf(document.activeElement) + step + buttons.length) % buttons.length;
    choose(next);
    buttons[next].focus();
    event.preventDefault();
  });
  field.addEventListener("keydown", (event) => {
    const name = commandOf(event);
    if (name) {
      event.preventDefault();
      run(name);
    } else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && !event.shiftKey) continueList(field, event);
  });
}
