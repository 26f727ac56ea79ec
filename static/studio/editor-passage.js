// The passage a model works on: the selection, or the paragraph at the cursor; and where it is after further typing.

const AROUND_CHARS = 600;

// Without white space at its ends, so that the lines between paragraphs stay as they are.
function trimmed(value, start, end) {
  const text = value.slice(start, end);
  const lead = text.length - text.trimStart().length;
  return { start: start + lead, end: start + lead + text.trim().length };
}

function paragraphAt(value, at) {
  const before = value.slice(0, at).match(/(?:^|\n[^\S\n]*\n)(?![\s\S]*\n[^\S\n]*\n)([\s\S]*)$/)?.[1] ?? "";
  const after = value.slice(at).match(/^[\s\S]*?(?=\n[^\S\n]*\n|$)/)[0];
  return { start: at - before.length, end: at + after.length };
}

export function passageOf({ selectionStart, selectionEnd, value }) {
  const chosen = trimmed(value, selectionStart, selectionEnd);
  const isChosen = chosen.end > chosen.start;
  const around = paragraphAt(value, selectionStart);
  const { start, end } = isChosen ? chosen : trimmed(value, around.start, around.end);
  return {
    start,
    end,
    isChosen,
    text: value.slice(start, end),
    before: value.slice(Math.max(0, start - AROUND_CHARS), start),
    after: value.slice(end, end + AROUND_CHARS),
  };
}

// What was typed lies between the longest common beginning and end of the text before and after.
function moved({ start, end }, was, now) {
  const most = Math.min(was.length, now.length);
  let head = 0;
  while (head < most && was[head] === now[head]) head += 1;
  if (head >= end) return { start, end };
  const grown = now.length - was.length;
  let tail = 0;
  while (tail < most && was[was.length - 1 - tail] === now[now.length - 1 - tail]) tail += 1;
  if (tail >= was.length - start) return { start: start + grown, end: end + grown };
  return { start: Math.min(start, head), end: Math.max(end, was.length - Math.min(tail, most - head)) + grown };
}

// Follows a passage while its author types on, in it or elsewhere.
export function follow(field, { start, end, text }) {
  let place = { start, end };
  let value = field.value;
  let expected = text;

  function look() {
    if (field.value === value) return;
    place = moved(place, value, field.value);
    value = field.value;
  }

  field.addEventListener("input", look);
  return {
    get place() {
      look();
      return place;
    },
    get text() {
      const { start: from, end: to } = this.place;
      return field.value.slice(from, to);
    },
    isChanged() {
      return this.text !== expected;
    },
    // From now on the passage as it is counts as the one that was asked about.
    settle() {
      expected = this.text;
    },
    end() {
      field.removeEventListener("input", look);
    },
  };
}
