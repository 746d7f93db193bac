/* Small comforts; every page is complete without them. */
(() => {
  "use strict";

  // The bar with the button, while the form's own button is out of sight (phones only, by CSS).
  const bar = document.querySelector(".bar");
  const press = document.querySelector("#sign .press");
  if (bar && press && "IntersectionObserver" in window) {
    new IntersectionObserver(([seen]) => bar.classList.toggle("is-shown", !seen.isIntersecting))
      .observe(press);
  }

  // A form that was sent is not sent twice by a second press.
  document.querySelectorAll("form[method=post]").forEach((form) => {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = "1";
    });
  });
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form").forEach((form) => delete form.dataset.sent);
  });

  document.querySelectorAll("[data-print]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  });

  document.querySelectorAll("[data-copy]").forEach((button) => {
    if (!navigator.clipboard) return;
    button.hidden = false;
    const label = button.querySelector("[data-label]") || button;
    const before = label.textContent;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.dataset.copy);
      label.textContent = button.dataset.done;
      setTimeout(() => { label.textContent = before; }, 2500);
    });
  });

  // Once, that somebody is at the page, and by which link; nothing of what they do or type. The
  // number is this visit's alone: it is kept nowhere here, and says nothing of another.
  const page = document.querySelector("[data-reading]");
  if (page && navigator.sendBeacon) {
    const numbers = crypto.getRandomValues(new Uint8Array(16));
    const visit = page.dataset.visit || Array.from(numbers, (n) => n.toString(16).padStart(2, "0")).join("");
    const form = document.querySelector("#sign");
    if (form) form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "visit", value: visit }));
    const kinds = ["pointerdown", "pointermove", "touchstart", "keydown", "wheel"];
    const tell = (event) => {
      if (!event.isTrusted) return;
      kinds.forEach((kind) => window.removeEventListener(kind, tell));
      navigator.sendBeacon(page.dataset.reading, new URLSearchParams({ from: page.dataset.from || "", share: page.dataset.share || "", visit }));
    };
    kinds.forEach((kind) => window.addEventListener(kind, tell, { passive: true }));
  }

  // Changed words go along with the links that start a letter or a message.
  const message = document.querySelector("[data-message]");
  if (message) {
    message.addEventListener("input", () => {
      const body = encodeURIComponent(message.value);
      document.querySelectorAll("[data-body]").forEach((link) => {
        link.href = link.href.replace(/(body|text)=.*$/, (_, name) => name + "=" + body);
      });
    });
  }
})();
