// The outline as a list: rename, move, remove and add; the textarea it was made of is what is sent.

import { say } from "./generation-words.js";

function start(form) {
  const lines = form.querySelector("textarea");
  const edit = form.querySelector("[data-outline-edit]");
  const list = edit.querySelector("[data-outline-list]");
  const row = edit.querySelector("[data-outline-row]");
  const said = edit.querySelector("[data-outline-said]");

  const inputs = () => [...list.querySelectorAll("input")];

  function store() {
    lines.value = inputs().map((input) => input.value.trim()).filter(Boolean).join("\n");
    for (const [at, each] of [...list.children].entries()) {
      each.querySelector(".outline-number").textContent = `${at + 1}.`;
      each.querySelector("[data-move='-1']").disabled = at === 0;
      each.querySelector("[data-move='1']").disabled = at === list.children.length - 1;
    }
  }

  function add(words = "", after = null) {
    const made = row.content.firstElementChild.cloneNode(true);
    made.querySelector("input").value = words;
    if (after) after.after(made);
    else list.append(made);
    store();
    return made.querySelector("input");
  }

  function move(item, by, focus) {
    const other = by < 0 ? item.previousElementSibling : item.nextElementSibling;
    if (!other) return;
    if (by < 0) other.before(item);
    else other.after(item);
    store();
    (focus.disabled ? item.querySelector("input") : focus).focus();
    said.textContent = say("moved", [...list.children].indexOf(item) + 1);
  }

  function remove(item) {
    const next = item.nextElementSibling ?? item.previousElementSibling;
    item.remove();
    store();
    (next?.querySelector("input") ?? edit.querySelector("[data-outline-add]")).focus();
    said.textContent = say("removed");
  }

  list.addEventListener("input", store);
  list.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const item = button.closest("li");
    if ("remove" in button.dataset) remove(item);
    else move(item, Number(button.dataset.move), button);
  });
  list.addEventListener("keydown", (event) => {
    const item = event.target.closest("li");
    if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      event.preventDefault();
      move(item, event.key === "ArrowUp" ? -1 : 1, event.target);
    } else if (event.key === "Enter" && event.target.matches("input")) {
      event.preventDefault(); // it would send the form
      add("", item).focus();
    } else if (event.key === "Backspace" && event.target.matches("input") && !event.target.value) {
      event.preventDefault();
      remove(item);
    }
  });
  edit.querySelector("[data-outline-add]").addEventListener("click", () => add().focus());

  for (const line of lines.value.split("\n").map((each) => each.trim()).filter(Boolean)) add(line);
  lines.closest(".field").hidden = true;
  edit.hidden = false;
}

function find() {
  for (const form of document.querySelectorAll("[data-outline-form]:not([data-ready])")) {
    form.dataset.ready = "";
    start(form);
  }
}

find();
// The form comes with the outline, when that is written.
const part = document.querySelector("[data-part='write']");
if (part) new MutationObserver(find).observe(part, { childList: true });
