// Wires the editor's page. Each behaviour is a module of its own; without scripts the form saves and nothing else works.

import { makeAccepted } from "./editor-accepted.js";
import { startAi } from "./editor-ai.js";
import { makeBackup, offerBackup } from "./editor-backup.js";
import { makeCounts } from "./editor-counts.js";
import { makeFields } from "./editor-fields.js";
import { startFormat } from "./editor-format.js";
import { grow } from "./editor-grow.js";
import { startHints } from "./editor-hints.js";
import { startImages } from "./editor-images.js";
import { replaceAll } from "./editor-insert.js";
import { startPresence } from "./editor-presence.js";
import { makePreview } from "./editor-preview.js";
import { makeSaver } from "./editor-save.js";
import { startSeo } from "./editor-seo.js";
import { makeStanding } from "./editor-standing.js";
import { makeStatus } from "./editor-status.js";
import { startSteps } from "./editor-steps.js";
import { startSuggestions } from "./editor-suggest.js";
import { makeViews } from "./editor-views.js";

const find = (selector) => document.querySelector(selector);
const editor = find("[data-editor]");
const form = find("#editor-form");
const bar = find("[data-bar]");
const fields = makeFields(form);
const [title, body] = [fields.field("title"), fields.field("body")];

grow(title, body);
const preview = makePreview(find("[data-preview]"), editor.dataset.previewUrl, fields);
const views = makeViews(find("[data-views]"), editor, { onShow: preview.refresh });
const seo = startSeo(find("[data-panel=seo]"), fields);

if (!("readOnly" in editor.dataset)) startWriting();

function startWriting() {
  const status = makeStatus(bar);
  const { account, id } = editor.dataset;
  const backup = makeBackup({ account, article: id, pageKey: form.elements.key.value });
  const count = makeCounts(find("[data-counts]"), body);
  const saver = makeSaver({ form, fields, status, backup, onSaved, isRefused: "refused" in editor.dataset });
  const presence = startPresence({ people: find("[data-people]"), banner: find("[data-others-saved]"), saver });
  const steps = startSteps(find(".side"), saver);
  const images = startImages(find("[data-panel=images]"), { body, cover: fields.field("cover") });
  startHints(find("[data-panel=hints]"), editor, fields);
  const accepted = makeAccepted(form, fields);
  const ai = startAllAi();
  startFormat(find("[data-format]"), body, { image: images.open, ai: ai.open });
  let isLeaving = false;

  function onSaved(answer) {
    editor.dataset.id = answer.id;
    form.action = answer.save_url;
    status.compareAt(`${answer.editor_url}conflict/`);
    find("[data-article-state]").textContent = answer.state;
    const read = find("[data-see-live]");
    read.href = answer.read_url;
    read.hidden = false;
    if (location.pathname !== answer.editor_url) history.replaceState(null, "", answer.editor_url);
    backup.moveTo(answer.id);
    seo.saved(answer);
    steps.saved(answer);
    accepted.saved(answer);
    presence.join(answer.id);
  }

  function startAllAi() {
    const panel = find("[data-panel=ai]");
    const shared = { editor, fields, accepted, standing: makeStanding(panel, fields.field("language")) };
    const passages = startAi(panel, find("[data-proposal]"), find("[data-ai-done]"), { ...shared, views });
    startSuggestions(panel.dataset.suggestions, { ...shared, openPanel: passages.open });
    return passages;
  }

  function changed() {
    saver.changed();
    preview.changed();
    seo.update();
    count();
  }

  form.addEventListener("input", changed);
  for (const element of form.elements) if (!form.contains(element)) element.addEventListener("input", changed);
  title.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault(); // a title is one line
    body.focus();
  });
  form.addEventListener("submit", (event) => {
    if (event.submitter?.name === "do") {
      isLeaving = true; // to the comparison, which takes all that was typed with it
      return;
    }
    event.preventDefault();
    saver.save("save");
  });
  find("[data-retry]").addEventListener("click", () => saver.save("autosave"));
  document.addEventListener("keydown", (event) => {
    const key = event.key.toLowerCase();
    if ((event.ctrlKey || event.metaKey) && key === "s" && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      saver.save("save");
    } else if ((event.ctrlKey || event.metaKey) && event.shiftKey && key === "p") {
      event.preventDefault();
      views.toggle();
    } else if (key === "escape" && !event.defaultPrevented && !find("dialog[open]")) {
      if (views.shown === "preview") views.show("write");
      body.focus();
    }
  });
  addEventListener("beforeunload", (event) => {
    if (saver.isDirty() && !isLeaving) event.preventDefault();
  });
  offerBackup(find("[data-restore]"), backup, fields, {
    onTake({ fields: kept, version }) {
      replaceAll(body, kept.body);
      if (version) form.elements.version.value = version;
      fields.write(kept);
    },
  });
  if (saver.isDirty()) changed();
  else count();
  if (id) presence.join(id);
}
