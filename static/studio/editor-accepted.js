// Which proposals of a model are in the text, for the label that says who wrote it. The site checks what is said here.

import { say } from "./editor-words.js";

export function makeAccepted(form, fields) {
  const field = fields.field("accepted");
  const known = new Map();

  // Once its words are undone or written over, a proposal is not in the text any more.
  function isIn({ element, words }) {
    return words.length === 0 || words.some((word) => element.value.includes(word));
  }

  function look() {
    const others = field.value.split(",").filter((id) => id && !known.has(id));
    const present = [...known].filter(([, taken]) => isIn(taken)).map(([id]) => id);
    field.value = [...others, ...present].join(",");
  }

  form.addEventListener("input", look);
  return {
    look,
    add(id, element, words) {
      const before = known.get(String(id));
      known.set(String(id), { element, words: [...(before?.words ?? []), ...words] });
      look();
    },
    saved({ is_marked: isMarked }) {
      const human = fields.field("origin").querySelector("[value=human]");
      if (!isMarked || human.disabled) return;
      human.disabled = true;
      document.getElementById("help-origin").textContent = say("originStays");
    },
  };
}
