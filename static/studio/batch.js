// Keeps a batch's figures and rows up to date. When its status or what can be done changes, the page is loaded again.

const PAUSE_MS = 1000;
const PAUSE_HIDDEN_MS = 5000;
const PAUSE_AFTER_ERROR_MS = 4000;
const TOLD_EVERY_PERCENT = 10; // a screen reader is not told of every row
const batch = document.querySelector("[data-batch]");
const said = batch.querySelector("[data-said]");
const bar = batch.querySelector("progress");
const stale = batch.querySelector("[data-stale]");
const made = document.querySelector("[data-made]");
const body = document.querySelector("[data-rows]");
let told = Math.floor((100 * bar.value) / bar.max / TOLD_EVERY_PERCENT);

function show(figures) {
  if (said.textContent !== figures.said) said.textContent = figures.said;
  bar.max = figures.total;
  bar.value = figures.done;
  for (const [name, number] of Object.entries(figures.counts)) {
    const place = batch.querySelector(`[data-count="${name}"]`);
    if (place.textContent !== number) place.textContent = number;
  }
  made.hidden = figures.counts.succeeded === "0";
  tell(figures);
  if (body) showRows(figures.rows);
}

function tell(figures) {
  const tenth = Math.floor((100 * figures.done) / figures.total / TOLD_EVERY_PERCENT);
  if (tenth === told) return;
  told = tenth;
  batch.querySelector("[data-tell]").textContent = figures.said;
}

// Row by row and only where it differs, so that what has the focus or is selected stays.
function showRows(html) {
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  const rows = [...fresh.content.querySelectorAll("tr")];
  rows.forEach((row, at) => {
    const shown = body.rows[at];
    if (!shown) body.append(row);
    else if (!shown.isEqualNode(row) && !shown.contains(document.activeElement)) shown.replaceWith(row);
  });
  while (body.rows.length > rows.length) body.rows[body.rows.length - 1].remove();
}

function hasOtherSteps(figures) {
  const names = figures.steps.map(([name]) => `${name} `).join("");
  return figures.status !== batch.dataset.status || names !== batch.dataset.steps || !figures.is_open;
}

async function ask() {
  try {
    const answer = await fetch(batch.dataset.batch, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(answer.statusText);
    const figures = await answer.json();
    stale.hidden = true;
    show(figures);
    if (hasOtherSteps(figures)) {
      location.reload();
      return;
    }
    setTimeout(ask, document.hidden ? PAUSE_HIDDEN_MS : PAUSE_MS);
  } catch {
    stale.hidden = false;
    setTimeout(ask, PAUSE_AFTER_ERROR_MS);
  }
}

setTimeout(ask, PAUSE_MS);
