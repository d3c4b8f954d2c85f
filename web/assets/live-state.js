// Shows whether the page is live, and brings a lost first connection back.
(() => {
  const words = {
    live: "Live",
    lost: "Reconnecting…",
    trouble: "No fresh data, trying again",
    paused: "Paused while hidden",
  };

  function show(state) {
    const pill = document.getElementById("live-state");
    if (!pill) return;
    pill.dataset.state = state;
    pill.querySelector(".label").textContent = words[state];
    document.getElementById("live-mode").hidden = state !== "live";
  }

  const stream = () => document.getElementById("live-stream");

  document.addEventListener("htmx:sse:after:connection", () => show("live"));
  document.addEventListener("htmx:sse:after:message", (event) => {
    if (event.detail.message.event) return;
    show("live");
    // Rows that come from now on light up; those of the first drawing do not.
    requestAnimationFrame(() => document.documentElement.classList.add("is-live"));
  });
  document.addEventListener("paysecure:trouble", () => show("trouble"));
  document.addEventListener("htmx:sse:error", (event) => {
    show("lost");
    // The session ended: the sign-in page says how to come back.
    if (event.detail.status === 401) location.assign("/sign-in");
  });
  document.addEventListener("htmx:sse:before:connection", (event) => {
    if (event.detail.connection.attempt > 0) show(document.hidden ? "paused" : "lost");
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
    if (event.detail?.ctx?.response?.status === 401) location.assign("/sign-in");
    else retry(event);
  });

  // Messages of a swapped-in fragment stay long enough to be read.
  document.addEventListener("htmx:after:swap", () => {
    for (const toast of document.querySelectorAll(".toast:not([data-timed])")) {
      toast.dataset.timed = "";
      setTimeout(() => toast.remove(), 8000);
    }
  });
})();
