// The endpoint table: sorted and filtered at once, with its state in the address, as the server would do it.

import { renderList } from "./bind.js";

const NUMBERS = ["requests", "rate", "p50", "p95", "p99", "errors", "db", "cache"];

export function makeTable(section) {
  const table = section.querySelector("[data-endpoints]");
  if (!table) return { show() {} };
  const form = section.querySelector("[data-filter]");
  const state = { sort: table.dataset.sort, text: form.elements.q.value, rows: [], others: null };
  const redraw = () => draw(section, table, state);
  table.tHead.addEventListener("click", (event) => {
    const header = event.target.closest("a")?.closest("[data-column]");
    if (!header || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    state.sort = nextSort(header.dataset.column, state.sort);
    remember(state);
    redraw();
  });
  form.elements.q.addEventListener("input", () => {
    state.text = form.elements.q.value;
    remember(state);
    redraw();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  return {
    show(data) {
      state.rows = data.rows.map((row) => named(row, table.dataset.base));
      state.others = data.others;
      redraw();
    },
  };
}

function nextSort(column, sort) {
  if (column === sort.replace("-", "")) return sort.startsWith("-") ? column : `-${column}`;
  return column === "endpoint" ? column : `-${column}`;
}

function named([key, texts, numbers, spread, marks], base) {
  const space = key.indexOf(" ");
  const url = new URL(base, location.href);
  url.searchParams.set("key", key);
  const cells = Object.fromEntries(NUMBERS.map((name, at) => [name, { text: texts[at], over: marks.includes(name) }]));
  const values = Object.fromEntries(NUMBERS.map((name, at) => [name, numbers[at]]));
  return {
    key, url: `${url.pathname}${url.search}`, method: key.slice(0, space), route: key.slice(space + 1), cells, values, spread,
  };
}

function draw(section, table, state) {
  const wanted = state.text.toLowerCase();
  const found = state.rows.filter((row) => row.key.toLowerCase().includes(wanted));
  const column = state.sort.replace("-", "");
  const sign = state.sort.startsWith("-") ? -1 : 1;
  found.sort((a, b) => compare(a, b, column, sign));
  renderList(table.querySelector("[data-rows]"), found);
  for (const header of table.tHead.querySelectorAll("[data-column]")) {
    if (header.dataset.column === column) header.setAttribute("aria-sort", sign < 0 ? "descending" : "ascending");
    else header.removeAttribute("aria-sort");
  }
  table.hidden = state.rows.length === 0;
  section.querySelector("[data-no-rows]").hidden = state.rows.length > 0;
  section.querySelector("[data-none-found]").hidden = state.rows.length === 0 || found.length > 0;
  const others = section.querySelector("[data-others]");
  others.hidden = !state.others;
  others.textContent = state.others?.text ?? "";
}

function compare(a, b, column, sign) {
  if (column === "endpoint") return sign * (a.key < b.key ? -1 : 1);
  const [left, right] = [a.values[column], b.values[column]];
  if (left === null || right === null) return (left === null) - (right === null);
  return sign * (left - right);
}

function remember(state) {
  const params = { sort: state.sort, q: state.text };
  history.replaceState(history.state, "", withParams(location.href, params));
  for (const link of document.querySelectorAll("[data-range-link]")) link.href = withParams(link.href, params);
}

function withParams(address, params) {
  const url = new URL(address);
  for (const [name, value] of Object.entries(params)) {
    if (value) url.searchParams.set(name, value);
    else url.searchParams.delete(name);
  }
  return url.href;
}
