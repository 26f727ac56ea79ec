// One crosshair over all charts: the values under it stand in the charts' heads, its time above them.

import { valueText } from "./axis.js";
import { MARGIN } from "./figure.js";
import { clockText, momentText, utcText } from "./times.js";

const LAG_STEPS = 5; // a host is read every few seconds, a request counted in its own

export function makeCrosshair(section, elements, state) {
  const readout = section.querySelector("[data-readout]");
  const redraw = () => {
    const index = state.cursor === null ? null : indexAt(state, state.cursor);
    elements.forEach((element, at) => showValues(element, state.data.charts[at], index, state));
    const words = state.zoom ? readout.dataset.wordZoom : readout.dataset.wordNow;
    const text = index === null ? words : timeText(state, index);
    if (readout.textContent !== text) readout.textContent = text;
  };
  for (const element of elements) {
    const plot = element.querySelector("[data-plot]");
    plot.addEventListener("pointermove", (event) => {
      state.cursor = timeAt(plot, event.clientX, state.view());
      redraw();
    });
    plot.addEventListener("pointerleave", () => {
      state.cursor = null;
      redraw();
    });
    plot.addEventListener("keydown", (event) => {
      const move = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!move) return;
      event.preventDefault();
      const { start, step_s: step, points } = state.data;
      const index = state.cursor === null ? lastStep(state.data) : indexAt(state, state.cursor) + move;
      state.cursor = start + (Math.min(Math.max(index, 0), points - 1) + 0.5) * step;
      redraw();
    });
  }
  readout.hidden = false;
  return redraw;
}

// The newest step that anything is known of; the last one of an axis that has nothing yet.
export function lastStep({ charts, points }) {
  const newestOfAll = Math.max(...charts.map(newest));
  return newestOfAll < 0 ? points - 1 : newestOfAll;
}

function timeAt(plot, clientX, [from, to]) {
  const box = plot.getBoundingClientRect();
  const share = (clientX - box.left - MARGIN.l) / (box.width - MARGIN.l - MARGIN.r);
  return from + Math.min(Math.max(share, 0), 1) * (to - from);
}

function indexAt({ data }, time) {
  const index = Math.floor((time - data.start) / data.step_s);
  return Math.min(Math.max(index, 0), data.points - 1);
}

function showValues(element, chart, index, state) {
  const line = element.querySelector("[data-crosshair]");
  line.hidden = index === null;
  if (index !== null) placeLine(line, element, index, state);
  const last = newest(chart);
  chart.series.forEach((series, at) => {
    const chip = element.querySelector(`[data-chip="${at}"]`);
    const shown = index ?? newestOf(series, last);
    const text = shown < 0 ? "–" : valueText(series.values[shown], chart.unit);
    if (chip.textContent !== text) chip.textContent = text;
  });
}

function placeLine(line, element, index, state) {
  const [from, to] = state.view();
  const width = element.querySelector("[data-plot]").clientWidth - MARGIN.l - MARGIN.r;
  const at = state.data.start + (index + 0.5) * state.data.step_s;
  const share = (at - from) / (to - from);
  line.hidden = share < 0 || share > 1;
  line.style.transform = `translateX(${Math.round(MARGIN.l + share * width)}px)`;
}

// The step of a line's newest value, unless the chart's other lines have gone on for long: that one is old.
function newestOf({ values }, last) {
  const own = values.findLastIndex((value) => value !== null);
  return last - own <= LAG_STEPS ? own : last;
}

function newest(chart) {
  let last = -1;
  for (const { values } of chart.series) last = Math.max(last, values.findLastIndex((value) => value !== null));
  return last;
}

function timeText({ data }, index) {
  const from = new Date((data.start + index * data.step_s) * 1000);
  const to = new Date(from.getTime() + data.step_s * 1000);
  return `${momentText(from)} – ${data.step_s < 86400 ? clockText(to) : momentText(to)} · ${utcText(from)}`;
}
