// System, light or dark: kept in a cookie, so that the server renders the next page in it and nothing flashes.

const COOKIE = "perfmon_theme";
const ORDER = ["auto", "light", "dark"];
const YEAR_S = 31536000;

export function startTheme(onChange) {
  const button = document.querySelector("[data-theme-switch]");
  const current = () => document.documentElement.dataset.theme ?? "auto";
  const label = () => {
    button.textContent = button.dataset[`word${current()[0].toUpperCase()}${current().slice(1)}`];
  };
  const next = () => {
    choose(ORDER[(ORDER.indexOf(current()) + 1) % ORDER.length]);
    label();
    onChange();
  };
  label();
  button.hidden = false;
  button.addEventListener("click", next);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", onChange);
  return next;
}

function choose(theme) {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  const age = theme === "auto" ? 0 : YEAR_S;
  document.cookie = `${COOKIE}=${theme}; path=/; max-age=${age}; samesite=lax`;
}
