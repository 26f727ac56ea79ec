// The same payloads by plain requests, for networks that let no websocket through. What has not changed is not sent again.

const EVERY_MS = 3000;
const TIMEOUT_MS = 10000;
const HTTP_NOT_MODIFIED = 304;
const REFUSALS = [401, 403];

export function makePolling({ url, topics, onData, onState, everyMs = EVERY_MS }) {
  const etags = new Map();
  let timer = null;
  let running = null; // the round's AbortController; null when stopped

  async function read(topic, signal) {
    const address = new URL(url, location.href);
    address.searchParams.set("topic", topic);
    const headers = etags.has(topic) ? { "If-None-Match": etags.get(topic) } : {};
    const response = await fetch(address, { headers, signal, cache: "no-store", redirect: "error" });
    if (REFUSALS.includes(response.status)) return "refused";
    if (response.status === HTTP_NOT_MODIFIED) return "polling";
    if (!response.ok) return "lost";
    const data = await response.json();
    etags.set(topic, response.headers.get("ETag"));
    if (!signal.aborted) onData(topic, data);
    return "polling";
  }

  async function round(mine) {
    const signal = AbortSignal.any([mine.signal, AbortSignal.timeout(TIMEOUT_MS)]);
    const outcomes = await Promise.all(topics.map((topic) => read(topic, signal).catch(() => "lost")));
    if (running !== mine) return;
    const worst = ["refused", "lost", "polling"].find((name) => outcomes.includes(name));
    onState(worst);
    if (worst === "refused") stop();
    else timer = setTimeout(round, everyMs, mine);
  }

  function start() {
    if (running) return;
    running = new AbortController();
    round(running);
  }

  function stop() {
    clearTimeout(timer);
    running?.abort();
    running = null;
    etags.clear();
  }

  return { start, stop };
}
