// Images: chosen, dropped or pasted, described, uploaded, and put into the text as Markdown.

import { makeFocal } from "./editor-focal.js";
import { insertBlock } from "./editor-insert.js";
import { startPicker } from "./editor-picker.js";
import { postForm } from "./editor-request.js";
import { say } from "./editor-words.js";

const PREVIEW_PX = 560;

export function startImages(panel, { body, cover }) {
  const part = (name) => panel.querySelector(`[data-${name}]`);
  const [form, drop, input, alt] = [part("upload-form"), part("drop"), part("file"), part("upload-alt")];
  const focal = makeFocal(part("focal"), part("focal-mark"));
  const picker = startPicker(panel, { onPick: (image) => insertBlock(body, image.markdown) });
  let file = null;

  panel.hidden = !panel.dataset.upload;

  async function choose(chosen) {
    if (!chosen) return;
    file = chosen;
    panel.open = true;
    drop.hidden = true;
    form.hidden = false;
    alt.value = "";
    focal.set(50, 50);
    showErrors([]);
    part("upload-name").textContent = file.name;
    part("focal").hidden = part("focal-words").hidden = !(await draw(file, part("upload-picture")));
    alt.focus();
  }

  function close() {
    file = null;
    input.value = "";
    form.hidden = true;
    drop.hidden = false;
  }

  function showErrors(messages) {
    const list = part("upload-errors");
    list.replaceChildren(...messages.map((text) => Object.assign(document.createElement("li"), { textContent: text })));
    list.hidden = messages.length === 0;
  }

  async function send() {
    if (!alt.value.trim()) {
      showErrors([say("altNeeded")]);
      alt.focus();
      return;
    }
    const [x, y] = focal.get();
    const data = new FormData();
    for (const [name, value] of Object.entries({ file, alt: alt.value, focal_x_pct: x, focal_y_pct: y })) {
      data.set(name, value);
    }
    part("upload-send").disabled = true;
    part("upload-name").textContent = say("uploading", file.name);
    try {
      const answer = await postForm(panel.dataset.upload, data);
      const told = await answer.json();
      if (answer.ok) finish(told);
      else showErrors(Object.values(told.errors ?? {}).flat().concat(told.errors ? [] : [say("uploadFailed")]));
    } catch {
      showErrors([say("uploadFailed")]);
    }
    part("upload-send").disabled = false;
    if (file) part("upload-name").textContent = file.name;
  }

  function finish(image) {
    close();
    insertBlock(body, image.markdown);
    if (![...cover.options].some((option) => option.value === String(image.id))) {
      const option = new Option(image.alt, image.id);
      option.dataset.url = image.url;
      cover.add(option, 1);
    }
    picker.stale();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  part("upload-cancel").addEventListener("click", close);
  form.addEventListener("keydown", (event) => event.key === "Escape" && (event.preventDefault(), close(), body.focus()));
  part("choose-file").addEventListener("click", () => input.click());
  input.addEventListener("change", () => choose(input.files[0]));
  takeFiles(body, choose);
  takeFiles(drop, choose);

  return {
    open() {
      panel.open = true;
      panel.scrollIntoView({ block: "nearest" });
      part("choose-file").focus();
    },
  };
}

function takeFiles(target, onFile) {
  const picture = (transfer) => [...(transfer?.files ?? [])].find((file) => file.type.startsWith("image/"));
  const light = (on) => document.querySelector(".writing").classList.toggle("is-dropping", on);
  target.addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    light(true);
  });
  target.addEventListener("dragleave", () => light(false));
  target.addEventListener("drop", (event) => {
    light(false);
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    onFile(picture(event.dataTransfer));
  });
  target.addEventListener("paste", (event) => {
    const file = picture(event.clipboardData);
    if (!file || event.clipboardData.types.includes("text/plain")) return;
    event.preventDefault();
    onFile(file);
  });
}

// Drawn, not linked: the page's policy allows images of this site alone.
async function draw(file, canvas) {
  try {
    const bitmap = await createImageBitmap(file);
    const scale = Math.min(1, PREVIEW_PX / bitmap.width);
    canvas.width = Math.max(1, bitmap.width * scale);
    canvas.height = Math.max(1, bitmap.height * scale);
    canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    bitmap.close();
    return true;
  } catch {
    return false;
  }
}
