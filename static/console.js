/* The console's live parts. Every screen works without them; these only spare a reload.
   [data-poll=URL]   asks for a fresh copy of itself every 2.5 s until the copy has no data-poll
   [data-live=URL]   on a field: sends its form while it is edited, into the element #[data-into]
   [data-paste=URL]  on a text: what is pasted as HTML goes there and comes back as Markdown
   [data-lines=3-5]  selects these lines of the text #[data-of]
   a[data-swap=ID]   fetches the linked page and takes only the element #ID from it */
"use strict";
(() => {
  const EVERY_MS = 2500, TYPING_MS = 500;

  const fetched = async (url, options) => {
    const response = await fetch(url, options);
    if (response.redirected) location.reload(); // signed out meanwhile: the page itself says so
    if (!response.ok && response.status !== 400) throw new Error(response.status);
    return new DOMParser().parseFromString(await response.text(), "text/html");
  };

  const swap = (old, fresh) => {
    if (!fresh || fresh.dataset.state !== old.dataset.state) return location.reload();
    old.replaceWith(fresh);
    ready(fresh.parentElement);
  };

  const poll = (element) => {
    if (element.polled) return;
    element.polled = true;
    setTimeout(async () => {
      if (!element.isConnected) return;
      try {
        const page = document.hidden ? null : await fetched(element.dataset.poll);
        if (page) swap(element, page.body.firstElementChild);
        else again(element);
      } catch { again(element); } // what is known stays, with its time
    }, EVERY_MS);
  };
  const again = (element) => { element.polled = false; poll(element); };

  const ready = (root) => {
    root.querySelectorAll("[data-poll]").forEach(poll);
  };

  let timer = 0, asked = 0;
  document.addEventListener("input", ({ target }) => {
    if (!target.dataset.live) return;
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const mine = ++asked, into = document.getElementById(target.dataset.into);
      into.setAttribute("aria-busy", "true");
      try {
        const options = { method: "POST", body: new FormData(target.form) };
        const page = await fetched(target.dataset.live, options);
        if (mine === asked) into.replaceWith(page.body.firstElementChild);
      } catch { into.removeAttribute("aria-busy"); }
    }, TYPING_MS);
  });

  document.addEventListener("click", async (event) => {
    const link = event.target.closest("a[data-swap]");
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    const id = link.dataset.swap;
    try {
      swap(document.getElementById(id), (await fetched(link.href)).getElementById(id));
      document.getElementById(id).querySelector(".on")?.focus();
    } catch { location.href = link.href; }
  });

  const insert = (area, text) => {
    area.focus();
    area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
  };
  document.addEventListener("paste", async (event) => {
    const url = event.target.dataset?.paste, kept = event.clipboardData;
    const html = url && kept.getData("text/html"), plain = kept.getData("text/plain");
    if (!html) return;
    event.preventDefault();
    try {
      const body = new FormData();
      body.set("csrf_token", event.target.form.csrf_token.value);
      body.set("html", html);
      const response = await fetch(url, { method: "POST", body, redirect: "error" });
      insert(event.target, response.ok ? await response.text() : plain);
    } catch { insert(event.target, plain); }
  });

  document.addEventListener("click", ({ target }) => {
    if (!target.dataset.lines) return;
    const area = document.getElementById(target.dataset.of), lines = area.value.split("\n");
    const [first, last] = target.dataset.lines.split("-").map(Number);
    const from = lines.slice(0, first - 1).join("\n").length + (first > 1);
    area.focus();
    area.setSelectionRange(from, from + lines.slice(first - 1, last).join("\n").length);
    area.scrollTop = (area.scrollHeight * (first - 1)) / lines.length - area.clientHeight / 3;
  });

  /* A form is sent once: its button says so, and pressing again does nothing. */
  document.addEventListener("submit", (event) => {
    if (event.target.method === "get") return;
    if (event.target.sent) return event.preventDefault();
    event.target.sent = true;
    const busy = event.submitter?.dataset.busy;
    if (busy) event.submitter.textContent = busy;
  });
  addEventListener("pageshow", () => document.querySelectorAll("form").forEach((f) => { f.sent = false; }));

  /* Text that was typed and not saved is not lost without a question. */
  let typed = false;
  document.addEventListener("input", (event) => { typed ||= Boolean(event.target.form?.matches("[data-keep]")); });
  document.addEventListener("submit", () => { typed = false; });
  addEventListener("beforeunload", (event) => { if (typed) event.preventDefault(); });

  document.querySelector(".sum[autofocus]")?.focus();
  ready(document);
})();
