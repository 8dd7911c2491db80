// What script adds to pages that work without it: keys, ready words at the caret, the age of what is shown.
(() => {
  "use strict";
  const STALE_AFTER = 40;
  const LISTEN_AGAIN = 10;
  let active = true; // a person did something since the last refresh; a refresh alone keeps no session alive
  for (const kind of ["keydown", "pointerdown", "wheel"]) {
    document.addEventListener(kind, () => { active = true; }, { passive: true });
  }
  document.addEventListener("htmx:config:request", (event) => {
    if (active) event.detail.ctx.request.headers["X-Faro-Active"] = "1";
    active = false;
  });

  const age = () => {
    const shown = document.querySelector("[data-age]");
    if (!shown) return;
    const seconds = Math.max(0, Math.round(Date.now() / 1000 - arrived));
    const stale = seconds > STALE_AFTER;
    shown.textContent = (stale ? shown.dataset.stale : shown.dataset.live).replace("{n}", seconds);
    shown.classList.toggle("stale", stale);
  };
  let arrived = Date.now() / 1000;
  document.addEventListener("htmx:after:request", (event) => {
    if (event.target.id === "alerts") return; // the line on top is no sign that the list is fresh
    if (event.detail.ctx.response.status < 400) arrived = Date.now() / 1000;
    age();
  });
  document.addEventListener("htmx:after:swap", () => {
    age();
    const title = document.querySelector("[data-title]");
    if (title) document.title = title.dataset.title;
  });
  setInterval(age, 1000);

  // While nothing answers, words stay on the page: a form that was sent would take them along into an error page.
  let away = false;
  const answers = (yes) => {
    away = !yes;
    if (yes) for (const line of document.querySelectorAll("form .offline")) line.remove();
  };
  document.addEventListener("htmx:after:request", (event) => answers(event.detail.ctx.response.status < 500));
  document.addEventListener("htmx:error", (event) => { if (!event.detail.ctx?.response) answers(false); });
  window.addEventListener("offline", () => answers(false));
  window.addEventListener("online", () => answers(true));
  document.addEventListener("submit", (event) => {
    if (!away || !event.target.querySelector("textarea")) return;
    event.preventDefault();
    const line = document.getElementById("offline").content.firstElementChild.cloneNode(true);
    event.target.querySelector(".offline")?.remove();
    (event.submitter ?? event.target.querySelector("button:not([aria-hidden])")).before(line);
  });

  // The session is over. A page without cases, on which something is being written, does not leave with it.
  const unsaved = () => [...document.querySelectorAll("[data-stays] textarea, [data-stays] input:not([type=hidden])")]
    .find((field) => field.value !== field.defaultValue);
  document.addEventListener("htmx:after:request", (event) => {
    if (event.detail.ctx.response.status !== 401) return;
    const field = unsaved();
    if (!field) return;
    event.preventDefault();
    if (!document.querySelector("form .ended")) field.form.prepend(document.getElementById("ended").content.firstElementChild.cloneNode(true));
  });

  // A page that the browser kept in its memory is as old as the way back to it: read it anew.
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

  // A message that somebody unfolded stays so when the conversation grows.
  const unfolded = new Set();
  let keep = [];
  document.addEventListener("toggle", (event) => {
    if (event.target.matches?.(".hard")) unfolded[event.target.open ? "add" : "delete"](event.target.id);
  }, true);
  document.addEventListener("htmx:before:swap", () => { keep = [...unfolded]; });
  document.addEventListener("htmx:after:swap", () => {
    for (const one of keep) document.getElementById(one)?.setAttribute("open", "");
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, summary")) return;
    const step = { j: 1, k: -1 }[event.key];
    const rows = [...document.querySelectorAll("[data-row]")].filter((row) => row.checkVisibility());
    if (!step || !rows.length) return;
    const now = rows.indexOf(document.activeElement);
    const next = now < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(Math.max(now + step, 0), rows.length - 1);
    rows[next].focus();
    event.preventDefault();
  });

  // Ready words go where the caret is; without script the same button asks the server to put them in.
  const box = () => document.querySelector("[data-reply]");
  const written = box();
  if (written) written.selectionStart = written.selectionEnd = written.value.length;
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-insert]");
    const text = box();
    if (!button || !text) return;
    event.preventDefault();
    const lead = text.selectionStart > 0 && text.value[text.selectionStart - 1] !== "\n" ? "\n" : "";
    const rest = text.value.slice(text.selectionEnd);
    const tail = rest && !rest.startsWith("\n") ? "\n" : "";
    text.setRangeText(lead + button.dataset.insert + tail, text.selectionStart, text.selectionEnd, "end");
    button.closest("[data-ready]")?.removeAttribute("open");
    text.focus();
    text.dispatchEvent(new Event("input", { bubbles: true }));
  });
  document.addEventListener("keydown", (event) => {
    const text = box();
    if (!text || event.isComposing) return;
    if (event.target === text && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      text.form.requestSubmit(text.form.querySelector("[data-send]"));
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const ready = document.querySelector("[data-ready]");
    const fresh = event.target === text && /(^|\n)$/.test(text.value.slice(0, text.selectionStart));
    const free = !event.target.closest("input, textarea, select");
    if (event.key === "/" && ready && (fresh || free)) {
      event.preventDefault();
      ready.open = true;
      ready.querySelector("[data-row]").focus();
    } else if (event.key === "r" && free) {
      event.preventDefault();
      text.focus();
    } else if (event.key === "Escape" && event.target.closest("[data-ready]")) {
      ready.open = false;
      text.focus();
    }
  });

  // The server says that something changed, never what; where that cannot be, the page asks by itself.
  const list = document.getElementById("queue");
  if (list?.dataset.live && window.EventSource) {
    const ask = () => document.body.dispatchEvent(new Event("faro:queue"));
    const listen = () => {
      const source = new EventSource(list.dataset.live);
      source.addEventListener("queue", (event) => {
        if (event.data !== document.getElementById("queue")?.dataset.mark) ask();
      });
      source.addEventListener("error", () => {
        if (source.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
        ask();
        setTimeout(listen, LISTEN_AGAIN * 1000);
      });
    };
    listen();
  }
  document.addEventListener("keydown", (event) => {
    if (event.key !== "f" || event.ctrlKey || event.metaKey || event.altKey) return;
    const filter = document.querySelector("[data-filter]");
    if (!filter || event.target.closest("input, textarea, select")) return;
    event.preventDefault();
    filter.closest("details").open = true;
    filter.focus();
  });
})();
