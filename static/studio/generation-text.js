// The text as it grows: each section as the site rendered it, the one at work with an edge.

const PAUSE_MS = 80; // words come up to twenty times a second; the page is laid out half as often
const shown = new WeakMap();

export function makeText(root, grown) {
  const box = root.querySelector("[data-text]");
  const template = root.querySelector("[data-section-template]");
  const empty = box?.querySelector("[data-blank]");
  const waiting = new Map();
  let timer = null;
  const prefix = root.dataset.beside ? `${root.dataset.generation}-` : "";

  const number = (section) => Number(section.dataset.section);
  const all = () => [...box.querySelectorAll("[data-section]")];

  function section(of) {
    const found = box.querySelector(`[data-section="${Number(of)}"]`);
    if (found) return found;
    const made = template.content.firstElementChild.cloneNode(true);
    made.dataset.section = of;
    made.id = `${prefix}section-${of}`;
    const after = all().find((other) => number(other) > of) ?? empty;
    box.insertBefore(made, after);
    return made;
  }

  function title(of, words) {
    const heading = of.querySelector("[data-section-title]");
    heading.textContent = words;
    heading.hidden = !words;
  }

  function write(of, html) {
    waiting.set(of.querySelector("[data-section-body]"), html);
    timer ??= setTimeout(flush, PAUSE_MS);
  }

  function flush() {
    timer = null;
    for (const [body, html] of waiting) {
      if (shown.get(body) === html) continue;
      shown.set(body, html);
      body.innerHTML = html; // sanitised by the site, as for readers
      empty.hidden = true;
    }
    waiting.clear();
    grown();
  }

  function now(at) {
    for (const each of all()) each.classList.toggle("is-now", number(each) === at);
  }

  if (!box) {
    return { hear() {}, stage() {}, snapshot() {}, blank() {}, over() {} };
  }
  return {
    /** Words came, or the end of a section was cut; `html` is the whole section. */
    hear(event, html) {
      const at = section(event.section);
      if (html !== undefined) write(at, html);
      if (event.type === "text" && event.text) now(event.section); // not for one that is only drawn anew
    },
    stage(event) {
      if (!event.section) return;
      title(section(event.section), event.title ?? "");
      now(event.section);
    },
    snapshot(sections) {
      for (const told of sections) {
        if (!told.html && !told.is_now && !told.title) continue;
        const at = section(told.number);
        title(at, told.title);
        write(at, told.html);
      }
      const kept = new Set(sections.map((told) => told.number));
      for (const each of all()) if (!kept.has(number(each))) each.remove();
      const at = sections.find((told) => told.is_now);
      if (at) now(at.number);
    },
    blank(words) {
      empty.textContent = words;
      empty.hidden = Boolean(box.querySelector("[data-section]"));
    },
    over() {
      now(0);
      box.setAttribute("aria-busy", "false");
    },
  };
}
