// How a search engine and a shared link may show the article, and how long their texts are.

import { say } from "./editor-words.js";

export function startSeo(panel, fields) {
  const shown = [...panel.querySelectorAll("[data-show]")];
  const image = panel.querySelector("[data-social-image]");
  const none = image.firstElementChild;
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
    const { url } = fields.field("cover").selectedOptions[0]?.dataset ?? {};
    if (!url) image.replaceChildren(none);
    else if (image.querySelector("img")?.getAttribute("src") !== url) {
      image.replaceChildren(Object.assign(document.createElement("img"), { src: url, alt: "" }));
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

  update();
  return {
    update,
    saved(answer) {
      excerpt = fields.field("excerpt").placeholder = answer.excerpt;
      update();
    },
  };
}
