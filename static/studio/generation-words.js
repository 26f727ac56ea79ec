// The sentences of a job's page in the page's language, written by the server into the page.

const sentences = JSON.parse(document.getElementById("generation-words")?.textContent ?? "{}");
const language = document.documentElement.lang;

export function say(name, value = "") {
  return (sentences[name] ?? "").replace("%s", value);
}

export function number(value) {
  return value.toLocaleString(language);
}
