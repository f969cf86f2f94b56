/* Makes a page a little kinder; every page works without it. */
(() => {
  "use strict";

  const menu = () => document.querySelector("details.who[open]");

  // The account menu closes like a menu: by Escape, and by a press anywhere else.
  document.addEventListener("keydown", (event) => {
    const open = event.key === "Escape" && menu();
    if (open) {
      open.open = false;
      open.querySelector("summary").focus();
    }
  });
  document.addEventListener("click", (event) => {
    const open = menu();
    if (open && !open.contains(event.target)) open.open = false;
  });

  // What destroys or stops is not pressed by the second press of a double click. That is a press which the browser
  // counts as a second one, or which follows within half a second on the press that led to this page. Every other press
  // counts, as early as it may come; so does a key.
  const TWICE = 500; // milliseconds
  const PRESSED = "pressed";
  const stored = (act) => {
    try {
      return act(window.sessionStorage);
    } catch {
      return null; // a browser that stores nothing: the browser's own count is left
    }
  };
  const pressedBefore = () => Number(stored((kept) => kept.getItem(PRESSED)) || -Infinity);
  let before = pressedBefore();
  let isSecond = false;
  document.addEventListener(
    "click",
    (event) => {
      const now = Date.now();
      isSecond = event.detail > 1 || (event.detail === 1 && now - before >= 0 && now - before < TWICE);
      if (event.detail > 0) stored((kept) => kept.setItem(PRESSED, String(now)));
    },
    true,
  );
  window.addEventListener("pageshow", () => {
    before = pressedBefore();
  });
  document.addEventListener(
    "submit",
    (event) => {
      if (isSecond && event.target.matches("form[data-ends]")) event.preventDefault();
    },
    true,
  );

  // The work went on to its next step: go to the page of that step.
  document.addEventListener("moved", (event) => {
    const goes = event.target.closest("[data-goes]");
    if (goes) window.location.assign(goes.dataset.goes);
  });

  // A form that saves when it changes: a button that is pressed while a save is running submits when the save is
  // answered, so that the button sends the new fingerprint of the form. The server accepts the old one, too.
  const saving = new Map();
  const waiting = new Map();
  document.addEventListener("htmx:before:request", (event) => {
    const form = event.target;
    if (form.matches("form")) saving.set(form, (saving.get(form) || 0) + 1);
  });
  document.addEventListener("htmx:finally:request", (event) => {
    const form = event.target;
    if (!saving.has(form)) return;
    saving.set(form, saving.get(form) - 1);
    setTimeout(() => {
      if (saving.get(form) || !waiting.has(form)) return;
      const button = waiting.get(form);
      waiting.delete(form);
      if (!form.isConnected) return;
      // The answer may have replaced the button that was pressed by an equal one.
      const same = (each) => each.type === "submit" && each.name === button.name && each.value === button.value;
      form.requestSubmit(!button || button.isConnected ? button : [...form.elements].find(same));
    });
  });
  document.addEventListener("submit", (event) => {
    if (!saving.get(event.target)) return;
    event.preventDefault();
    waiting.set(event.target, event.submitter);
  });

  // A person who leaves while a save is running loses no choice: the browser sends the form once more by itself.
  window.addEventListener("pagehide", () => {
    for (const [form, running] of saving) {
      if (!running || !form.isConnected) continue;
      const sent = new URLSearchParams(new FormData(form));
      const more = JSON.parse(form.getAttribute("hx-vals") || "{}");
      for (const [name, value] of Object.entries(more)) sent.set(name, value);
      navigator.sendBeacon(form.getAttribute("hx-post"), sent);
    }
  });

  // A form that came back with mistakes: read the summary first, wherever it was put.
  document.addEventListener("htmx:after:swap", () => {
    const errors = document.querySelector(".errors");
    if (errors) errors.focus();
  });
})();
