// One chart of the payload as a Plotly figure: the box, its margins and its colours are those of the drawn chart.

import { timeTicks, valueText, valueTicks } from "./axis.js";

const NARROW_PX = 600;
const AT_EDGE = 0.03; // of the axis; a time there would stand on the lowest value
export const MARGIN = { l: 56, r: 8, t: 8, b: 24 };
const CLEAR = "rgba(0,0,0,0)";

export function makeFigure(element, chart, frame, view) {
  const ink = inks(element);
  const times = Array.from({ length: frame.points }, (_, at) => frame.start + (at + 0.5) * frame.step_s);
  const traces = chart.series.map((series, at) => trace(chart, series, times, ink.series[at], frame.step_s));
  return { traces, layout: layout(element, chart, frame, view, ink) };
}

function inks(element) {
  const css = (selector, property) => getComputedStyle(element.querySelector(selector))[property];
  return {
    series: [...element.querySelectorAll(".chip .swatch")].map((swatch) => getComputedStyle(swatch).backgroundColor),
    text: css("[data-ink-text]", "color"),
    grid: css(".drawn .grid", "stroke"),
    font: getComputedStyle(document.body).fontFamily,
    marks: { warning: css("[data-ink-warning]", "color"), critical: css("[data-ink-critical]", "color") },
    band: css("[data-ink-band]", "color"),
  };
}

function trace(chart, series, times, color, step) {
  const common = { x: times, y: series.values, name: series.label, hoverinfo: "skip" };
  if (chart.form === "bars") return { ...common, type: "bar", width: step * 0.8, marker: { color } };
  // A value with gaps on both sides has no line to stand on; it gets a dot.
  const alone = (at) => series.values[at] !== null && (series.values[at - 1] ?? null) === null && (series.values[at + 1] ?? null) === null;
  const size = series.values.map((_, at) => (alone(at) ? 4 : 0));
  return { ...common, type: "scatter", mode: "lines+markers", line: { color, width: 1.5 }, marker: { color, size }, cliponaxis: true };
}

function layout(element, chart, frame, view, ink) {
  const [from, to] = view.zoom ?? wholeRange(frame);
  const ticks = timeTicks(from, to, element.clientWidth < 480 ? 4 : 7).filter(([at]) => at - from > (to - from) * AT_EDGE);
  const values = valueTicks(chart, view.log);
  return {
    margin: MARGIN,
    paper_bgcolor: CLEAR,
    plot_bgcolor: CLEAR,
    font: { family: ink.font, size: 12, color: ink.text },
    showlegend: false,
    hovermode: false,
    dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom",
    barmode: "stack",
    xaxis: {
      range: [from, to], tickvals: ticks.map(([at]) => at), ticktext: ticks.map(([, text]) => text), showgrid: false, zeroline: false,
    },
    yaxis: {
      type: view.log ? "log" : "linear", range: values.range, fixedrange: true, tickvals: values.values,
      ticktext: values.values.map((value) => valueText(value, chart.unit)), gridcolor: ink.grid, zeroline: false,
    },
    shapes: [...chart.targets.filter((target) => target.value <= chart.top).map((target) => dashed(target, ink)),
      ...visible(frame, from, to).map((marker) => (isBand(marker) ? band(marker, to, ink) : upright(marker, ink)))],
    annotations: [...chart.targets.map((target, at) => label(target, at, chart, view, ink)),
      ...(chart === frame.charts[0] ? visible(frame, from, to).map((marker, _, all) => markerLabel(marker, all, [from, to], ink)) : [])],
  };
}

export function wholeRange(frame) {
  return [frame.start, frame.start + frame.points * frame.step_s];
}

function dashed(target, ink) {
  return { type: "line", xref: "paper", x0: 0, x1: 1, y0: target.value, y1: target.value, line: { color: ink.text, width: 1, dash: "4px,4px" } };
}

// A target above the chart is named at its upper edge, with an arrow, instead of squeezing the figures.
function label(target, at, chart, view, ink) {
  const inside = target.value <= chart.top;
  const y = view.log ? Math.log10(target.value) : target.value;
  const above = chart.targets.some((other) => other.value > target.value && other.value - target.value < chart.top / 6);
  const place = inside ? { y, yanchor: above ? "top" : "bottom" } : { yref: "paper", y: 1, yanchor: "top" };
  const outside = chart.targets.slice(0, at).filter((other) => other.value > chart.top).length;
  return {
    xref: "paper", x: 1, xanchor: "right", ...place, yshift: inside ? 0 : -14 * outside, showarrow: false,
    text: inside ? target.label : `↑ ${target.label}`, font: { size: 11, color: ink.text },
  };
}

function visible(frame, from, to) {
  const within = frame.markers.filter((marker) => marker.at <= to && (isBand(marker) ? marker.until ?? to : marker.at) >= from);
  return within.map((marker) => ({ ...marker, at: Math.max(marker.at, from) }));
}

function isBand(marker) {
  return marker.until !== undefined; // null while it lasts
}

function band(marker, to, ink) {
  const until = Math.min(marker.until ?? to, to);
  return { type: "rect", yref: "paper", y0: 0, y1: 1, x0: marker.at, x1: until, fillcolor: ink.band, line: { width: 0 }, layer: "below" };
}

function upright(marker, ink) {
  const color = ink.marks[marker.level] ?? ink.text;
  return { type: "line", yref: "paper", y0: 0, y1: 1, x0: marker.at, x1: marker.at, line: { color, width: 1, dash: "dot" } };
}

// Markers close to each other share the room: only one that has some tells its name. A narrow chart has none to share.
function markerLabel(marker, markers, [from, to], ink) {
  const near = (to - from) / 6;
  const sign = isBand(marker) ? "▬" : "▲";
  const atEdge = (one) => to - one.at < near; // its name stands to the left of it
  const side = atEdge(marker) ? -1 : 1;
  const crowds = (other) => {
    const ahead = side * (other.at - marker.at);
    return ahead > 0 && ahead < (side === 1 && atEdge(other) ? 2 * near : near); // two names face each other
  };
  const crowded = innerWidth < NARROW_PX || markers.some(crowds);
  return {
    x: marker.at, xanchor: side === -1 ? "right" : "left", yref: "paper", y: 1, yanchor: "top", showarrow: false,
    xshift: 2 * side, text: crowded ? sign : `${sign} ${marker.label}`, font: { size: 11, color: ink.marks[marker.level] ?? ink.text },
  };
}
