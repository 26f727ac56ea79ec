// Times are rendered in UTC; here they become the reader's own, with UTC on hover.

const language = document.documentElement.lang;
const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const dayAndClock = new Intl.DateTimeFormat(language, {
  day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
});

export function clockText(date) {
  return clock.format(date);
}

export function momentText(date) {
  const today = date.toDateString() === new Date().toDateString();
  return (today ? clock : dayAndClock).format(date);
}

export function utcText(date) {
  return `${date.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

// Put an ISO text or a Date into the element as a <time>; nothing empties it.
export function setMoment(element, value) {
  const date = value ? new Date(value) : null;
  if (!date) {
    element.textContent = "";
    return;
  }
  let time = element.querySelector("time");
  if (!time) {
    time = document.createElement("time");
    element.replaceChildren(time);
  }
  localize(time, date);
}

export function localizeAll(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    localize(time, new Date(time.dateTime));
  }
}

function localize(time, date) {
  const text = momentText(date);
  if (time.textContent !== text) {
    time.textContent = text;
    time.dateTime = date.toISOString();
    time.title = utcText(date);
  }
}
