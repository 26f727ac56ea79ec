// The form's written fields as one value, and what is wrong with them.

export const NAMES = [
  "title", "body", "slug", "excerpt", "language", "category", "tags", "cover", "seo_title", "seo_description", "origin", "accepted",
];

export function makeFields(form) {
  const field = (name) => form.elements[name];

  function mark(name, messages) {
    const list = document.querySelector(`[data-errors="${name}"]`);
    if (!list) return;
    list.replaceChildren(...messages.map((text) => Object.assign(document.createElement("li"), { textContent: text })));
    list.hidden = messages.length === 0;
    if (messages.length) field(name)?.setAttribute("aria-invalid", "true");
    else field(name)?.removeAttribute("aria-invalid");
  }

  return {
    field,
    read: () => Object.fromEntries(NAMES.map((name) => [name, field(name).value])),
    // As the page came: what was typed before this script ran, or put back by the browser, is not in it.
    served: () => Object.fromEntries(NAMES.map((name) => [name, servedValue(field(name))])),
    write(values) {
      for (const name of NAMES) if (name in values) field(name).value = values[name];
      form.dispatchEvent(new Event("input", { bubbles: true }));
    },
    showErrors(errors) {
      for (const name of NAMES) mark(name, errors[name] ?? []);
      const first = NAMES.find((name) => errors[name]);
      if (!first) return;
      const panel = field(first).closest("details");
      if (panel) panel.open = true;
    },
  };
}

function servedValue(element) {
  if (!element.options) return element.defaultValue;
  const options = [...element.options];
  return (options.find((option) => option.defaultSelected) ?? options[0])?.value ?? "";
}
