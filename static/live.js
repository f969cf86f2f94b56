/* Says so when a page's numbers, which are sent as they change, no longer come; and looks until they come again. */
(() => {
  "use strict";

  const LONGEST_SILENCE = 7000; // milliseconds; the server sends the numbers every second
  const LOOK_EVERY = 3000;
  const LONGEST_LOOK = 4000;
  const ITS_OWN_WAY = 2000; // how long an answering server has to send numbers before the page is left for the current one

  const live = document.getElementById("live");
  const note = document.getElementById("no-news");
  if (!live || !note || !live.hasAttribute("hx-sse:connect")) return;
  const since = note.querySelector("[data-since]");
  const clock = new Intl.DateTimeFormat(document.documentElement.lang, { timeStyle: "medium", timeZone: note.dataset.zone });
  let last = Date.now(); // when numbers came
  let awaited = last; // since when numbers are awaited: a page in the background gets none
  let looking = false;

  const arrived = () => {
    last = awaited = Date.now();
    note.hidden = true;
    live.classList.remove("is-old");
  };
  const missing = () => {
    if (!note.hidden) return;
    since.textContent = clock.format(last);
    live.classList.add("is-old");
    note.hidden = false;
  };
  // A server that answers again leads to the page of the move's state: it may have gone on, or ask for a sign-in.
  const look = async () => {
    if (note.hidden || looking) return;
    looking = true;
    try {
      const answer = await fetch(live.dataset.goes, { cache: "no-store", signal: AbortSignal.timeout(LONGEST_LOOK) });
      if (answer.ok) await new Promise((resolve) => setTimeout(resolve, ITS_OWN_WAY));
      if (answer.ok && !note.hidden) window.location.replace(live.dataset.goes);
    } catch {
      // Still no answer: the note stays.
    } finally {
      looking = false;
    }
  };

  live.addEventListener("htmx:sse:after:message", arrived);
  for (const name of ["htmx:error", "htmx:response:error", "htmx:sse:error"]) live.addEventListener(name, missing);
  window.addEventListener("offline", missing);
  window.addEventListener("online", look);
  document.addEventListener("visibilitychange", () => {
    awaited = Date.now();
  });
  setInterval(() => {
    if (!document.hidden && Date.now() - awaited > LONGEST_SILENCE) missing();
  }, 1000);
  setInterval(look, LOOK_EVERY);
})();
