// Wires the page: the first payload is in it, later ones come from the live connection, and every part shows the same.

import { resolve, update } from "./bind.js";
import { makeCharts } from "./charts.js";
import { startKeyboard } from "./keyboard.js";
import { connect } from "./live.js";
import { makeStatus } from "./status.js";
import { makeTable } from "./table.js";
import { startTheme } from "./theme.js";
import { localizeAll } from "./times.js";

const root = document.getElementById("dashboard");
const payload = JSON.parse(document.getElementById("payload").textContent);
const sections = new Map([...root.querySelectorAll("[data-panel]")].map((section) => [section.dataset.panel, section]));

document.documentElement.classList.add("scripted");
localizeAll(root);

const status = makeStatus(root.querySelector("[data-status]"), payload);
// A panel's set of charts, and where in the panel's data their frame is: data-charts="" or data-charts="path".
const charts = new Map();
for (const [name, section] of sections) {
  const place = section.matches("[data-charts]") ? section : section.querySelector("[data-charts]");
  if (!place) continue;
  const frameOf = (data) => (place.dataset.charts ? resolve(data ?? {}, place.dataset.charts) : data) ?? null;
  charts.set(name, { frameOf, ...makeCharts(place, frameOf(payload.panels[name]), root.dataset.plotly) });
}
const table = sections.has("endpoints") ? makeTable(sections.get("endpoints")) : null;
if (payload.panels.endpoints) table?.show(payload.panels.endpoints);

const changeTheme = startTheme(() => charts.forEach((set) => set.restyle()));
startKeyboard({ changeTheme, undo: () => charts.forEach((set) => set.undo()) });

function show(next) {
  status.show(next);
  for (const [name, section] of sections) {
    const data = next.panels[name];
    if (!data) continue; // can't be read now: what was shown stays, and the status line says since when
    if (name === "endpoints") table.show(data);
    else if (section.dataset.charts === undefined && section.dataset.skip === undefined) update(section, data);
    const set = charts.get(name);
    if (set?.frameOf(data)) set.show(set.frameOf(data));
  }
}

connect({
  url: root.dataset.livePath,
  pollUrl: root.dataset.pollPath,
  topics: [root.dataset.topic],
  onSnapshot: (topic, data) => show(data),
  onFrame: (topic, data) => show(data),
  onState: (name) => status.connection(name),
});
