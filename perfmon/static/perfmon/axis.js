// What stands on axes and under the crosshair: the only numbers and times formatted in the browser.

const language = document.documentElement.lang;
const number = new Intl.NumberFormat(language, { maximumSignificantDigits: 3 });
const seconds = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const minutes = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const days = new Intl.DateTimeFormat(language, { day: "numeric", month: "short" });
const STEPS_S = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 432000, 864000, 1728000];
const DAY_S = 86400;

export function valueText(value, unit) {
  if (value === null || value === undefined) return "–";
  if (value === 0) return "0";
  if (unit !== "ms") return `${number.format(value)}${unit}`;
  if (value < 1) return `${number.format(value * 1000)}\u00a0µs`;
  return value < 1000 ? `${number.format(value)}\u00a0ms` : `${number.format(value / 1000)}\u00a0s`;
}

// Round times between two Unix times, at most `most` of them, on the reader's clock: [[seconds, text], ...].
export function timeTicks(from, to, most) {
  const step = STEPS_S.find((candidate) => (to - from) / candidate <= most) ?? STEPS_S.at(-1);
  const shift = -60 * new Date(from * 1000).getTimezoneOffset();
  const ticks = [];
  for (let local = Math.ceil((from + shift) / step) * step; local - shift <= to; local += step) {
    const at = local - shift;
    ticks.push([at, timeText(at, step)]);
  }
  return ticks;
}

function timeText(at, step) {
  const date = new Date(at * 1000);
  if (step < 60) return seconds.format(date);
  if (step >= DAY_S) return days.format(date);
  const midnight = date.getHours() === 0 && date.getMinutes() === 0;
  return midnight ? days.format(date) : minutes.format(date);
}

// Three round values from zero, or the decades of a log scale, which has no zero.
export function valueTicks(chart, log) {
  if (!log) return { range: [0, chart.top], values: [0, chart.top / 2, chart.top] };
  const known = chart.series.flatMap((series) => series.values).filter((value) => value > 0);
  const low = Math.floor(Math.log10(Math.min(1, ...known)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(1, chart.top, ...known))));
  const values = Array.from({ length: high - low + 1 }, (_, at) => 10 ** (low + at));
  return { range: [low, high], values };
}
