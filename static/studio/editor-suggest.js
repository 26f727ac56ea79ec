// Suggestions of a model for a field: shown below it, taken by a click, and given back by another.

import { replaceAll } from "./editor-insert.js";
import { runJob } from "./editor-job.js";
import { say } from "./editor-words.js";

const FIELDS = { title: "title", excerpt: "excerpt", description: "seo_description", tags: "tags" };

export function startSuggestions(url, { editor, fields, accepted, standing, openPanel }) {
  for (const box of document.querySelectorAll("[data-suggest]")) {
    const name = box.dataset.suggest;
    start(box, name, fields.field(FIELDS[name]));
  }

  function start(box, name, field) {
    const button = document.querySelector(`[data-suggest-for="${name}"]`);
    const said = box.querySelector("[data-suggest-said]");
    const list = box.querySelector("ul");
    const [stopper, closer] = ["stop", "close"].map((part) => box.querySelector(`[data-suggest-${part}]`));
    const before = { value: "" };
    let job = null;

    function show(words, choices = []) {
      box.hidden = false;
      said.textContent = words;
      list.replaceChildren(...choices);
      stopper.hidden = !job;
      closer.hidden = Boolean(job);
      button.disabled = Boolean(job);
    }

    function ask() {
      if (job) return;
      before.value = field.value;
      const { title, body, language } = fields.read();
      const wish = { field: name, title, body, language, article: Number(editor.dataset.id) || undefined };
      job = runJob(url, wish, { onProgress: ({ said: words }) => words && show(words), onEnd: end, onRefused: refused });
      show(say("aiAsking"));
      stopper.focus({ preventScroll: true });
    }

    function end(told) {
      job = null;
      const found = told.suggestions?.[name] ?? [];
      const words = found.length ? say(name === "tags" ? "aiChooseTags" : "aiChoose") : told.error || say("aiNothing");
      show(words, found.map((text) => choiceOf(told.id, text)));
      mark();
      list.querySelector("button")?.focus({ preventScroll: true });
    }

    function refused(told) {
      job = null;
      show(Object.values(told.errors ?? {})[0]?.[0] ?? say("aiFailed"));
      if (!told.hindrance) return;
      box.hidden = true;
      standing.show(told.hindrance);
      openPanel();
    }

    function choiceOf(id, text) {
      const choice = Object.assign(document.createElement("button"), { type: "button", textContent: text });
      choice.className = "choice-of";
      choice.setAttribute("aria-pressed", "false");
      choice.addEventListener("click", () => {
        const isTaken = choice.getAttribute("aria-pressed") === "true";
        replaceAll(field, name === "tags" ? withTag(field.value, text, !isTaken) : isTaken ? before.value : text);
        if (!isTaken) accepted.add(id, field, [text]);
        choice.focus({ preventScroll: true }); // the field had it for a moment, so that its own undo knows
      });
      const item = document.createElement("li");
      item.append(choice);
      return item;
    }

    // Pressed is what the field says, however it came to say so: by a click, by undo, by hand.
    function mark() {
      const values = name === "tags" ? tagsOf(field.value) : [field.value.trim()];
      for (const choice of list.querySelectorAll("button")) {
        choice.setAttribute("aria-pressed", String(values.includes(choice.textContent)));
      }
    }

    button.addEventListener("click", ask);
    stopper.addEventListener("click", () => {
      job?.stop();
      job = null;
      show(say("aiStopped"));
      button.focus({ preventScroll: true });
    });
    closer.addEventListener("click", () => {
      box.hidden = true;
      button.focus({ preventScroll: true });
    });
    box.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      (job ? stopper : closer).click();
    });
    field.addEventListener("input", mark);
    button.hidden = false;
  }
}

const tagsOf = (value) => value.split(",").map((tag) => tag.trim()).filter(Boolean);

function withTag(value, tag, isWanted) {
  const others = tagsOf(value).filter((other) => other !== tag);
  return (isWanted ? [...others, tag] : others).join(", ");
}
