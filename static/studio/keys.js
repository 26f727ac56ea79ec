// Keys: g then a letter goes to the link that carries it, j and k walk the rows, / filters, ? shows the keys.

const GO_WITHIN_MS = 1500;
const dialog = document.querySelector("[data-keys]");
const opener = document.querySelector("[data-keys-open]");
let goUntil = 0;

function showKeys() {
  if (!dialog.open) dialog.showModal();
}

function walk(by) {
  const rows = [...document.querySelectorAll("[data-row]")].filter((row) => row.checkVisibility());
  const at = rows.indexOf(document.activeElement);
  const next = at < 0 ? (by > 0 ? 0 : rows.length - 1) : at + by;
  rows[next]?.focus();
}

function filter() {
  const field = document.querySelector("input[type=search]");
  field?.focus();
  field?.select();
}

const KEYS = { j: () => walk(1), k: () => walk(-1), "/": filter, "?": showKeys };

function act(event) {
  if (event.timeStamp < goUntil) {
    goUntil = 0;
    const link = document.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
    return link && (() => link.click());
  }
  if (event.key === "g") return () => { goUntil = event.timeStamp + GO_WITHIN_MS; };
  return KEYS[event.key];
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || dialog?.open) return;
  if (event.target.closest("input, select, textarea, [contenteditable]")) return;
  const doIt = act(event);
  if (!doIt) return;
  event.preventDefault();
  doIt();
});

if (dialog && opener) {
  opener.hidden = false;
  opener.addEventListener("click", showKeys);
}
