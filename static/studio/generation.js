// The page of a job, or two beside each other: what the socket tells goes to the text, the figures and the parts.

import { startCountdowns } from "./generation-countdown.js";
import { makeFigures } from "./generation-figures.js";
import { follow } from "./generation-follow.js";
import { startKeys } from "./generation-keys.js";
import { makeParts } from "./generation-parts.js";
import { connect } from "./generation-socket.js";
import { makeText } from "./generation-text.js";
import { say } from "./generation-words.js";

const REFRESH_QUEUED_MS = 3000;

function start(root) {
  const follower = follow(root);
  const text = makeText(root, follower.grown);
  const figures = makeFigures(root);
  const parts = makeParts(root, { text, figures });
  if (!root.dataset.socket) return;
  const note = root.querySelector("[data-link]");

  function hear({ event, html }) {
    if (event.type === "text" || event.type === "trim") {
      text.hear(event, html);
    } else if (event.type === "figures") {
      figures.hear(event);
    } else {
      if (event.type === "snapshot") text.snapshot(event.sections);
      if (event.type === "stage") text.stage(event);
      parts.refresh({ whole: event.type === "end" });
    }
  }

  function tell(isPolling) {
    note.textContent = isPolling ? say("polling") : "";
    note.hidden = !isPolling;
  }

  const link = connect(root, { hear, tell, poll: () => parts.refresh({ whole: true }) });
  const queued = setInterval(() => {
    if (root.dataset.status === "queued") parts.refresh(); // its place changes without a word to it
  }, REFRESH_QUEUED_MS);
  root.addEventListener("generation-over", () => {
    clearInterval(queued);
    link.close();
    text.over();
  });
}

for (const root of document.querySelectorAll("[data-generation]")) start(root);
startCountdowns();
startKeys();
