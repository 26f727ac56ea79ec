// What happens with a job, in order and each once: by a websocket, and by asking again where none gets through.

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 15000;
const POLL_MS = 1000;
const POLL_HIDDEN_MS = 5000;
const TRIES_BEFORE_POLLING = 2;
const REFUSED = [4401, 4403, 4404];

export function connect(root, { hear, poll, tell = () => {} }) {
  let socket = null;
  let seq = "";
  let failures = 0;
  let timer = null;
  let polling = null;
  let closed = false;

  function open() {
    clearTimeout(timer);
    if (closed || socket) return;
    const url = new URL(root.dataset.socket, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    if (seq) url.searchParams.set("after", seq);
    socket = new WebSocket(url);
    socket.onmessage = (message) => receive(JSON.parse(message.data));
    socket.onclose = (event) => lose(event.code);
  }

  function receive(frame) {
    failures = 0;
    stopPolling();
    if (frame.seq) seq = frame.seq;
    if (frame.event) hear(frame);
  }

  function lose(code) {
    socket = null;
    if (closed) return;
    failures += 1;
    if (failures >= TRIES_BEFORE_POLLING || REFUSED.includes(code)) startPolling();
    if (REFUSED.includes(code)) return;
    timer = setTimeout(open, Math.random() * Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** failures));
  }

  async function ask() {
    await poll();
    if (polling) polling = setTimeout(ask, document.hidden ? POLL_HIDDEN_MS : POLL_MS);
  }

  function startPolling() {
    if (!polling) polling = setTimeout(ask, 0);
    tell(true);
  }

  function stopPolling() {
    clearTimeout(polling);
    polling = null;
    tell(false);
  }

  addEventListener("online", open);
  document.addEventListener("visibilitychange", () => document.hidden || open());
  // Closed before it is open, a socket makes the browser complain.
  function shut() {
    const leaving = socket;
    if (leaving?.readyState === WebSocket.CONNECTING) leaving.onopen = () => leaving.close();
    else leaving?.close();
  }

  addEventListener("pagehide", shut);
  open();

  return {
    close() {
      closed = true;
      clearTimeout(timer);
      stopPolling();
      shut();
    },
  };
}
