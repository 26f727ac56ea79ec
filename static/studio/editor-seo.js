// How a search engine and a shared link may show the article, and how long their texts are.

import { getJson } from "./editor-request.js";
import { say } from "./editor-words.js";

export function startSeo(panel, fields) {
  const shown = [...panel.querySelectorAll("[data-show]")];
  const image = panel.querySelector("[data-social-image]");
  const none = image.firstElementChild;
  let isAsked = false;
  let excerpt = fields.field("excerpt").placeholder;

  function values() {
    const { title, slug, seo_title, seo_description } = fields.read();
    const summary = fields.field("excerpt").value.trim() || excerpt;
    return { slug: slug || "…", seo_title: seo_title || title || "…", seo_description: seo_description || summary };
  }

  function measure(input) {
    const help = panel.querySelector(`[data-meter-of="${input.name}"]`);
    const left = Number(input.dataset.meter) - input.value.length;
    help.dataset.words ??= help.textContent;
    help.toggleAttribute("data-over", left < 0);
    help.textContent = !input.value ? help.dataset.words : left < 0 ? say("over", -left) : say("left", left);
  }

  function cover() {
    const chosen = fields.field("cover").selectedOptions[0];
    const { url } = chosen?.dataset ?? {};
    if (chosen?.value && !url) learn();
    if (!url) image.replaceChildren(none);
    else if (image.querySelector("img")?.getAttribute("src") !== url) {
      image.replaceChildren(Object.assign(document.createElement("img"), { src: url, alt: "" }));
    }
  }

  // The options name the images; their files are asked for when the card is looked at.
  async function learn() {
    if (isAsked || !panel.open || !panel.dataset.images) return;
    isAsked = true;
    try {
      const { images } = await (await getJson(panel.dataset.images)).json();
      const options = [...fields.field("cover").options];
      for (const { id, thumbnail } of images) {
        options.find(({ value }) => value === String(id))?.setAttribute("data-url", thumbnail);
      }
      cover();
    } catch {
      isAsked = false; // the next change asks again
    }
  }

  function update() {
    const now = values();
    for (const element of shown) element.textContent = now[element.dataset.show];
    fields.field("seo_title").placeholder = fields.field("title").value;
    fields.field("seo_description").placeholder = fields.field("excerpt").value || excerpt;
    panel.querySelectorAll("[data-meter]").forEach(measure);
    cover();
  }

  panel.addEventListener("toggle", update);
  update();
  return {
    update,
    saved(answer) {
      excerpt = fields.field("excerpt").placeholder = answer.excerpt;
      update();
    },
  };
}
