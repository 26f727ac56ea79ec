// Says before anything is started that no model writes the language, and lets a form go out once.

const form = document.querySelector("[data-generate]");
const language = form.elements.language;
const model = form.querySelector("[data-generate-model]");
const buttons = [...form.querySelectorAll("button[name=do]")];
const notices = [...form.querySelectorAll("[data-unwritten]")];
const locked = buttons.some((button) => button.disabled);
let sent = false;

function writes(option) {
  return !option.value || option.dataset.languages.split(" ").includes(language.value);
}

function look() {
  for (const option of model.options) option.disabled = !writes(option);
  if (model.selectedOptions[0]?.disabled) model.value = "";
  let stopped = locked;
  for (const notice of notices) {
    notice.hidden = notice.dataset.unwritten !== language.value;
    stopped ||= !notice.hidden;
  }
  for (const button of buttons) button.disabled = stopped;
}

form.addEventListener("submit", (event) => {
  if (sent) event.preventDefault(); // the server would find the same job; this spares it the question
  sent = true;
});
addEventListener("pageshow", () => { // back in history: the form may be sent again
  sent = false;
  look();
});
language.addEventListener("change", look);
