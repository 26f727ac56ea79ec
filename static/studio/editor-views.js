// Text, preview, or both beside each other; the choice is kept for the next article.

const KEPT = "studio:view";
const WIDE = matchMedia("(min-width: 1161px)");

export function makeViews(group, editor, { onShow }) {
  const preview = editor.querySelector("[data-preview]");
  let view = localStorage.getItem(KEPT) ?? "both";

  function effective() {
    return view === "both" && !WIDE.matches ? "write" : view;
  }

  function show(next, keep = true) {
    view = next;
    const now = effective();
    editor.dataset.shown = now;
    preview.hidden = now === "write";
    for (const button of group.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(button.dataset.view === now));
    }
    if (keep) localStorage.setItem(KEPT, view);
    if (now !== "write") onShow();
  }

  group.hidden = false;
  group.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) show(button.dataset.view);
  });
  WIDE.addEventListener("change", () => show(view, false));
  show(view === "preview" ? "both" : view, false);

  return {
    toggle() {
      show(effective() !== "write" ? "write" : WIDE.matches ? "both" : "preview");
    },
    get shown() {
      return effective();
    },
    show,
  };
}
