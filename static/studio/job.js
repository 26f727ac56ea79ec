// Keeps a running job's figures up to date. When it is over the page is loaded again: the server tells the rest.

const PAUSE_MS = 1000;
const PAUSE_HIDDEN_MS = 5000;
const PAUSE_AFTER_ERROR_MS = 4000;
const job = document.querySelector("[data-job]");
const said = job.querySelector("[data-said]");
const bar = job.querySelector("progress");
const failed = job.querySelector("[data-failed]");
const isStalled = "stalled" in job.dataset;

function show(figures) {
  if (said.textContent !== figures.said) said.textContent = figures.said;
  if (figures.total) {
    bar.max = figures.total;
    bar.value = figures.done;
  }
  failed.hidden = !figures.failed;
  failed.querySelector("[data-failed-count]").textContent = figures.failed;
}

async function ask() {
  try {
    const answer = await fetch(job.dataset.job, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(answer.statusText);
    const figures = await answer.json();
    show(figures);
    if (!figures.is_open || figures.status !== job.dataset.status || figures.is_stalled !== isStalled) {
      location.reload();
      return;
    }
    setTimeout(ask, document.hidden ? PAUSE_HIDDEN_MS : PAUSE_MS);
  } catch {
    setTimeout(ask, PAUSE_AFTER_ERROR_MS); // the figures stay as they were; the next answer mends them
  }
}

setTimeout(ask, PAUSE_MS);
