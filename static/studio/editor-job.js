// A job of a model for the editor: started once, followed by its websocket or by asking, stopped.

import { getJson, postJson } from "./editor-request.js";
import { connect } from "./generation-socket.js";

// Also where the page came by plain HTTP, which has no crypto.randomUUID.
function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function runJob(url, wish, { onProgress, onEnd, onRefused }) {
  let job = null;
  let link = null;
  let isOver = false;
  let text = "";
  let speed = 0;

  async function start() {
    try {
      const answer = await postJson(url, { ...wish, key: newKey() });
      const told = await answer.json();
      if (!answer.ok) refuse(told);
      else begin(told);
    } catch {
      refuse({ error: "unreachable" });
    }
  }

  function refuse(told) {
    if (isOver) return;
    isOver = true;
    onRefused(told);
  }

  function begin(told) {
    job = told;
    if (isOver) stop();
    else if (show(told)) link = connect({ dataset: { socket: told.socket } }, { hear, poll: ask });
  }

  function hear({ event }) {
    if (event.type === "text" && event.section === 1) text = text.slice(0, event.at) + event.text;
    else if (event.type === "trim" && event.section === 1) text = event.text;
    else if (event.type === "snapshot") text = event.sections[0]?.text ?? "";
    else if (event.type === "figures") speed = event.tokens_per_s;
    else if (event.type === "status" || event.type === "end") ask();
    if (!isOver) onProgress({ text, speed });
  }

  async function ask() {
    const answer = await getJson(job.url).catch(() => null);
    if (answer?.ok) show(await answer.json());
  }

  function show(told) {
    if (isOver) return false;
    if (told.is_open) {
      onProgress({ text, speed, said: told.said });
      return true;
    }
    isOver = true;
    link?.close();
    onEnd(told);
    return false;
  }

  function stop() {
    isOver = true;
    link?.close();
    if (job) postJson(job.stop_url, {}).catch(() => {}); // it ends by itself as well, only later
  }

  start();
  return { stop };
}
