// Puts the payload's texts where the page says they belong; the server rendered the same ones, so nothing is formatted here.
//
// data-bind="path"            text
// data-attr="name:path;..."   attributes; null, undefined and false remove one
// data-show / data-show-not   hidden or not; an empty list or text counts as no
// data-time, data-spark, data-spread   a moment, a sparkline, a tiny distribution
// data-each="path"            one copy of the element's <template> for each item, kept by the item's key
// data-skip                   what is inside is somebody else's

import { sparkPath, spreadPath } from "./sparkline.js";
import { setMoment } from "./times.js";

const KEYS = ["key", "name", "id", "status", "where"];

export function update(element, scope) {
  apply(element, scope);
  if (element.dataset.each !== undefined) {
    renderList(element, resolve(scope, element.dataset.each) ?? []);
    return;
  }
  for (const child of element.children) {
    if (child.tagName !== "TEMPLATE" && child.dataset.skip === undefined) update(child, scope);
  }
}

// Make the container's elements match the items: each keeps its element wherever it moves to.
export function renderList(container, items) {
  const template = container.querySelector(":scope > template");
  const held = new Map();
  [...container.children].forEach((child) => {
    if (child !== template) held.set(child.dataset.key ?? `#${held.size}`, child);
  });
  let place = template.nextElementSibling;
  items.forEach((item, index) => {
    const key = keyOf(item, index);
    const element = held.get(key) ?? template.content.firstElementChild.cloneNode(true);
    held.delete(key);
    if (!key.startsWith("#")) element.dataset.key = key;
    update(element, item);
    if (element === place) place = place.nextElementSibling;
    else container.insertBefore(element, place);
  });
  for (const gone of held.values()) gone.remove();
}

export function resolve(scope, path) {
  let value = scope;
  for (const name of path.split(".")) {
    if (value === null || value === undefined) return undefined;
    value = Array.isArray(value) ? value.at(Number(name)) : value[name];
  }
  return value;
}

function keyOf(item, index) {
  const name = KEYS.find((candidate) => item[candidate] !== undefined);
  return name ? String(item[name]) : `#${index}`;
}

function apply(element, scope) {
  const { bind, attr, show, showNot, time, spark, spread } = element.dataset;
  if (bind !== undefined) setText(element, resolve(scope, bind) ?? "");
  if (attr !== undefined) setAttributes(element, scope, attr);
  if (show !== undefined) element.hidden = !isThere(resolve(scope, show));
  if (showNot !== undefined) element.hidden = isThere(resolve(scope, showNot));
  if (time !== undefined) setMoment(element, resolve(scope, time));
  if (spark !== undefined) setAttribute(element, "d", sparkPath(resolve(scope, spark) ?? []));
  if (spread !== undefined) setAttribute(element, "d", spreadPath(resolve(scope, spread) ?? ""));
}

function isThere(value) {
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}

function setText(element, value) {
  const text = String(value);
  if (element.textContent !== text) element.textContent = text;
}

function setAttributes(element, scope, list) {
  for (const pair of list.split(";")) {
    const [name, path] = pair.split(":");
    const value = resolve(scope, path);
    setAttribute(element, name, value === true ? "" : value);
  }
}

function setAttribute(element, name, value) {
  if (value === null || value === undefined || value === false) element.removeAttribute(name);
  else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
}
