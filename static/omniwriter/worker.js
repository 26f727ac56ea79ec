// The service worker. /sw.js sets self.WORKER: {version, precache, offline, pages, statics, images}.
//
// Pages: the network first, what was kept when there is none, the offline page otherwise. Only what the site marked as
// public is ever kept, so nothing that was made for one reader can be. Files whose name says what is in them: kept first.

const { version, precache, offline, pages, statics, images } = self.WORKER;
const SHELL = `shell-${version}`;
const PAGES = `pages-${version}`;
const FILES = `files-${version}`;
const OURS = [SHELL, PAGES, FILES];
const MOST = { [PAGES]: 60, [FILES]: 120 };
const HASHED = /\.[0-9a-f]{12}\.[a-z0-9]+$/;

self.addEventListener("install", (event) => {
  event.waitUntil(install().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(activate().then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin || request.headers.has("range")) return;
  if (request.mode === "navigate") {
    if (isPage(url)) event.respondWith(page(event, url));
  } else if (isLasting(url)) {
    event.respondWith(lasting(event));
  } else if (url.pathname.startsWith(statics)) {
    event.respondWith(fetch(request).catch(() => fromCaches(request)));
  }
});

// One file that is missing must not keep the rest from being there.
async function install() {
  const cache = await caches.open(SHELL);
  await Promise.allSettled(precache.map(async (path) => {
    const response = await fetch(path, { credentials: "omit", cache: "no-cache" });
    if (response.ok && !response.redirected) await cache.put(path, response);
  }));
}

async function activate() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => !OURS.includes(name)).map((name) => caches.delete(name)));
}

function isPage({ pathname }) {
  return pathname === "/" || pages.some((prefix) => pathname.startsWith(prefix));
}

function isLasting({ pathname }) {
  return pathname.startsWith(images) || (pathname.startsWith(statics) && HASHED.test(pathname));
}

async function page(event, url) {
  let response;
  try {
    response = await fetch(event.request);
  } catch {
    return (await fromCaches(event.request)) ?? (await offlinePage(url));
  }
  if (mayKeepPage(response)) event.waitUntil(keep(PAGES, event.request, response.clone()));
  else if (isGone(response)) event.waitUntil(forget(event.request));
  return response;
}

async function lasting(event) {
  const kept = await fromCaches(event.request);
  if (kept) return kept;
  const response = await fetch(event.request);
  if (response.status === 200 && response.type === "basic") {
    event.waitUntil(keep(FILES, event.request, response.clone()));
  }
  return response;
}

function mayKeepPage(response) {
  const rules = (response.headers.get("cache-control") ?? "").toLowerCase().split(",").map((rule) => rule.trim());
  if (response.status !== 200 || response.type !== "basic" || response.redirected) return false;
  return rules.includes("public") && !rules.includes("private") && !rules.includes("no-store");
}

// Taken off the site, or only for who is logged in now: the copy of what it was must not outlive it.
function isGone(response) {
  return response.status === 404 || response.status === 410 || response.status === 200;
}

async function keep(name, request, response) {
  const cache = await caches.open(name);
  await cache.delete(request);
  await cache.put(request, response);
  const keys = await cache.keys();
  await Promise.all(keys.slice(0, Math.max(0, keys.length - MOST[name])).map((key) => cache.delete(key)));
}

async function forget(request) {
  const cache = await caches.open(PAGES);
  await cache.delete(request);
}

async function fromCaches(request) {
  for (const name of OURS) {
    const kept = await (await caches.open(name)).match(request);
    if (kept) return kept;
  }
  return undefined;
}

async function offlinePage({ pathname }) {
  const codes = Object.keys(offline);
  const spoken = navigator.language.toLowerCase();
  const code = codes.find((known) => pathname.startsWith(`/${known}/`))
    ?? codes.find((known) => spoken.startsWith(known.slice(0, 2)))
    ?? codes[0];
  return (await fromCaches(new Request(offline[code]))) ?? Response.error();
}
