// Makes pages quicker where scripts run; every page works without. Chromium 86 and later.

// Choices that lead somewhere at once need no button.
for (const form of document.querySelectorAll("form[data-autosubmit]")) {
  form.classList.add("scripted");
  for (const field of form.querySelectorAll("select, input[type=checkbox], input[type=radio]")) {
    field.addEventListener("change", () => form.submit());
  }
}

// A form is sent once, however often its button is pressed; the server knows the key of the form as well.
for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    form.classList.add("sending");
  });
}
// Coming back with the back button, forms can be sent again.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.classList.remove("sending");
  }
});

// What was refused is read first.
const summary = document.querySelector("[data-focus]");
if (summary) summary.focus();

// A link into a folded part unfolds it.
const unfold = () => {
  const id = decodeURIComponent(location.hash.slice(1));
  const target = id && document.getElementById(id);
  if (!target) return;
  for (let part = target; part; part = part.parentElement) {
    if (part.tagName === "DETAILS") part.open = true;
  }
  target.scrollIntoView();
};
addEventListener("hashchange", unfold);
unfold();

// News: a page that waits for something says when there is something new, and leaves the reload to the reader.
// Only the tab that is looked at listens: a browser has six connections to a server, and seven tabs would block it.
const news = document.querySelector("[data-news]");
if (news && "EventSource" in window) {
  const seen = Number(news.dataset.news);
  let source = null;
  const listen = () => {
    if (document.hidden || !news.hidden) {
      if (source) source.close();
      source = null;
    } else if (!source) {
      source = new EventSource("/api/v1/stream");
      source.addEventListener("log", (event) => {
        if (Number(event.data) > seen) {
          news.hidden = false;
          listen();
        }
      });
    }
  };
  document.addEventListener("visibilitychange", listen);
  addEventListener("pagehide", () => source && source.close());
  listen();
}

// A long list is narrowed while one types; without scripts the form asks the server.
for (const box of document.querySelectorAll("input[data-filter]")) {
  const narrow = () => {
    const words = box.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    let left = 0;
    for (const line of document.querySelectorAll(box.dataset.filter)) {
      line.hidden = !words.every((word) => line.dataset.findText.includes(word));
      if (!line.hidden) left += 1;
    }
    for (const part of document.querySelectorAll("section")) {
      const lines = part.querySelectorAll(box.dataset.filter);
      if (lines.length) part.hidden = ![...lines].some((line) => !line.hidden);
    }
    const none = document.getElementById("found-none");
    if (none) none.hidden = left > 0;
  };
  box.addEventListener("input", narrow);
}

// Rows of a long register are offered while one types.
for (const box of document.querySelectorAll("input[data-find]")) {
  const list = document.getElementById(box.getAttribute("list"));
  let asked = "";
  box.addEventListener("input", async () => {
    const sought = box.value.trim();
    if (!sought || sought === asked) return;
    asked = sought;
    const answer = await fetch(`${box.dataset.find}?q=${encodeURIComponent(sought)}`);
    if (!answer.ok || asked !== sought) return;
    const rows = await answer.json();
    list.textContent = "";
    for (const row of rows) {
      const option = document.createElement("option");
      option.value = row.title;
      option.label = row.id;
      list.append(option);
    }
  });
}

// A screen on the wall renews itself: when the log grows, at most every two seconds, and once a minute for its clock.
const live = document.querySelector("[data-live]");
if (live) {
  let asking = false;
  let again = 0;
  const renew = async () => {
    clearTimeout(again);
    again = setTimeout(renew, 60000);
    if (asking) return;
    asking = true;
    try {
      const answer = await fetch(live.dataset.live);
      // After the session has ended the whole page leads to the sign-in.
      if (answer.redirected || answer.status === 401) location.reload();
      else if (answer.ok) live.innerHTML = await answer.text();
    } catch (error) {
      // The server is away for a moment: what is shown stays, and the next minute asks again.
    }
    asking = false;
  };
  again = setTimeout(renew, 60000);
  if ("EventSource" in window) {
    const source = new EventSource("/api/v1/stream");
    source.addEventListener("log", () => {
      clearTimeout(again);
      again = setTimeout(renew, 2000);
    });
    addEventListener("pagehide", () => source.close());
  }
}

