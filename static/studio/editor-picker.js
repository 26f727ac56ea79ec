// The images uploaded lately, fetched when their panel is first opened.

import { getJson } from "./editor-request.js";

export function startPicker(panel, { onPick }) {
  const box = panel.querySelector("[data-picker]");
  const list = panel.querySelector("[data-picker-list]");
  let isFresh = false;

  async function fill() {
    if (isFresh || !panel.open || !panel.dataset.images) return;
    isFresh = true;
    const answer = await getJson(panel.dataset.images);
    if (!answer.ok) {
      isFresh = false;
      return;
    }
    const told = await answer.json();
    const images = Array.isArray(told) ? told : told.images;
    list.replaceChildren(...images.map(entry));
    box.hidden = images.length === 0;
  }

  function entry(image) {
    const picture = Object.assign(document.createElement("img"), { src: image.thumbnail, alt: image.alt, loading: "lazy" });
    const button = Object.assign(document.createElement("button"), { type: "button", title: image.alt });
    button.append(picture);
    button.addEventListener("click", () => onPick(image));
    const item = document.createElement("li");
    item.append(button);
    return item;
  }

  panel.addEventListener("toggle", fill);
  return {
    stale() {
      isFresh = false;
      fill();
    },
  };
}
