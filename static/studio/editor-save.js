// Saving: by itself a moment after the last key and at most each ten seconds, at once when it is asked for.
//
// Nothing counts as saved before the site said so; until then a copy is kept in this browser.

import { postJson } from "./editor-request.js";

const PAUSE_MS = 2000;
const LEAST_MS = 10000;
const LONGEST_RETRY_MS = 30000;
const MADE_BY_THE_SITE = ["slug", "origin"];
const BLOCKING = ["stale", "notAllowed", "archived", "gone", "tooLarge"];

export function makeSaver({ form, fields, status, backup, onSaved, isRefused }) {
  let saved = isRefused ? null : JSON.stringify(fields.served());
  let timer = null;
  let flight = null;
  let failures = 0;
  let lastAt = 0;
  let blocked = null;
  let wanted = null;
  let url = form.action;

  const now = () => JSON.stringify(fields.read());
  const isDirty = () => now() !== saved;
  const version = () => Number(form.elements.version.value) || 0;

  function changed() {
    if (!isDirty()) {
      if (!blocked && !flight && status.state === "dirty") status.show("saved", new Date(lastAt || Date.now()));
      return;
    }
    backup.keep(fields.read(), version());
    if (blocked) return;
    if (!fields.field("title").value.trim()) status.show("untitled");
    else {
      if (!failures) status.show("dirty");
      plan(Math.max(PAUSE_MS, lastAt + LEAST_MS - Date.now()));
    }
  }

  function plan(delay) {
    clearTimeout(timer);
    timer = setTimeout(save, delay, "autosave");
  }

  // An asked-for save also runs when nothing is dirty: it keeps what was autosaved for good.
  function save(kind) {
    clearTimeout(timer);
    if (flight) {
      wanted = kind === "save" || wanted === "save" ? "save" : kind;
      return flight;
    }
    if (kind === "autosave" && (!isDirty() || blocked)) return Promise.resolve(!blocked);
    blocked = null;
    flight = send(kind).finally(() => {
      flight = null;
      const again = wanted;
      wanted = null;
      if (again === "save") save(again);
      else if (!blocked && !failures && isDirty()) changed();
    });
    return flight;
  }

  async function send(kind) {
    const sent = fields.read();
    status.show("saving");
    try {
      const data = { ...sent, kind, version: version() || undefined, key: form.elements.key.value || undefined };
      const answer = await postJson(url, data);
      return answer.ok ? confirm(await answer.json(), sent) : await refuse(answer);
    } catch {
      return retry(navigator.onLine ? "failed" : "offline");
    }
  }

  function confirm(answer, sent) {
    failures = 0;
    lastAt = Date.now();
    form.elements.version.value = answer.version;
    for (const name of MADE_BY_THE_SITE) {
      if (fields.field(name).value === sent[name]) fields.field(name).value = sent[name] = answer[name];
    }
    url = answer.save_url;
    saved = JSON.stringify(sent);
    fields.showErrors({});
    status.show("saved", new Date(answer.saved_at));
    if (isDirty()) backup.keep(fields.read(), answer.version);
    else backup.drop();
    onSaved(answer);
    return true;
  }

  async function refuse(answer) {
    const told = await answer.json().catch(() => ({}));
    backup.keep(fields.read(), version());
    if (answer.status >= 500 || answer.status === 429) return retry("failed");
    const kind = kindOf(answer.status, told.error);
    if (told.errors) fields.showErrors(told.errors);
    if (told.conflict_url) status.compareAt(told.conflict_url);
    if (BLOCKING.includes(kind)) blocked = kind;
    status.show(kind);
    return false;
  }

  function retry(kind) {
    failures += 1;
    backup.keep(fields.read(), version());
    status.show(kind);
    plan(Math.min(LONGEST_RETRY_MS, 1000 * 2 ** failures) * (0.5 + Math.random() / 2));
    return false;
  }

  const retryNow = () => (failures || status.state === "logIn") && save("autosave");
  addEventListener("online", retryNow);
  addEventListener("focus", retryNow);
  addEventListener("offline", () => isDirty() && retry("offline"));

  return { changed, save, isDirty, version, settled: () => flight ?? Promise.resolve() };
}

function kindOf(status, error) {
  if (status === 401) return "logIn";
  if (status === 403) return error === "not_allowed" ? "notAllowed" : "logIn"; // a token of the session before
  if (status === 404) return "gone";
  if (status === 409) return error === "archived" ? "archived" : "stale";
  if (status === 413) return "tooLarge";
  return "invalid";
}