// Reviewing a document with the keyboard alone: rows are gone through, ticked, edited, rejected and accepted.
const review = document.querySelector("form#rows");
const keys = review && review.querySelector("[data-keys]");
if (keys) {
  keys.hidden = false;
  const all = () => [...review.querySelectorAll("li.row[data-row]")];
  let here = null;
  const go = (row, focus = true) => {
    if (!row) return;
    for (const marked of document.querySelectorAll(".is-here")) marked.classList.remove("is-here");
    here = row;
    row.classList.add("is-here");
    const words = document.getElementById(`s${row.dataset.row}`);
    if (words) {
      words.classList.add("is-here");
      words.scrollIntoView({ block: "center" });
    }
    if (focus) row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  };
  const into = (selector) => {
    if (!here) return;
    here.querySelector("details").open = true;
    const field = here.querySelector(selector);
    if (field) field.focus();
  };
  const does = {
    j: () => go(here ? all()[all().indexOf(here) + 1] : all()[0]),
    k: () => go(all()[all().indexOf(here) - 1]),
    x: () => { const box = here && here.querySelector("input[name=row]"); if (box) box.checked = !box.checked; },
    e: () => into("input.row-title"),
    o: () => into("select"),
    s: () => into(".cut input"),
    r: () => into("[data-reason]"),
    t: () => { if (here) location.hash = `s${here.dataset.row}`; },
    a: () => { const button = review.querySelector("button[value=accept]"); if (button) button.focus(); },
    "?": () => { keys.hidden = !keys.hidden; },
  };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const typing = event.target.closest("input:not([type=checkbox]):not([type=radio]), select, textarea");
    if (event.key === "Escape" && typing && here) { here.focus(); return; }
    if (typing || !does[event.key]) return;
    event.preventDefault();
    does[event.key]();
  });
  review.addEventListener("focusin", (event) => {
    const row = event.target.closest("li.row[data-row]");
    if (row && row !== here) go(row, false);
  });
  // Enter in the reason of one row rejects that row; it would press the form's first button otherwise.
  review.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("[data-reason]")) return;
    event.preventDefault();
    event.target.closest("p").querySelector("button").click();
  });
  const pick = review.querySelector("[data-pick]");
  if (pick) pick.addEventListener("click", (event) => {
    event.preventDefault();
    const boxes = [...review.querySelectorAll("input[name=row]")];
    const on = !boxes.some((box) => box.checked);
    for (const box of boxes) box.checked = on;
  });
}

// A ledger with the keyboard alone: j and k go through its rows, Enter opens, x ticks; what is known to the eye by a line is said by the focus.
const list = document.querySelector("table[data-rows]");
if (list) {
  const rows = [...list.querySelectorAll("tr[data-case]")];
  const boxes = rows.map((row) => row.querySelector("input[name=among]"));
  const all = list.querySelector("[data-all]");
  const help = document.querySelector("[data-keys]");
  let here = -1;
  const go = (to) => {
    if (!rows[to]) return;
    if (rows[here]) rows[here].classList.remove("is-here");
    here = to;
    rows[here].classList.add("is-here");
    rows[here].querySelector("a.row-title").focus({ preventScroll: true });
    rows[here].scrollIntoView({ block: "nearest" });
  };
  const tick = (on) => {
    for (const box of boxes) box.checked = on;
    if (all) all.checked = on;
  };
  if (all) {
    all.hidden = false;
    all.addEventListener("change", () => tick(all.checked));
  }
  const does = {
    j: () => go(here + 1),
    k: () => go(here < 0 ? 0 : here - 1),
    x: () => { if (boxes[here]) boxes[here].checked = !boxes[here].checked; },
    a: () => tick(!boxes.every((box) => box.checked)),
    "/": () => document.querySelector(".filters input[name=q]").focus(),
    g: () => document.querySelector("[data-group]").focus(),
    "?": () => { help.hidden = !help.hidden; },
  };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const typing = event.target.closest("input:not([type=checkbox]):not([type=radio]), select, textarea");
    if (event.key === "Escape" && typing) { typing.blur(); return; }
    if (typing || !does[event.key]) return;
    event.preventDefault();
    does[event.key]();
  });
  list.addEventListener("focusin", (event) => {
    const row = rows.indexOf(event.target.closest("tr[data-case]"));
    if (row < 0 || row === here) return;
    if (rows[here]) rows[here].classList.remove("is-here");
    here = row;
    rows[here].classList.add("is-here");
  });
}

// Signing out takes along what the pages of the phone keep on this device; forms that were not sent are asked about.
for (const form of document.querySelectorAll("form[action='/sign-out']")) {
  let sure = false;
  const forget = async () => {
    if (window.caches) for (const name of await caches.keys()) if (name.startsWith("bihuan-phone-pages")) await caches.delete(name);
    const known = indexedDB.databases ? await indexedDB.databases() : [];
    if (!known.some(({ name }) => name === "bihuan-phone")) return true;
    const db = await new Promise((done, fail) => {
      const asked = indexedDB.open("bihuan-phone");
      asked.onsuccess = () => done(asked.result);
      asked.onerror = () => fail(asked.error);
    });
    const within = (mode, work) => new Promise((done, fail) => {
      const transaction = db.transaction("forms", mode);
      const asked = work(transaction.objectStore("forms"));
      transaction.oncomplete = () => done(asked && asked.result);
      transaction.onabort = () => fail(transaction.error);
    });
    const own = (await within("readonly", (store) => store.getAll())).filter(({ person }) => person === form.dataset.person);
    const unsent = own.filter(({ state }) => state !== "sent").length;
    if (unsent && !confirm(form.dataset.unsent.replace("{n}", unsent))) return false;
    await within("readwrite", (store) => { for (const { key } of own) store.delete(key); });
    db.close();
    return true;
  };
  form.addEventListener("submit", (event) => {
    if (sure) return;
    event.preventDefault();
    forget().catch(() => true).then((gone) => {
      delete form.dataset.sent;
      form.classList.remove("sending");
      sure = gone;
      if (gone) form.submit();
    });
  });
}
