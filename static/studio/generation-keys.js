// Escape stops the writing, o opens the draft; both only where no field, menu or dialog has the key.

function isTaken(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return true;
  if (event.target.closest("input, select, textarea, [contenteditable]")) return true;
  return Boolean(document.querySelector("dialog[open], details[data-menu][open]"));
}

const KEYS = { Escape: "[data-stop]", o: "[data-open-draft]" };

export function startKeys() {
  // In the capture phase: by the time it bubbles the menu has closed itself, and the key would count twice.
  document.addEventListener("keydown", (event) => {
    const target = KEYS[event.key] && document.querySelector(KEYS[event.key]);
    if (!target || isTaken(event)) return;
    event.preventDefault();
    target.click();
  }, { capture: true });
}
