// The form that starts a load test: says how long it takes and what its numbers mean, as the chosen profile has them.

const form = document.querySelector("[data-load-form]");
const language = document.documentElement.lang;
const MINUTE_S = 60;

if (form) {
  const show = () => {
    const { seconds, model, target, search } = form.querySelector("[name=profile]:checked").dataset;
    const fields = form.elements;
    const open = (fields.model.value || model) === "open";
    const label = form.querySelector(`label[for="${fields.target.id}"]`);
    label.textContent = capital(open ? form.dataset.wordOpen : form.dataset.wordClosed);
    fields.target.placeholder = target;
    fields.duration_s.placeholder = search === undefined ? seconds : "";
    fields.duration_s.disabled = fields.model.disabled = search !== undefined;
    const length = search === undefined ? Number(fields.duration_s.value) || Number(seconds) : Number(seconds);
    const words = search === undefined ? form.dataset.wordTakes : form.dataset.wordMost;
    form.querySelector("[data-estimate]").textContent = words.replace("{time}", lengthText(length));
  };
  form.addEventListener("input", show);
  show();
}

// As the server writes a length of time: 45 s, 1 min 30 s, 1 h 5 min.
function lengthText(length) {
  const minutes = Math.floor(length / MINUTE_S);
  const hours = Math.floor(minutes / MINUTE_S);
  const parts = [[hours, "h"], [minutes % MINUTE_S, "min"], [hours ? 0 : length % MINUTE_S, "s"]];
  return parts.filter(([size]) => size).map(([size, unit]) => `${size}\u00a0${unit}`).join(" ");
}

function capital(text) {
  return text.charAt(0).toLocaleUpperCase(language) + text.slice(1);
}
