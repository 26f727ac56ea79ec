// Names what Select2 puts in a select's place, so that a screen reader says there what the select is for.
//
// Select2 comes when it comes, and again with each added row: so the page is watched.

function nameAll() {
  for (const box of document.querySelectorAll("select + .select2-container:not([data-named])")) {
    const select = box.previousElementSibling;
    const name = select.getAttribute("aria-label") ?? select.labels[0]?.textContent.trim().replace(/:$/, "");
    box.dataset.named = "";
    if (!name) continue;
    for (const part of box.querySelectorAll("[role=combobox], [role=textbox]")) part.setAttribute("aria-label", name);
  }
}

nameAll();
new MutationObserver(nameAll).observe(document.body, { childList: true, subtree: true });
