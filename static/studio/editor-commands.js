// What the formatting buttons do with the text: each mark is put on, and taken off again when it is already there.

import { replaceRange } from "./editor-insert.js";
import { say } from "./editor-words.js";

// Without a selection the word at the cursor is meant.
function target({ selectionStart, selectionEnd, value }) {
  if (selectionStart !== selectionEnd) return [selectionStart, selectionEnd];
  const before = value.slice(0, selectionStart).match(/[\p{L}\p{N}]*$/u)[0];
  const after = value.slice(selectionStart).match(/^[\p{L}\p{N}]*/u)[0];
  return [selectionStart - before.length, selectionStart + after.length];
}

function surround(field, mark, word) {
  const { value } = field;
  const [start, end] = target(field);
  const chosen = value.slice(start, end);
  const size = mark.length;
  if (value.slice(start - size, start) === mark && value.slice(end, end + size) === mark) {
    replaceRange(field, start - size, end + size, chosen);
    field.setSelectionRange(start - size, end - size);
    return;
  }
  if (chosen.length > 2 * size && chosen.startsWith(mark) && chosen.endsWith(mark)) {
    replaceRange(field, start, end, chosen.slice(size, -size));
    field.setSelectionRange(start, end - 2 * size);
    return;
  }
  const text = chosen || word;
  replaceRange(field, start, end, mark + text + mark);
  field.setSelectionRange(start + size, start + size + text.length);
}

function lines({ selectionStart, selectionEnd, value }) {
  const start = value.lastIndexOf("\n", selectionStart - 1) + 1;
  const next = value.indexOf("\n", Math.max(selectionEnd - (selectionEnd > selectionStart ? 1 : 0), start));
  return { start, end: next === -1 ? value.length : next };
}

function prefixLines(field, prefix, word) {
  const { start, end } = lines(field);
  const chosen = field.value.slice(start, end).split("\n");
  const isOn = chosen.every((line) => line.startsWith(prefix));
  const text = chosen.map((line) => (isOn ? line.slice(prefix.length) : prefix + line)).join("\n");
  const filled = text === prefix ? prefix + word : text;
  replaceRange(field, start, end, filled);
  if (filled !== text) field.setSelectionRange(start + prefix.length, start + filled.length);
  else if (chosen.length > 1) field.setSelectionRange(start, start + text.length);
}

function heading(field) {
  const { start, end } = lines(field);
  const line = field.value.slice(start, end).split("\n")[0];
  const [marks, rest] = [line.match(/^#{1,6} /)?.[0] ?? "", line.replace(/^#{1,6} /, "")];
  const next = { "": "## ", "## ": "### " }[marks] ?? "";
  const words = rest || (next ? say("headingText") : "");
  replaceRange(field, start, start + line.length, next + words);
  field.setSelectionRange(start + next.length, start + next.length + words.length);
}

function link(field) {
  const { selectionStart: start, selectionEnd: end, value } = field;
  const chosen = value.slice(start, end);
  const isAddress = /^https?:\/\/\S+$/.test(chosen);
  const text = isAddress ? say("linkText") : chosen || say("linkText");
  const address = isAddress ? chosen : "https://";
  replaceRange(field, start, end, `[${text}](${address})`);
  const at = isAddress || !chosen ? start + 1 : start + text.length + 3;
  field.setSelectionRange(at, at + (isAddress || !chosen ? text.length : address.length));
}

function code(field) {
  const { selectionStart: start, selectionEnd: end, value } = field;
  if (!value.slice(start, end).includes("\n")) {
    surround(field, "`", say("codeText"));
    return;
  }
  const block = lines(field);
  const text = value.slice(block.start, block.end);
  replaceRange(field, block.start, block.end, `\`\`\`\n${text}\n\`\`\``);
  field.setSelectionRange(block.start + 4, block.start + 4 + text.length);
}

export const commands = {
  bold: (field) => surround(field, "**", say("boldText")),
  italic: (field) => surround(field, "_", say("italicText")),
  heading,
  link,
  list: (field) => prefixLines(field, "- ", say("listText")),
  quote: (field) => prefixLines(field, "> ", say("quoteText")),
  code,
};

// Enter in a list goes on with the list; in an empty item it ends the list.
export function continueList(field, event) {
  const { selectionStart: at, selectionEnd, value } = field;
  if (at !== selectionEnd || event.isComposing) return;
  const start = value.lastIndexOf("\n", at - 1) + 1;
  const item = value.slice(start, at).match(/^(\s*)([-*+] |(\d{1,4})([.)]) |> )(.*)$/);
  if (!item) return;
  event.preventDefault();
  if (item[5] === "") {
    replaceRange(field, start, at, "");
    return;
  }
  const mark = item[3] ? `${Number(item[3]) + 1}${item[4]} ` : item[2];
  replaceRange(field, at, at, `\n${item[1]}${mark}`);
}
