// Changing a text field so that the browser's own undo still knows how to go back.

// execCommand is the only way that keeps the history; where it is refused the change is made without it.
export function replaceRange(field, start, end, text) {
  field.focus();
  field.setSelectionRange(start, end);
  const done = text ? document.execCommand("insertText", false, text) : start === end || document.execCommand("delete");
  if (done) return;
  field.setRangeText(text, start, end, "end");
  field.dispatchEvent(new InputEvent("input", { bubbles: true }));
}

export function replaceAll(field, text) {
  if (field.value !== text) replaceRange(field, 0, field.value.length, text);
}

// A block stands on lines of its own, with an empty line before and after it.
export function insertBlock(field, block) {
  const { selectionEnd: at, value } = field;
  const before = value.slice(0, at);
  const after = value.slice(at);
  const gap = before === "" || before.endsWith("\n\n") ? "" : before.endsWith("\n") ? "\n" : "\n\n";
  const tail = after === "" ? "\n" : after.startsWith("\n\n") ? "" : after.startsWith("\n") ? "\n" : "\n\n";
  replaceRange(field, at, at, gap + block + tail);
}
