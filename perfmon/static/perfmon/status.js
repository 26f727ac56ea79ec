// The status line: what the connection says, what the payload says and how old it is, in one word and since when.

import { update } from "./bind.js";
import { setMoment } from "./times.js";

export function makeStatus(section, payload) {
  const line = section.querySelector("[data-state]");
  const state = { connection: "connecting", payload };
  const redraw = () => draw(line, state);
  return {
    connection(name) {
      state.connection = name;
      redraw();
    },
    show(next) {
      state.payload = next;
      update(section.querySelector(".status-facts"), next.status);
      redraw();
    },
  };
}

// What is shown is as old as its payload whatever the connection says, so each state tells since when.
function judge({ connection, payload }) {
  const { status } = payload;
  const since = new Date(payload.generated_at * 1000);
  if (connection === "connecting" || connection === "offline") return { name: connection, since };
  if (connection === "refused") return { name: "stale", since, why: "whyRefused" };
  if (connection === "lost") return { name: "stale", since, why: "whyLost" };
  if (status.state === "stale") return stale(status);
  if (connection === "stale") return { name: "stale", since, why: "whySilent" };
  if (status.state === "empty") return { name: "empty", text: status.why };
  return { name: connection, since };
}

function stale(status) {
  return { name: "stale", since: status.since, text: status.why };
}

function draw(line, state) {
  const { name, since, why, text } = judge(state);
  const word = line.dataset[`word${name[0].toUpperCase()}${name.slice(1)}`];
  const shown = line.querySelector("[data-state-word]");
  line.dataset.state = name;
  if (shown.textContent !== word) shown.textContent = word;
  setMoment(line.querySelector("[data-state-since]"), name === "stale" || name === "offline" ? since : null);
  const reason = text ?? (why ? line.dataset[why] : "");
  const place = line.querySelector("[data-state-why]");
  if (place.textContent !== reason) place.textContent = reason;
}
