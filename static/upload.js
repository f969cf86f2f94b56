/* Sends the files of an export in pieces, and goes on where it stopped. Without it, the form sends them in one go. */
(() => {
  "use strict";

  const LONGEST_WAIT = 30;
  const LOOK_EVERY = 3;
  const RECENT = 20000; // milliseconds that the rate looks back

  const form = document.querySelector("form[data-pieces]");
  const box = document.getElementById("sending");
  if (!form || !box || !window.XMLHttpRequest || !window.FormData) return;
  const at = form.dataset.pieces;
  const shown = {
    sent: document.getElementById("sent"),
    more: document.getElementById("sent-more"),
    said: document.getElementById("sent-said"),
    away: document.getElementById("sent-away"),
    bar: box.querySelector("progress"),
  };
  const ending = document.getElementById("sending-end");
  let running = false;

  class Refused extends Error {} // by the server, in words for people

  const WAITS = {
    cut: "Your line is cut. It goes on by itself when it is back.",
    full: "Our storage is full at the moment. What arrived is kept, and it goes on by itself.",
  };

  /* What is in the way: the line, our storage, or that nobody is signed in; nothing where it goes on. */
  const tell = (why) => {
    const words = WAITS[why] || "";
    if (shown.said.textContent !== words) shown.said.textContent = words;
    shown.away.hidden = why !== "away";
  };

  const after = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

  const isSignIn = (address) => new URL(address, window.location.href).pathname === "/signin";

  const size = (bytes) => {
    if (bytes < 999500) return `${Math.round(bytes / 1e3)} kB`;
    const [amount, unit] = bytes < 999.5e6 ? [bytes / 1e6, "MB"] : [bytes / 1e9, "GB"];
    return `${amount >= 100 ? Math.round(amount).toLocaleString("en-AU") : amount.toFixed(1)} ${unit}`;
  };

  const wait = (seconds) => {
    if (seconds * 1.3 < 60) return "Less than a minute left.";
    const [unit, one] = seconds * 1.3 < 7200 ? ["minute", 60] : ["hour", 3600];
    const least = Math.max(1, Math.floor((seconds * 0.9) / one));
    const most = Math.max(1, Math.ceil((seconds * 1.3) / one));
    return least < most ? `${least} to ${most} ${unit}s left.` : `About ${most} ${unit}${most > 1 ? "s" : ""} left.`;
  };

  const send = (method, path, body, headers = {}, moving = () => {}) =>
    new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open(method, `${at}/${path}`);
      for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
      request.upload.onprogress = (event) => moving(event.loaded);
      request.timeout = 300000;
      request.onerror = request.ontimeout = () => reject(new Error("cut"));
      request.onload = () => {
        let told = {};
        try {
          told = JSON.parse(request.responseText);
        } catch {
          // a page instead of an answer: signed out, or this step is over
        }
        resolve({ status: isSignIn(request.responseURL) ? 401 : request.status, told });
      };
      request.send(body);
    });

  const isSignedOut = async () => {
    try {
      return isSignIn((await fetch(window.location.href, { method: "GET", cache: "no-store" })).url);
    } catch {
      return false; // the line is cut
    }
  };

  const sum = async (piece) => {
    if (!window.crypto || !window.crypto.subtle) return {};
    const digest = await window.crypto.subtle.digest("SHA-256", await piece.arrayBuffer());
    return { "Piece-SHA256": Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("") };
  };

  class Sending {
    constructor(files) {
      this.files = files;
      this.total = files.reduce((all, file) => all + file.size, 0);
      this.before = 0; // of the files that are whole
      this.moments = [];
      this.place = 1;
    }

    show(received) {
      const done = this.before + received;
      const time = Date.now();
      this.moments = this.moments.filter((one) => time - one.time < RECENT);
      this.moments.push({ time, done });
      const first = this.moments[0];
      const rate = time > first.time + 1500 ? ((done - first.done) * 1000) / (time - first.time) : 0;
      shown.sent.textContent = `${size(done)} of ${size(this.total)}`;
      shown.bar.max = this.total;
      shown.bar.value = done;
      const which = this.files.length > 1 ? `File ${this.place} of ${this.files.length}. ` : "";
      const speed = rate > 0 ? `${size(rate)} a second. ${wait((this.total - done) / rate)} ` : "";
      shown.more.textContent = `${which}${speed}Keep this page open. If your line breaks, it goes on by itself.`;
    }

    async begin() {
      const asked = new FormData();
      asked.append("basis", form.elements.basis.value);
      for (const file of this.files) {
        asked.append("name", file.name);
        asked.append("size", file.size);
      }
      const { status, told } = await this.patiently(() => send("POST", "begin", asked));
      if (status !== 200 || !told.files) throw new Refused(told.words || "");
      this.piece = told.piece;
      for (const each of document.querySelectorAll("#upload input[name=basis]")) each.value = told.basis;
      ending.hidden = false; // before this there is nothing to stop, and the form would carry an old fingerprint
      return told.files;
    }

    /* The form that hands over this very upload, and no other. */
    upload() {
      const asked = new FormData();
      asked.append("basis", form.elements.basis.value);
      return asked;
    }

    async all() {
      const known = await this.begin();
      for (const [n, file] of this.files.entries()) {
        this.place = n + 1;
        await this.one(file, known[n]);
        this.before += file.size;
      }
      const { status, told } = await this.patiently(() => send("POST", "finish", this.upload()));
      if (status !== 200 || !told.goes) throw new Refused(told.words || "");
      running = false;
      window.location.assign(told.goes);
    }

    async one(file, known) {
      let received = known.received;
      this.moments = [];
      while (received < file.size) {
        this.show(received);
        const start = received;
        const piece = file.slice(start, start + this.piece, "");
        const headers = { "Upload-Offset": String(start), ...(await sum(piece)) };
        const { status, told } = await this.patiently(() =>
          send("POST", `${known.id}/piece`, piece, headers, (loaded) => this.show(start + Math.min(loaded, piece.size))),
        );
        if ([200, 409].includes(status) && "received" in told) received = told.received;
        else throw new Refused(told.words || "");
      }
      this.show(received);
    }

    /* Does it again while the line is cut, the server is away or full, or nobody is signed in, with longer waits. */
    async patiently(act) {
      for (let seconds = 1; ; seconds = Math.min(seconds * 2, LONGEST_WAIT)) {
        let why = "cut"; // the line, or the server, is gone for a while
        try {
          const { status, told } = await act();
          if (status !== 401 && ![408, 502, 503, 504, 507].includes(status)) {
            tell("");
            return { status, told };
          }
          why = { 401: "away", 507: "full" }[status] || why;
        } catch {
          // An answer that came while a piece was on its way may look like a cut line: a signed-out visitor is sent away.
          if (await isSignedOut()) why = "away";
        }
        tell(why);
        this.moments = [];
        if (why === "away") await this.signedIn();
        else await after(seconds);
      }
    }

    /* Asks for a page now and then, so that no piece is sent in vain, until somebody has signed in beside us. */
    async signedIn() {
      for (let away = true; away; ) {
        await after(LOOK_EVERY);
        try {
          away = isSignIn((await fetch(at.replace(/upload$/, "handover"))).url);
        } catch {
          // the line is gone as well
        }
      }
    }
  }

  /* The form stays where it is, closed: nothing else comes to lie under the pointer that has just pressed its button. */
  const close = (closed) => {
    form.elements.files.disabled = closed;
    form.querySelector("button").disabled = closed;
  };

  window.addEventListener("beforeunload", (event) => {
    if (running) event.preventDefault();
  });
  box.querySelector("form").addEventListener("submit", (event) => {
    if (!event.defaultPrevented) running = false;
  });
  form.addEventListener("submit", (event) => {
    const files = Array.from(form.elements.files.files).filter((file) => file.size);
    if (!files.length) return; // the form says what is missing
    event.preventDefault();
    if (running) return;
    running = true;
    close(true);
    const note = document.getElementById("arrived-note");
    if (note) note.hidden = true;
    box.hidden = false;
    box.focus({ preventScroll: true });
    new Sending(files).all().catch((trouble) => {
      running = false;
      if (trouble instanceof Refused && trouble.message) {
        shown.said.textContent = trouble.message;
        ending.hidden = true;
        close(false);
      } else window.location.reload(); // signed out, or this step is over: the page itself says which
    });
  });
})();
