// Fields as tall as their text, where CSS can't do that yet.

const IS_NEEDED = !CSS.supports("field-sizing", "content");

export function grow(...fields) {
  if (!IS_NEEDED) return;
  for (const field of fields) {
    const fit = () => {
      const at = scrollY;
      field.style.height = "auto";
      field.style.height = `${field.scrollHeight}px`;
      scrollTo(scrollX, at);
    };
    field.addEventListener("input", fit);
    fit();
  }
}
