// What the server cannot say itself, because it was not reached or what came back is not its own; and the notices' button.
globalThis.paysecure = (() => {
  /** The same markup as components/notice.tsx, where the person looks: beside the decision, else above the page. */
  function tell(text, { kind = "problem", link } = {}) {
    const place = document.getElementById("case-notices") ?? document.getElementById("toasts");
    if (!place) return null;
    for (const old of place.querySelectorAll(".notice")) {
      if (old.querySelector("p").textContent === text) old.remove();
    }
    const notice = document.createElement("div");
    notice.className = "notice";
    notice.dataset.kind = kind;
    notice.setAttribute("role", "alert");
    const words = document.createElement("p");
    words.textContent = text;
    notice.append(words);
    if (link) {
      const way = document.createElement("a");
      way.className = "button";
      way.href = link.href;
      way.textContent = link.text;
      notice.append(way);
    }
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button";
    button.dataset.dismiss = "";
    button.textContent = "Dismiss";
    notice.append(button);
    place.append(notice);
    notice.scrollIntoView({ block: "nearest" });
    return notice;
  }

  document.addEventListener("click", (event) => {
    event.target.closest?.("[data-dismiss]")?.closest(".notice, .toast")?.remove();
  });

  const isStream = (event) => event.target.id === "live-stream";

  const unanswered = (method) =>
    method === "GET"
      ? "PaySecure did not answer. Try again in a moment."
      : "PaySecure did not answer, so this may not be recorded. What you wrote is kept: send it again when the connection is back. However often it is sent, it is recorded once.";

  // A network that swallows what is sent gives no error for a long time: said before somebody wonders.
  const SLOW_MS = 4_000;
  const waiting = new WeakMap();
  document.addEventListener("htmx:before:request", (event) => {
    const { ctx } = event.detail;
    if (isStream(event) || ctx.request.method === "GET") return;
    const sent = { notice: null, timer: 0 };
    sent.timer = setTimeout(() => {
      sent.notice = tell("Sent, and no answer yet. What you wrote is kept.", { kind: "warning" });
    }, SLOW_MS);
    waiting.set(ctx, sent);
  });
  document.addEventListener("htmx:finally:request", (event) => {
    const sent = waiting.get(event.detail.ctx);
    clearTimeout(sent?.timer);
    sent?.notice?.remove();
  });

  // The network is away, or no answer came in time.
  document.addEventListener("htmx:error", (event) => {
    if (!isStream(event) && event.detail?.ctx) tell(unanswered(event.detail.ctx.request.method));
  });

  // A proxy's page of its own, or a sign-in page that a redirect led to, is a document. It never replaces a part.
  document.addEventListener("htmx:before:swap", (event) => {
    const { ctx } = event.detail;
    if (isStream(event) || !/<html[\s>]/i.test(ctx.text ?? "")) return;
    event.preventDefault();
    tell(unanswered(ctx.request.method));
  });

  // What the server had to say about the case may lie outside of what a small window shows.
  document.addEventListener("htmx:after:swap", (event) => {
    if (!isStream(event))
      document.querySelector("#case-notices .notice")?.scrollIntoView({ block: "nearest" });
  });

  // Good news may go by itself; a problem stays until somebody has read it.
  document.addEventListener("htmx:after:swap", () => {
    for (const toast of document.querySelectorAll(".toast:not([data-timed])")) {
      for (const said of document.querySelectorAll(".toast[data-timed]")) {
        if (said.firstChild?.textContent === toast.firstChild?.textContent) said.remove();
      }
      toast.dataset.timed = "";
      if (toast.dataset.kind !== "problem") {
        setTimeout(() => toast.remove(), 8000);
        continue;
      }
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button";
      button.dataset.dismiss = "";
      button.textContent = "Dismiss";
      toast.append(" ", button);
    }
  });

  return { tell };
})();
