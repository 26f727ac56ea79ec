// The merge page: each choice is shown in the text at once, and what was mine stays in this browser until it is saved.

import { makeBackup } from "./editor-backup.js";
import { replaceAll, replaceRange } from "./editor-insert.js";

const form = document.querySelector("[data-merge]");
const result = form.querySelector("[data-result]");
const applied = form.querySelector("[data-applied]");
const { pieces, places } = JSON.parse(document.getElementById("merge-data").textContent);
let choices = applied.value ? applied.value.split(",") : [];

function compose(chosen) {
  return pieces.flatMap((piece) => (Array.isArray(piece) ? piece : places[piece][chosen[piece]])).join("\n");
}

// A text that was corrected by hand keeps its corrections: only the place itself is changed, if it is still there.
function swap(from, to) {
  const at = from ? result.value.indexOf(from) : -1;
  if (at >= 0 && result.value.indexOf(from, at + 1) < 0) replaceRange(result, at, at + from.length, to);
}

function choose(number, choice) {
  const place = places[number];
  if (!place) return; // a field other than the text
  const next = choices.with(number, choice);
  if (result.value === compose(choices)) {
    replaceAll(result, compose(next));
    applied.value = next.join(",");
  } else swap(place[choices[number]].join("\n"), place[choice].join("\n"));
  choices = next;
}

form.querySelector("[data-apply]")?.setAttribute("hidden", "");
form.addEventListener("change", (event) => {
  if (event.target.type !== "radio") return;
  const { name, value } = event.target;
  const at = scrollY;
  choose(Number(name.slice("choice-".length)), value);
  event.target.focus({ preventScroll: true });
  scrollTo(scrollX, at);
});

const backup = makeBackup({ account: form.dataset.account, article: form.dataset.article });
const mine = [...form.elements].filter((field) => field.name.startsWith("mine-"));
backup.keep(
  Object.fromEntries(mine.map((field) => [field.name.slice("mine-".length), field.value])),
  Number(form.elements.base_version.value),
);
