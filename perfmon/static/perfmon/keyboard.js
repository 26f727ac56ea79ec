// Keys: 1-7 choose the range, / goes to the filter, t changes the theme, Esc undoes, ? shows the keys.

export function startKeyboard({ changeTheme, undo }) {
  const dialog = document.querySelector("[data-help]");
  const opener = document.querySelector("[data-help-open]");
  const help = () => dialog.open || dialog.showModal();
  opener.hidden = false;
  opener.addEventListener("click", help);
  const keys = { "/": focusFilter, t: changeTheme, Escape: undo, "?": help };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || dialog.open) return;
    if (event.target.closest("input, select, textarea")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const range = /^[1-9]$/.test(event.key) && document.querySelectorAll("[data-range-link]")[event.key - 1];
    const act = range ? () => range.click() : keys[event.key];
    if (act) {
      event.preventDefault();
      act();
    }
  });
}

function focusFilter() {
  const field = document.querySelector("[data-filter] input[type=search]");
  field?.focus();
  field?.select();
}
