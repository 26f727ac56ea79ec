// The proposals of a model below the text they are for: as they are written, and then as changes to be accepted.

import { postJson } from "./editor-request.js";
import { makeVersion } from "./editor-version.js";
import { say } from "./editor-words.js";

const MOST_VERSIONS = 3;

export function makeProposal(dock, { onStop, onAccept, onReject, onAgain, onBeside }) {
  const find = (name) => dock.querySelector(`[data-proposal-${name}]`);
  const [said, live, versions, stale] = ["said", "live", "versions", "stale"].map(find);
  const buttons = Object.fromEntries(["stop", "accept", "reject", "again", "beside"].map((name) => [name, find(name)]));
  let shown = [];
  let chosen = 0;
  let isWriting = false;

  const now = () => shown[chosen];

  function tell(words) {
    if (said.textContent !== words) said.textContent = words;
  }

  function choose(at) {
    chosen = at;
    [...versions.children].forEach((box, number) => box.toggleAttribute("data-chosen", shown.length > 1 && number === at));
    relabel();
  }

  function relabel() {
    for (const name of ["accept", "reject", "again"]) buttons[name].hidden = isWriting || !shown.length;
    buttons.beside.hidden = isWriting || !shown.length || shown.length >= MOST_VERSIONS;
    buttons.stop.hidden = !isWriting;
    if (!shown.length) return;
    buttons.accept.querySelector("span").textContent = now().label;
    buttons.accept.disabled = now().taken === 0;
  }

  function boxOf(version, at) {
    const box = Object.assign(document.createElement("section"), { className: "version" });
    const name = Object.assign(document.createElement("h3"), { textContent: say("aiVersion", at + 1) });
    box.append(name, version.element);
    box.addEventListener("focusin", () => choose(at));
    box.addEventListener("click", () => choose(at));
    return box;
  }

  function draw() {
    versions.replaceChildren(...shown.map(boxOf));
    versions.dataset.count = shown.length;
    choose(shown.length - 1);
  }

  async function compareAgain(text) {
    for (const version of shown) {
      const answer = await postJson(version.job.compare_url, { text });
      if (!answer.ok) throw new Error(answer.statusText);
      version.show((await answer.json()).changes);
    }
    stale.hidden = true;
    draw();
  }

  buttons.stop.addEventListener("click", onStop);
  buttons.accept.addEventListener("click", () => onAccept(now()));
  buttons.reject.addEventListener("click", onReject);
  buttons.again.addEventListener("click", onAgain);
  buttons.beside.addEventListener("click", onBeside);

  return {
    tell,
    compareAgain,
    get isOpen() {
      return !dock.hidden;
    },
    get isWriting() {
      return isWriting;
    },
    get versions() {
      return shown;
    },
    begin({ isBeside = false } = {}) {
      const isFocused = dock.hidden || dock.contains(document.activeElement);
      if (!isBeside) shown = [];
      isWriting = true;
      dock.hidden = false;
      stale.hidden = true;
      live.textContent = "";
      live.hidden = false;
      draw();
      if (isFocused) buttons.stop.focus({ preventScroll: true });
      dock.scrollIntoView({ block: "nearest" });
    },
    grow(text) {
      live.textContent = text;
      live.scrollTop = live.scrollHeight;
    },
    add(job) {
      shown.push(makeVersion(job, { onToggle: relabel }));
      this.rest();
    },
    // Nothing more comes; what there is stays to be looked at.
    rest() {
      const isFocused = document.activeElement === buttons.stop;
      isWriting = false;
      live.hidden = true;
      draw();
      if (isFocused) (shown.length ? buttons.accept : dock).focus({ preventScroll: true });
    },
    accept() {
      if (shown.length && !isWriting && !buttons.accept.disabled) onAccept(now());
    },
    showStale() {
      stale.hidden = false;
      stale.querySelector("button").focus({ preventScroll: true });
    },
    close() {
      dock.hidden = true;
      shown = [];
      isWriting = false;
    },
  };
}
