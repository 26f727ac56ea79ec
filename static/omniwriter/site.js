// The theme switch: system, light, dark. Kept in the dashboard's cookie, so that one choice holds for both.

const COOKIE = "perfmon_theme";
const ORDER = ["auto", "light", "dark"];
const YEAR_S = 31536000;
const root = document.documentElement;
const button = document.querySelector("[data-theme-switch]");
const word = button?.querySelector("[data-theme-word]") ?? button;

function current() {
  return root.dataset.theme ?? "auto";
}

function label() {
  const words = { auto: button.dataset.wordAuto, light: button.dataset.wordLight, dark: button.dataset.wordDark };
  word.textContent = words[current()];
}

function choose(theme) {
  if (theme === "auto") delete root.dataset.theme;
  else root.dataset.theme = theme;
  document.cookie = `${COOKIE}=${theme}; path=/; max-age=${theme === "auto" ? 0 : YEAR_S}; samesite=lax`;
  label();
}

if (button) {
  label();
  button.hidden = false;
  button.addEventListener("click", () => choose(ORDER[(ORDER.indexOf(current()) + 1) % ORDER.length]));
}
