// Keeps the pages of the phone that were open, so that they can be loaded again without signal. Nothing else: forms are
// kept and sent by the page itself. Only addresses under /q and the files that they need.

const version = "@VERSION@";
const files = "@FILES@";
const kept = `bihuan-phone-files-${version}`;
const pages = `bihuan-phone-pages-${version}`;
const PAGES_MAX = 60;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(kept).then((cache) => cache.addAll(files)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const old = (name) => name.startsWith("bihuan-phone-") && name !== kept && name !== pages;
  event.waitUntil(caches.keys()
    .then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name))))
    .then(() => self.clients.claim()));
});

const put = async (address, answer) => {
  // An answer to who is not signed in, or a page of an error, is not kept.
  if (!answer.ok || answer.redirected || answer.type !== "basic") return;
  const cache = await caches.open(pages);
  await cache.put(address, answer);
  const known = await cache.keys();
  for (const request of known.slice(0, Math.max(0, known.length - PAGES_MAX))) await cache.delete(request);
};

const page = async (request) => {
  try {
    const answer = await fetch(request);
    await put(request.url, answer.clone());
    return answer;
  } catch (error) {
    const cache = await caches.open(pages);
    return (await cache.match(request.url)) || (await cache.match("/q")) || Response.error();
  }
};

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate" && (url.pathname === "/q" || url.pathname.startsWith("/q/"))) {
    event.respondWith(page(request));
  } else if (url.pathname.startsWith("/assets/")) {
    event.respondWith(caches.match(request).then((found) => found || fetch(request)));
  }
});

self.addEventListener("message", (event) => {
  if (event.data && event.data.keep) {
    event.waitUntil(fetch(event.data.keep).then((answer) => put(event.data.keep, answer)).catch(() => {}));
  }
});
