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

function lengthText(length) {
  const unit = (value, name) => new Intl.NumberFormat(language, { style: "unit", unit: name, unitDisplay: "short", maximumFractionDigits: 0 }).format(value);
  if (length < MINUTE_S) return unit(length, "second");
  const minutes = unit(Math.floor(length / MINUTE_S), "minute");
  return length % MINUTE_S ? `${minutes} ${unit(length % MINUTE_S, "second")}` : minutes;
}

function capital(text) {
  return text.charAt(0).toLocaleUpperCase(language) + text.slice(1);
}
