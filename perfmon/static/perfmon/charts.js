// A set of charts: drawn by the server until Plotly is there, then updated in place, zoomed and read together. A page may
// have two; a zoom of one is a zoom of both. A set without data waits, hidden, for the first frame that has some.

import { valueText } from "./axis.js";
import { lastStep, makeCrosshair } from "./crosshair.js";
import { makeFigure, wholeRange } from "./figure.js";
import { setMoment } from "./times.js";

const TABLE_ROWS = 60;
const ZOOM = "perfmon:zoom";

export function makeCharts(section, data, plotlyPath) {
  const elements = [...section.querySelectorAll("[data-chart]")];
  if (!elements.length) return { show() {}, restyle() {}, undo() {} };
  const state = {
    data, cursor: null, zoom: readZoom(), log: false, plotly: null, view: () => state.zoom ?? wholeRange(state.data),
  };
  const point = makeCrosshair(section, elements, state);
  const redraw = () => {
    if (!state.data || !section.checkVisibility()) return; // hidden, it has no size to be drawn in
    if (state.plotly) elements.forEach((element, at) => drawChart(element, state, at, zoom));
    point();
  };
  const zoom = (range) => {
    writeZoom(range);
    document.dispatchEvent(new CustomEvent(ZOOM, { detail: range }));
  };
  document.addEventListener(ZOOM, (event) => {
    state.zoom = event.detail;
    redraw();
  });
  listen(elements, state, redraw, zoom);
  whenQuiet(() => loadPlotly(plotlyPath).then((plotly) => {
    state.plotly = plotly;
    redraw();
  }));
  redraw();
  return {
    show(next) {
      state.data = next;
      redraw();
      elements.forEach((element, at) => fillTable(element, next.charts[at], next));
    },
    restyle: redraw,
    undo() {
      state.cursor = null;
      zoom(null);
    },
  };
}

function drawChart(element, state, at, zoom) {
  const chart = state.data.charts[at];
  const place = element.querySelector("[data-drawing]");
  const view = { zoom: state.zoom, log: chart.log && state.log };
  const { traces, layout } = makeFigure(element, chart, state.data, view);
  const config = { displayModeBar: false, responsive: true, doubleClick: false, showTips: false };
  const isNew = element.dataset.live === undefined;
  state.plotly.react(place, traces, layout, config);
  element.dataset.live = "";
  if (isNew) listenToZoom(element, zoom);
  const known = chart.series.some(({ values }) => values.some((value) => value !== null));
  element.querySelector("[data-chart-empty]").hidden = known;
}

function listen(elements, state, redraw, zoom) {
  for (const element of elements) {
    const button = element.querySelector("[data-log-switch]");
    if (button) {
      button.hidden = false;
      button.addEventListener("click", () => {
        state.log = !state.log;
        button.setAttribute("aria-pressed", state.log);
        redraw();
      });
    }
    element.querySelector("[data-plot]").addEventListener("dblclick", () => zoom(null));
    const table = element.querySelector("[data-chart-table]");
    table.addEventListener("toggle", () => fillTable(element, state.data.charts[elements.indexOf(element)], state.data));
  }
}

function listenToZoom(element, zoom) {
  element.querySelector("[data-drawing]").on("plotly_relayout", (change) => {
    const [from, to] = [change["xaxis.range[0]"], change["xaxis.range[1]"]];
    if (from !== undefined && to - from > 1) zoom([from, to]);
  });
}

// The zoom is in the address, so that a link shows what its sender saw.
function readZoom() {
  const found = /^#zoom=(\d+)-(\d+)$/.exec(location.hash);
  return found && Number(found[1]) < Number(found[2]) ? [Number(found[1]), Number(found[2])] : null;
}

function writeZoom(range) {
  const hash = range ? `#zoom=${Math.round(range[0])}-${Math.round(range[1])}` : "";
  history.replaceState(history.state, "", `${location.pathname}${location.search}${hash}`);
}

function fillTable(element, chart, data) {
  const details = element.querySelector("[data-chart-table]");
  if (!details.open) return;
  const body = details.querySelector("tbody");
  const last = lastStep(data);
  for (let at = last, row = 0; at >= 0 && row < TABLE_ROWS; at -= 1, row += 1) {
    const cells = (body.rows[row] ?? newRow(body, chart)).cells;
    setMoment(cells[0], new Date((data.start + at * data.step_s) * 1000));
    chart.series.forEach((series, index) => {
      cells[index + 1].textContent = valueText(series.values[at], chart.unit);
    });
  }
}

function newRow(body, chart) {
  const row = body.insertRow();
  const head = document.createElement("th");
  head.scope = "row";
  row.append(head);
  chart.series.forEach(() => row.insertCell());
  return row;
}

function whenQuiet(act) {
  const later = () => ("requestIdleCallback" in window ? requestIdleCallback(act, { timeout: 2000 }) : setTimeout(act, 200));
  if (document.readyState === "complete") later();
  else addEventListener("load", later, { once: true });
}

let plotly = null;

function loadPlotly(path) {
  plotly ??= new Promise((resolve) => {
    if (!path) return;
    const script = document.createElement("script");
    script.src = path;
    script.addEventListener("load", () => resolve(window.Plotly));
    document.head.append(script);
  });
  return plotly;
}
