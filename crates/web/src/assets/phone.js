// Forms on the phone survive a loss of signal: what is typed and photographed is kept on the device, sent once and in
// order, and its state is shown. Chromium 86 and later. The server knows the key of each form, so that sending a form
// twice is sending it once; without this script the forms are plain forms.

const { person, post, place } = document.body.dataset;
const words = JSON.parse(document.body.dataset.words);
const say = (word, n) => words[word].replace("{n}", n);
const form = document.querySelector("form[data-phone]");
const outbox = document.getElementById("outbox");
const here = location.pathname + location.search;

// The store: one record a form, by its key. States: draft, waiting, sending, sent, refused.

const opened = new Promise((done, fail) => {
  const asked = indexedDB.open("bihuan-phone", 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore("forms", { keyPath: "key" });
  asked.onsuccess = () => done(asked.result);
  asked.onerror = () => fail(asked.error);
});
opened.catch(() => {});

const within = async (mode, work) => {
  const db = await opened;
  return new Promise((done, fail) => {
    const transaction = db.transaction("forms", mode, { durability: "strict" });
    const out = {};
    work(transaction.objectStore("forms"), out);
    transaction.oncomplete = () => done(out.value);
    transaction.onabort = () => fail(transaction.error);
  });
};
const all = () => within("readonly", (store, out) => {
  store.getAll().onsuccess = (event) => { out.value = event.target.result; };
});
const own = async () => (await all()).filter((one) => one.person === person && one.place === place);
const change = (key, edit) => within("readwrite", (store, out) => {
  store.get(key).onsuccess = (event) => {
    out.value = edit(event.target.result);
    if (out.value) store.put(out.value);
  };
});
const remove = (key) => within("readwrite", (store) => { store.delete(key); });

// Parts of the page.

const element = (name, text, attributes = {}) => {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
};
const button = (text, press) => {
  const made = element("button", text, { type: "button" });
  made.addEventListener("click", press);
  return made;
};
const signal = (there) => { document.getElementById("signal").hidden = there; };

// Sending: one after the other, in the order in which they were handed in.

let needsSignIn = false;
let running = false;
let timer = 0;
let pause = 5000;

const told = async (answer) => { try { return await answer.json(); } catch (error) { return {}; } };

const packed = (one, csrf) => {
  const data = new FormData();
  data.append("csrf", csrf);
  for (const [name, value] of one.fields) data.append(name, value);
  for (const { field, blob, name } of one.files) data.append(field, blob, name);
  return data;
};

/** Whether the next one may go. */
const send = async (one, csrf) => {
  await change(one.key, (now) => now && { ...now, state: "sending" });
  await render();
  const back = () => change(one.key, (now) => now && { ...now, state: "waiting" });
  let answer;
  try {
    answer = await fetch("/q/send", {
      method: "POST", body: packed(one, csrf), redirect: "manual",
      headers: { Accept: "application/json", "X-Bihuan-Post": one.post },
    });
  } catch (error) {
    signal(false);
    await back();
    return false;
  }
  signal(true);
  const said = await told(answer);
  if (answer.ok) {
    const { key, called, address, order } = one;
    await change(key, () => ({
      key, person, place, called, address, order, state: "sent", receipt: said.receipt, number: said.number,
      case: said.case, at: Date.now(),
    }));
    await follow(one, said.receipt);
    return true;
  }
  if (answer.status === 401 || said.code === "forged") {
    needsSignIn = answer.status === 401;
    await back();
    return false;
  }
  if (answer.status >= 500 || answer.status === 429 || answer.type === "opaqueredirect") {
    await back();
    return false;
  }
  const problems = said.problems || [{ text: said.detail || `HTTP ${answer.status}`, allowed: [] }];
  await change(one.key, (now) => now && { ...now, state: "refused", problems });
  return true;
};

/** What was written on this phone after a form that is now carried out has seen it: it is no stranger's work. */
const follow = async (one, receipt) => {
  const seen = (fields) => (fields.find(([name]) => name === "seq") || [])[1];
  const before = seen(one.fields);
  if (!one.case || !before) return;
  for (const later of await own()) {
    if (later.case === one.case && later.fields && seen(later.fields) === before) {
      await change(later.key, (now) => now && now.fields && {
        ...now, fields: now.fields.map(([name, value]) => [name, name === "seq" ? String(receipt) : value]),
      });
    }
  }
  const field = form && form.elements.seq;
  if (field && form.dataset.case === one.case && field.value === before) field.value = String(receipt);
};

const run = async () => {
  if (!(await own()).some((one) => one.state === "waiting" || one.state === "sending")) return;
  let who;
  try {
    const answer = await fetch("/api/v1/session", { cache: "no-store" });
    signal(true);
    needsSignIn = answer.status === 401;
    if (!answer.ok) return;
    who = await answer.json();
  } catch (error) {
    signal(false);
    return;
  }
  // Nobody's form goes out under another's name.
  if (who.person !== person || who.jurisdiction !== place) return;
  for (;;) {
    const mine = (await own()).sort((a, b) => a.order - b.order);
    const next = mine.find((one) => (one.state === "waiting" || one.state === "sending") && !held(one, mine));
    if (!next || !(await send(next, who.csrf))) return;
    pause = 5000;
  }
};

/** What was handed in after a refused form about the same case waits until that one is mended. */
const held = (one, mine) =>
  mine.some((other) => other.state === "refused" && other.case && other.case === one.case && other.order < one.order);

const drain = async () => {
  if (running) return;
  running = true;
  clearTimeout(timer);
  try {
    if (navigator.locks) await navigator.locks.request("bihuan-phone", { ifAvailable: true }, (lock) => lock && run());
    else await run();
  } finally {
    running = false;
  }
  await render();
  if ((await own()).some((one) => one.state === "waiting" || one.state === "sending")) {
    timer = setTimeout(drain, pause);
    pause = Math.min(pause * 2, 60000);
  }
};
const soon = () => { pause = 5000; drain(); };
addEventListener("online", soon);
addEventListener("offline", () => signal(false));
document.addEventListener("visibilitychange", () => { if (!document.hidden) soon(); });

// What is on this phone.

const state = (one, mine) => {
  if (one.state === "sent") return `${words.sent} · ${say("receipt", one.receipt)}`;
  if (one.state === "waiting" && held(one, mine)) return words.held;
  if (one.state === "waiting" && needsSignIn) return words.sign_in;
  return words[one.state];
};

const line = (one, mine) => {
  const item = element("li", "", { class: `kept-form is-${one.state}`, "data-key": one.key });
  item.append(element("strong", one.called), element("p", state(one, mine), { class: "kept-state" }));
  for (const { text, allowed } of one.problems || []) {
    item.append(element("p", [text, ...(allowed || [])].join(" "), { class: "kept-problem" }));
  }
  const does = element("p", "", { class: "kept-does" });
  if (one.state === "refused") does.append(element("a", words.mend, { class: "button", href: `${one.address}#mend=${one.key}` }));
  if (one.state === "draft" && one.address !== here) does.append(element("a", words.resume, { class: "button", href: one.address }));
  if (one.state === "sent" && one.case) does.append(element("a", one.number || words.receipt.replace("{n}", one.receipt), { href: `/q/cases/${one.case}` }));
  if (one.state === "waiting" && needsSignIn) does.append(element("a", words.sign_in, { class: "button", href: `/sign-in?next=${encodeURIComponent(here)}` }));
  if (["refused", "waiting", "draft"].includes(one.state)) {
    does.append(button(words.discard, async () => {
      if (!confirm(words.discard_sure)) return;
      // What is under way may have arrived already: it is no longer ours to throw away.
      const now = (await all()).find((other) => other.key === one.key);
      if (now && now.state !== "sending" && now.state !== "sent") await remove(one.key);
      if (one.key === record.key) location.replace(here);
      render();
    }));
  }
  if (does.childNodes.length) item.append(does);
  return item;
};

/** Sent forms are told of for a week. */
const WEEK = 7 * 24 * 3600 * 1000;

async function render() {
  const everybodys = await all();
  const mine = everybodys.filter((one) => one.person === person && one.place === place).sort((a, b) => a.order - b.order);
  for (const old of mine.filter((one) => one.state === "sent" && Date.now() - one.at > WEEK)) await remove(old.key);
  const sent = mine.filter((one) => one.state === "sent").slice(-5).reverse();
  const open = mine.filter((one) => one.state !== "sent" && (one.state !== "draft" || one.key !== record.key));
  const others = everybodys.filter((one) => one.person !== person && one.state !== "sent" && one.state !== "draft").length;
  if (outbox) {
    outbox.textContent = "";
    outbox.hidden = !open.length && !sent.length && !others;
    outbox.append(element("h2", words.outbox));
    const list = element("ul", "", { class: "kept-forms" });
    for (const one of [...open, ...sent]) list.append(line(one, mine));
    outbox.append(list);
    if (others) outbox.append(element("p", say("other", others), { class: "quiet" }));
  }
  const given = mine.find((one) => one.key === record.key && one.state !== "draft");
  if (form && form.hidden && given) {
    const kept = document.getElementById("kept");
    kept.hidden = false;
    kept.className = `kept is-${given.state}`;
    const first = record.again ? `${words.already} ` : given.state === "waiting" ? `${words.kept} ` : "";
    kept.querySelector("p").textContent = first + state(given, mine);
  }
}

// The form that is open.

const fresh = () => [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
let record = { key: "" };
let saving = 0;

const typed = () => [...new FormData(form)].filter(([name, value]) => typeof value === "string" && name !== "csrf");
const keep = async () => {
  clearTimeout(saving);
  if (!form || form.hidden || !record.touched) return;
  const now = { ...record, fields: typed() };
  // Another tab may have handed it in: what is handed in is not written over.
  await change(record.key, (old) => (old && !["draft", "refused"].includes(old.state) ? old : { ...now, state: old ? old.state : "draft" }));
};
const touch = () => {
  record.touched = true;
  clearTimeout(saving);
  saving = setTimeout(keep, 250);
};

const restore = (fields) => {
  const values = new Map();
  for (const [name, value] of fields) values.set(name, [...(values.get(name) || []), value]);
  for (const field of form.elements) {
    if (!field.name || field.type === "hidden" || field.type === "file" || !values.has(field.name) && field.type !== "checkbox" && field.type !== "radio") continue;
    const had = values.get(field.name) || [];
    if (field.type === "checkbox" || field.type === "radio") field.checked = had.includes(field.value);
    else field.value = had.shift() || "";
    if (field.value && field.closest("details") && field.type !== "checkbox" && field.type !== "radio") field.closest("details").open = true;
  }
};

// Photos are made smaller before they are kept: the place that a camera writes into them is lost on the way, on purpose.
const SIDE = 2000;
const drawn = (picture, side) => {
  const scale = Math.min(1, side / Math.max(picture.width, picture.height));
  const canvas = element("canvas", "", { width: Math.max(1, Math.round(picture.width * scale)), height: Math.max(1, Math.round(picture.height * scale)) });
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas;
};
const smaller = async (file) => {
  try {
    const picture = await createImageBitmap(file);
    const thumb = drawn(picture, 160).toDataURL("image/jpeg", 0.7);
    if (file.type !== "image/jpeg" && file.size < 1e6) return { blob: file, thumb };
    const blob = await new Promise((done) => drawn(picture, SIDE).toBlob(done, "image/jpeg", 0.85));
    return { blob: blob || file, thumb };
  } catch (error) {
    // No picture, or one of a kind that this browser cannot read: as it is, and the server says whether it takes it.
    return { blob: file, thumb: null };
  }
};

const show = (input) => {
  let list = input.parentElement.querySelector(".photos");
  if (!list) {
    list = element("ul", "", { class: "photos" });
    input.before(list);
  }
  list.textContent = "";
  const files = record.files.filter((file) => file.field === input.name);
  input.required = input.dataset.needed === "yes" && !files.length;
  for (const file of files) {
    const item = element("li");
    if (file.thumb) item.append(element("img", "", { src: file.thumb, alt: file.name }));
    else item.append(element("span", file.name));
    item.append(button(words.photo_gone, () => {
      record.files = record.files.filter((other) => other !== file);
      show(input);
      touch();
    }));
    list.append(item);
  }
  // What came back must be seen: a photo in a folded part would look lost.
  if (files.length && input.closest("details")) input.closest("details").open = true;
};

const add = (input, file, blob, thumb) => {
  if (!input.multiple) record.files = record.files.filter((other) => other.field !== input.name);
  record.files.push({ field: input.name, name: file, blob, thumb });
};

const pad = (input) => {
  const canvas = element("canvas", "", { width: 600, height: 240, class: "pad", role: "img", "aria-label": input.dataset.sign });
  const pen = canvas.getContext("2d");
  const clean = () => { pen.fillStyle = "#fff"; pen.fillRect(0, 0, 600, 240); pen.fillStyle = "#777"; pen.font = "24px sans-serif"; pen.fillText(input.dataset.sign, 20, 40); };
  clean();
  let at = null;
  let empty = true;
  const spot = (event) => {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) * 600 / box.width, (event.clientY - box.top) * 240 / box.height];
  };
  canvas.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    if (empty) { pen.fillStyle = "#fff"; pen.fillRect(0, 0, 600, 240); empty = false; }
    canvas.setPointerCapture(event.pointerId);
    at = spot(event);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!at) return;
    const to = spot(event);
    pen.lineWidth = 5; pen.lineCap = "round"; pen.strokeStyle = "#111";
    pen.beginPath(); pen.moveTo(...at); pen.lineTo(...to); pen.stroke();
    at = to;
  });
  const end = () => {
    if (!at) return;
    at = null;
    canvas.toBlob((blob) => { add(input, "signature.png", blob, null); show(input); touch(); }, "image/png");
  };
  canvas.addEventListener("pointerup", end);
  canvas.addEventListener("pointercancel", end);
  const again = button(input.dataset.again, () => {
    clean();
    empty = true;
    record.files = record.files.filter((file) => file.field !== input.name);
    show(input);
    touch();
  });
  input.before(canvas, again);
};

