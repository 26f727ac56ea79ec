// Copies a sample call. The button is hidden until here, as without scripts it could do nothing.

const words = document.querySelector("[data-word-copy]").dataset;

async function copy(button) {
  await navigator.clipboard.writeText(button.parentElement.querySelector("code").textContent);
  button.textContent = words.wordCopied;
  setTimeout(() => { button.textContent = words.wordCopy; }, 2000);
}

if (navigator.clipboard) {
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", () => copy(button));
  }
}
