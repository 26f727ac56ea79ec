// The sentences of the editor in the page's language, written by the server into the page.

const sentences = JSON.parse(document.getElementById("editor-words")?.textContent ?? "{}");

export function say(name, value = "", version = "") {
  return (sentences[name] ?? "").replace(/%[sv]/g, (mark) => (mark === "%s" ? value : version));
}

export const language = document.documentElement.lang;

export function clock(moment) {
  return moment.toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}

export function number(value) {
  return value.toLocaleString(language);
}
