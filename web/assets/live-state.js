// Shows whether the page is live and how old it is when it is not, and brings a lost connection back.
(() => {
  const words = {
    live: "Live",
    lost: "Reconnecting…",
    trouble: "No fresh data, trying again",
    paused: "Paused while hidden",
    over: "Signed out",
  };

  // A stream says something at least every 15 s (fragments/stream.ts): silent for longer, its connection is dead, whatever
  // the browser believes of it.
  const SILENCE_MS = 20_000;

  let state = "connecting";
  let connection = null;
  let goodbye = null;
  let heardAt = Date.now();
  let freshAt = Date.now();

  const stream = () => document.getElementById("live-stream");

  function ageText() {
    const seconds = Math.floor((Date.now() - freshAt) / 1000);
    if (seconds < 10) return "";
    return seconds < 120 ? `${seconds} s old` : `${Math.floor(seconds / 60)} min old`;
  }

  function draw() {
    const pill = document.getElementById("live-state");
    if (!pill) return;
    const mode = document.getElementById("live-mode");
    const inTrouble = state === "live" && mode.dataset.trouble;
    const shown = inTrouble ? "trouble" : state;
    const label = inTrouble || words[state] || "Connecting…";
    if (pill.dataset.state !== shown) pill.dataset.state = shown;
    const place = pill.querySelector(".label");
    if (place.textContent !== label) place.textContent = label;
    mode.hidden = state !== "live" || Boolean(inTrouble);
    const age = pill.querySelector(".age");
    const text = state === "live" ? "" : ageText();
    if (age.textContent !== text) age.textContent = text;
  }

  function show(next) {
    state = next;
    draw();
  }

  function hear(isFresh) {
    heardAt = Date.now();
    goodbye?.remove();
    goodbye = null;
    if (!isFresh) return show("trouble");
    freshAt = heardAt;
    show("live");
  }

  /** Said, not jumped to: whatever stands half typed on the page stays. */
  function signedOut() {
    if (state === "over") return;
    show("over");
    goodbye = paysecure.tell(
      "Your session has ended. Sign in again, in another tab; what you wrote stays here.",
      { link: { href: "/sign-in", text: "Sign in again" } },
    );
  }

  document.addEventListener("htmx:sse:after:connection", (event) => {
    connection = event.detail.connection;
    heardAt = Date.now();
  });
  document.addEventListener("htmx:sse:after:message", (event) => {
    if (event.detail.message.event) return;
    hear(true);
    // Rows that come from now on light up; those of the first drawing do not.
    requestAnimationFrame(() => document.documentElement.classList.add("is-live"));
  });
  document.addEventListener("paysecure:fresh", () => hear(true));
  document.addEventListener("paysecure:trouble", () => hear(false));
  document.addEventListener("htmx:sse:error", (event) => {
    // The session ended: the sign-in page says how to come back.
    if (event.detail.status === 401) signedOut();
    else if (state !== "over") show("lost");
  });
  document.addEventListener("htmx:sse:before:connection", (event) => {
    const again = event.detail.connection.attempt > 0;
    if (again && state === "over") event.preventDefault();
    else if (again) show(document.hidden ? "paused" : "lost");
  });

  // Back at this tab, perhaps from signing in again in another.
  addEventListener("focus", () => {
    if (state === "over") stream()?.dispatchEvent(new Event("live:retry"));
  });

  // The first request never became a stream (the server was just away): hx-sse gives up, so ask again.
  const retry = (event) => {
    if (event.target !== stream()) return;
    show("lost");
    setTimeout(() => stream()?.dispatchEvent(new Event("live:retry")), 3000);
  };
  document.addEventListener("htmx:error", retry);
  document.addEventListener("htmx:response:error", (event) => {
    if (event.target !== stream()) return;
    if (event.detail?.ctx?.response?.status === 401) signedOut();
    else retry(event);
  });

  setInterval(() => {
    if (connection && !document.hidden && state !== "over" && Date.now() - heardAt > SILENCE_MS) {
      heardAt = Date.now();
      show("lost");
      connection.reader?.cancel();
    }
    draw();
  }, 1000);
})();
