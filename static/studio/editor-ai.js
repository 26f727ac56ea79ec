// A model's work on a passage, from the wish to what is accepted. Nothing but accepting changes the text.

import { replaceRange } from "./editor-insert.js";
import { runJob } from "./editor-job.js";
import { follow, passageOf } from "./editor-passage.js";
import { makeProposal } from "./editor-proposal.js";
import { number, say } from "./editor-words.js";

export function startAi(panel, dock, done, { editor, fields, accepted, standing, views }) {
  const body = fields.field("body");
  const mostChars = Number(panel.dataset.most);
  const shown = panel.querySelector("[data-ai-passage]");
  let wish = null;
  let passage = null;
  let job = null;
  let last = null;

  const proposal = makeProposal(dock, {
    onStop: stop,
    onAccept: accept,
    onReject: close,
    onAgain: () => ask(),
    onBeside: () => ask({ isBeside: true }),
  });

  function look() {
    if (!panel.open) return;
    const { text, isChosen } = passageOf(body);
    const words = text.match(/\S+/g)?.length ?? 0;
    const isLong = text.length > mostChars;
    const kind = isLong ? "aiTooLong" : !words ? "aiNoPassage" : isChosen ? "aiSelection" : "aiParagraph";
    shown.textContent = say(kind, isLong ? number(mostChars) : number(words));
    shown.toggleAttribute("data-over", isLong);
    for (const button of panel.querySelectorAll("[data-operation]")) {
      button.disabled = isLong || !words || standing.isHindered || Boolean(job);
    }
  }

  function begin(operation) {
    if (job) return; // a second click on what runs already
    const { start, end, text, before, after } = passageOf(body);
    const instruction = operation === "own" ? panel.querySelector("[data-ai-instruction]").value.trim() : "";
    if (!text || text.length > mostChars || (operation === "own" && !instruction)) return;
    passage?.end();
    passage = follow(body, { start, end, text });
    const tone = operation === "tone" ? panel.querySelector("[data-ai-tone]").value : "";
    wish = { operation, text, before, after, tone, instruction };
    if (views.shown === "preview") views.show("write");
    ask();
  }

  function ask({ isBeside = false } = {}) {
    if (job) return;
    done.hidden = true;
    const former = proposal.versions.at(-1)?.job.id;
    proposal.begin({ isBeside });
    proposal.tell(say("aiAsking"));
    const where = { article: Number(editor.dataset.id) || undefined, language: fields.field("language").value };
    job = runJob(panel.dataset.edit, { ...wish, ...where, alternative_to: former }, {
      onProgress: progress,
      onEnd: end,
      onRefused: refused,
    });
    look();
  }

  function progress({ text, speed, said }) {
    const words = text.match(/\S+/g)?.length ?? 0;
    proposal.grow(text);
    if (words) proposal.tell(say(speed ? "aiWritingFast" : "aiWriting", number(words), Math.round(speed)));
    else if (said) proposal.tell(said);
  }

  function end(told) {
    job = null;
    if (told.changes) {
      proposal.add(told);
      const { total } = proposal.versions.at(-1);
      proposal.tell(total ? say("aiProposed") : say("aiSame"));
    } else {
      proposal.rest();
      proposal.tell(told.error || told.said);
    }
    look();
  }

  function refused(told) {
    job = null;
    if (told.hindrance) standing.show(told.hindrance);
    if (told.hindrance && !proposal.versions.length) close();
    else proposal.rest();
    proposal.tell(told.hindrance ? "" : (Object.values(told.errors ?? {})[0]?.[0] ?? say("aiFailed")));
    look();
  }

  function stop() {
    job?.stop();
    job = null;
    if (proposal.versions.length) proposal.rest();
    else close();
    proposal.tell(say("aiStopped"));
    look();
  }

  async function accept(version) {
    if (passage.isChanged()) {
      proposal.showStale();
      return;
    }
    const isHuman = fields.field("origin").value === "human";
    const [{ start, end: to }, was, now, words] = [passage.place, passage.text, version.text, version.words];
    close();
    replaceRange(body, start, to, now);
    body.setSelectionRange(start, start + now.length);
    accepted.add(version.job.id, body, words);
    last = { start, was, now };
    done.hidden = false;
    done.querySelector("[data-ai-done-words]").textContent = say(isHuman ? "aiLabelled" : "aiAccepted");
  }

  function close() {
    const isFocused = dock.contains(document.activeElement);
    proposal.close();
    passage?.end();
    passage = null;
    if (isFocused) body.focus({ preventScroll: true });
    look();
  }

  dock.querySelector("[data-proposal-compare]").addEventListener("click", async () => {
    const text = passage.text;
    try {
      await proposal.compareAgain(text);
      if (passage.text === text) passage.settle();
      proposal.tell(say("aiProposed"));
    } catch {
      proposal.tell(say("aiFailed"));
    }
  });

  // Also for who has no Ctrl key: the same as the field's own undo, as long as nothing else was typed there.
  done.querySelector("button").addEventListener("click", () => {
    done.hidden = true;
    const { start, was, now } = last;
    if (body.value.slice(start, start + now.length) === now) replaceRange(body, start, start + now.length, was);
  });

  panel.addEventListener("click", (event) => {
    const button = event.target.closest("[data-operation]");
    if (button) begin(button.dataset.operation);
  });
  panel.querySelector("[data-ai-own]").addEventListener("submit", (event) => {
    event.preventDefault();
    begin("own");
  });
  body.addEventListener("input", () => { done.hidden = true; });
  document.addEventListener("selectionchange", look);
  standing.watch(look);
  panel.hidden = false;

  function open() {
    panel.open = true;
    look();
    const first = panel.querySelector("[data-operation]:not(:disabled)") ?? panel.querySelector("summary");
    first.focus({ preventScroll: true });
    panel.scrollIntoView({ block: "nearest" });
  }

  // Before the editor's own keys: Escape means the proposal while there is one.
  document.addEventListener("keydown", (event) => {
    const isCommand = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
    if (isCommand && event.key.toLowerCase() === "j") {
      event.preventDefault();
      open();
    } else if (!proposal.isOpen || event.isComposing || document.querySelector("dialog[open]")) {
      return;
    } else if (event.key === "Escape") {
      event.preventDefault();
      if (proposal.isWriting) stop();
      else close();
    } else if (isCommand && event.key === "Enter") {
      event.preventDefault();
      proposal.accept();
    }
  }, { capture: true });

  return { open };
}
