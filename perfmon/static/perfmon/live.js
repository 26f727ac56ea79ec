// The live connection: a websocket that is opened again by itself, polling while websockets can't get through.
//
// connect({ url, topics, onSnapshot, onFrame, onState, pollUrl }) -> { close, skipped }
// onSnapshot and onFrame get (topic, data, seq); data is always the topic's whole payload, so the newest replaces what
// was shown. A frame that was skipped for a slow reader is made good by the one that came; silence is what is asked about.
// onState gets connecting, live, stale (connected, but nothing comes), lost (retrying), polling, offline or refused.

import { makePolling } from "./polling.js";

const STALE_MS = 3000; // frames come every second
const RESYNC_MS = 16000; // by then the server too calls its newest measurement old
const DEAD_MS = 30000; // not even an answer: the connection is gone and nobody said so
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30000;
const RESTART_MS = 1500;
const FAILURES_BEFORE_POLLING = 2;
const POLL_URL = "/api/dashboard/data";
const SUBPROTOCOL = "perfmon.v1";
const CLOSE_RESTART = 1012;
const CLOSE_REFUSED = [4401, 4403];

export function connect({ url, topics, onSnapshot, onFrame, onState, pollUrl = POLL_URL }) {
  const polling = makePolling({
    url: pollUrl,
    topics,
    onData: (topic, data) => onSnapshot(topic, data, null),
    onState: (name) => setState(name),
  });
  const seqs = new Map();
  let socket = null;
  let state = null;
  let failures = 0;
  let skipped = 0;
  let retryTimer = null;
  let frameAt = 0; // when a frame, or the snapshot that stands for the first one, last came
  let heardAt = 0;
  let askedAt = 0;
  let closed = false;

  function setState(name) {
    if (closed || name === state) return;
    state = name;
    onState(name);
  }

  function open() {
    clearTimeout(retryTimer);
    if (closed || socket || document.hidden || !navigator.onLine) return;
    socket = new WebSocket(websocketUrl(url), SUBPROTOCOL);
    socket.onopen = subscribe;
    socket.onmessage = (event) => receive(JSON.parse(event.data));
    socket.onclose = (event) => lose(event.code);
  }

  function subscribe() {
    if (document.hidden) return;
    seqs.clear();
    frameAt = heardAt = askedAt = performance.now();
    send({ type: "subscribe", topics });
  }

  function send(message) {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
  }

  function receive({ type, topic, seq, data, code, message }) {
    heardAt = performance.now();
    if (type === "error") console.warn(`Live connection: ${message} (${code})`);
    if (type !== "snapshot" && type !== "frame") return;
    const first = !seqs.has(topic);
    if (type === "frame" && !first) skipped += Math.max(0, seq - seqs.get(topic) - 1);
    seqs.set(topic, seq);
    failures = 0;
    polling.stop();
    if (document.hidden) return;
    (type === "frame" ? onFrame : onSnapshot)(topic, data, seq);
    // The answer to a resync shows how things stand now, but it is no sign that frames flow again.
    if (type === "snapshot" && !first) return;
    frameAt = heardAt;
    setState("live");
  }

  function lose(code) {
    socket = null;
    if (closed) return;
    if (CLOSE_REFUSED.includes(code)) {
      polling.stop();
      setState("refused");
      return;
    }
    failures += 1;
    if (!navigator.onLine) return;
    if (failures >= FAILURES_BEFORE_POLLING && !document.hidden) polling.start();
    else if (state !== "polling") setState("lost");
    retryTimer = setTimeout(open, delay(code));
  }

  // Full jitter: after a restart or an outage a thousand browsers do not come back in the same instant.
  function delay(code) {
    if (code === CLOSE_RESTART && failures === 1) return Math.random() * RESTART_MS;
    return Math.random() * Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** failures);
  }

  function check() {
    if (document.hidden || socket?.readyState !== WebSocket.OPEN) return;
    const now = performance.now();
    if (now - frameAt > STALE_MS && seqs.size > 0) setState("stale");
    if (now - Math.max(frameAt, askedAt) > RESYNC_MS) {
      askedAt = now;
      topics.filter((topic) => seqs.has(topic)).forEach((topic) => send({ type: "resync", topic }));
    }
    if (now - heardAt > DEAD_MS) abandon();
  }

  // A dead peer never answers the closing handshake, so its end is not waited for.
  function abandon() {
    const dead = socket;
    dead.onopen = dead.onmessage = dead.onclose = null;
    dead.close();
    lose(0);
  }

  function onVisibility() {
    if (document.hidden) {
      send({ type: "unsubscribe", topics });
      polling.stop();
    } else if (socket?.readyState === WebSocket.OPEN) subscribe();
    else {
      failures = 0; // refused too: one may have logged in again in another tab
      open();
    }
  }

  function onOnline() {
    failures = 0;
    setState("connecting");
    open();
  }

  function onOffline() {
    clearTimeout(retryTimer);
    polling.stop();
    if (socket) abandon();
    setState("offline");
  }

  const checkTimer = setInterval(check, 1000);
  document.addEventListener("visibilitychange", onVisibility);
  addEventListener("online", onOnline);
  addEventListener("offline", onOffline);
  // Closed before it is open, a socket makes the browser complain.
  addEventListener("pagehide", () => socket?.readyState === WebSocket.OPEN && socket.close());
  addEventListener("pageshow", (event) => event.persisted && open());
  setState(navigator.onLine ? "connecting" : "offline");
  open();

  return {
    get skipped() {
      return skipped;
    },
    close() {
      closed = true;
      clearInterval(checkTimer);
      clearTimeout(retryTimer);
      polling.stop();
      socket?.close();
      document.removeEventListener("visibilitychange", onVisibility);
      removeEventListener("online", onOnline);
      removeEventListener("offline", onOffline);
    },
  };
}

function websocketUrl(url) {
  const absolute = new URL(url, location.href);
  absolute.protocol = absolute.protocol.replace("http", "ws");
  return absolute;
}
