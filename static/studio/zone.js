// Tells the server the browser's time zone, in which it writes the next page; this page's times are rewritten at once.

const COOKIE = "studio_zone";
const YEAR_S = 31536000;
const root = document.documentElement;
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

const isToday = (date) => date.toDateString() === new Date().toDateString();
const isThisYear = (date) => date.getFullYear() === new Date().getFullYear();
const formatter = (options) => new Intl.DateTimeFormat(root.lang, { hourCycle: "h23", ...options });
const clock = formatter({ hour: "2-digit", minute: "2-digit" });
const dayAndClock = formatter({ day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const day = formatter({ day: "numeric", month: "short", year: "numeric" });

export function momentText(date) {
  if (isToday(date)) return clock.format(date);
  return (isThisYear(date) ? dayAndClock : day).format(date);
}

function localize() {
  for (const time of document.querySelectorAll("time[data-moment]")) {
    time.textContent = momentText(new Date(time.dateTime));
  }
  // The calendar's days stay in the zone they were laid out in, which it names; a form's moments can follow.
  for (const field of document.querySelectorAll("input[data-zone-field]")) {
    field.value = zone;
    field.form.querySelector("[data-zone-name]").textContent = zone.replaceAll("_", " ");
    for (const moment of field.form.querySelectorAll("input[data-utc]")) {
      if (moment.value === moment.defaultValue) moment.value = localInput(new Date(moment.dataset.utc));
    }
  }
}

function localInput(date) {
  return new Date(date.getTime() - date.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
}

if (zone && root.dataset.zone !== zone.replaceAll("_", " ")) {
  document.cookie = `${COOKIE}=${zone}; path=/; max-age=${YEAR_S}; samesite=lax`;
  localize();
}
