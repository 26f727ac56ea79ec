// Who else has the article open, and that somebody saved it, from the websocket.

import { language, say } from "./editor-words.js";

const BEAT_MS = 20000;
const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 60000;
const REFUSED = [4401, 4403];

export function startPresence({ people, banner, saver }) {
  let socket = null;
  let article = null;
  let failures = 0;
  let beat = null;
  let retry = null;

  function open() {
    clearTimeout(retry);
    if (socket || !article) return;
    const url = new URL(`/ws/studio/articles/${article}/`, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    socket = new WebSocket(url);
    socket.onopen = () => {
      beat = setInterval(() => socket?.send(JSON.stringify({ type: "beat" })), BEAT_MS);
    };
    socket.onmessage = (event) => receive(JSON.parse(event.data));
    socket.onclose = (event) => lose(event.code);
  }

  function lose(code) {
    clearInterval(beat);
    socket = null;
    people.textContent = "";
    if (REFUSED.includes(code)) return;
    failures += 1;
    retry = setTimeout(open, Math.random() * Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** failures));
  }

  function receive(message) {
    failures = 0;
    if (message.type === "people") showPeople(message.people);
    if (message.type === "saved") saver.settled().then(() => showSaved(message));
  }

  function showPeople(list) {
    const names = list.filter((person) => !person.self).map((person) => person.name);
    const all = new Intl.ListFormat(language).format(names);
    people.textContent = names.length ? say(names.length === 1 ? "one" : "several", all) : list.length ? say("selfOpen") : "";
  }

  function showSaved({ name, version }) {
    if (version <= saver.version()) return;
    banner.querySelector("[data-others-words]").textContent = say("savedBy", name, version);
    banner.querySelector("[data-others-compare]").hidden = !saver.isDirty();
    banner.hidden = false;
  }

  banner.querySelector("[data-reload]").addEventListener("click", () => location.reload());
  addEventListener("online", open);
  document.addEventListener("visibilitychange", () => document.hidden || open());
  // Closed before it is open, a socket makes the browser complain.
  addEventListener("pagehide", () => socket?.readyState === WebSocket.OPEN && socket.close());

  return {
    join(id) {
      article = id;
      open();
    },
  };
}