const begin = async () => {
  const mine = await own();
  const wanted = (location.hash.match(/^#mend=([0-9a-f]+)$/) || [])[1];
  const found = mine.find((one) => one.key === wanted && ["refused", "draft"].includes(one.state))
    || mine.find((one) => one.address === here && one.state === "draft");
  record = found ? { ...found, touched: true } : {
    key: fresh(), person, post, place, address: here, called: form.dataset.called, case: form.dataset.case || null,
    fields: [], files: [], order: Date.now(), problems: [],
  };
  form.elements.key.value = record.key;
  const kept = document.getElementById("kept");
  if (found) {
    restore(found.fields);
    kept.hidden = false;
    kept.append(element("p", words.back), ...(found.problems || []).map(({ text, allowed }) => element("p", [text, ...(allowed || [])].join(" "), { class: "kept-problem" })));
    if (found.state === "refused") kept.className = "kept is-refused";
  }
  for (const input of form.querySelectorAll("input[type=file]")) {
    input.dataset.needed = input.required ? "yes" : "no";
    if (input.dataset.sign !== undefined) pad(input);
    show(input);
    input.addEventListener("change", async () => {
      const chosen = [...input.files];
      input.value = "";
      for (const file of chosen) {
        const { blob, thumb } = await smaller(file);
        add(input, file.name, blob, thumb);
      }
      show(input);
      record.touched = true;
      await keep().catch(() => alert(words.no_room));
    });
  }
  form.addEventListener("input", touch);
  form.addEventListener("change", touch);
  addEventListener("pagehide", keep);
  document.addEventListener("visibilitychange", () => { if (document.hidden) keep(); });
};

/** Hands the form in: from here on it is the outbox's. */
const hand = async () => {
  clearTimeout(saving);
  const given = { ...record, fields: typed(), state: "waiting", problems: [] };
  const last = Math.max(0, ...(await own()).map((one) => one.order || 0));
  let first = false;
  const now = await change(record.key, (old) => {
    if (old && !["draft", "refused"].includes(old.state)) return old;
    first = true;
    // One that is mended keeps its place, so that what waits behind it stays behind it.
    return { ...given, order: old && old.state === "refused" ? old.order : Math.max(Date.now(), last + 1) };
  });
  form.hidden = true;
  const kept = document.getElementById("kept");
  kept.textContent = "";
  kept.hidden = false;
  record.again = !first;
  kept.append(element("p", first ? words.kept : `${words.already} ${state(now, [])}`));
  const next = element("div", "", { class: "big" });
  if (form.dataset.again !== undefined) next.append(element("a", words.again, { class: "button primary", href: here, "data-once-more": "" }));
  next.append(element("a", words.stays, { class: "button", href: form.dataset.back }));
  kept.append(next);
  history.replaceState(null, "", here);
  scrollTo(0, 0);
  kept.tabIndex = -1;
  kept.focus();
  soon();
};

if (form) {
  const ready = opened.then(begin);
  form.addEventListener("submit", (event) => {
    // Where the browser keeps nothing the form goes out as a plain form.
    if (form.dataset.plain) return;
    event.preventDefault();
    // A hasty thumb presses twice.
    if (form.dataset.handed) return;
    form.dataset.handed = "yes";
    ready.then(hand).catch((error) => {
      delete form.dataset.handed;
      delete form.dataset.sent;
      form.classList.remove("sending");
      form.hidden = false;
      alert(`${words.no_room} ${error && error.message ? error.message : ""}`);
    });
  });
  ready.catch(() => { form.dataset.plain = "yes"; });
}

// The service worker keeps pages that were open, where the address is a safe one (https, or this machine).
const worker = async () => {
  if (!("serviceWorker" in navigator) || !isSecureContext) return;
  // Pages of whoever used this phone before are not shown to who uses it now.
  const before = localStorage.getItem("bihuan-phone-person");
  if (before !== `${place}/${person}`) {
    for (const name of await caches.keys()) if (name.startsWith("bihuan-phone-pages")) await caches.delete(name);
    localStorage.setItem("bihuan-phone-person", `${place}/${person}`);
  }
  const had = navigator.serviceWorker.controller;
  const { active } = await navigator.serviceWorker.register("/q/sw.js", { scope: "/q" }).then(() => navigator.serviceWorker.ready);
  // The first page was loaded past it.
  if (!had && active) active.postMessage({ keep: here });
};
worker().catch(() => {});

// A form that is to be mended may stand on this very page.
addEventListener("hashchange", () => { if (location.hash.startsWith("#mend=")) location.reload(); });

signal(navigator.onLine);
soon();
