// The case at hand: how long the note may be, and the claim that lasts while somebody works.
(() => {
  const count = new Intl.NumberFormat("en-GB");

  // Counted, not cut: what is pasted too long stays to be shortened.
  document.addEventListener("input", (event) => {
    const limit = Number(event.target.dataset?.limit);
    if (!limit) return;
    const length = event.target.value.trim().length;
    const counter = document.getElementById("note-count");
    const over = length > limit;
    counter.textContent =
      length === 0
        ? `at most ${count.format(limit)} characters`
        : `${count.format(length)} of ${count.format(limit)} characters${over ? `: ${count.format(length - limit)} too many` : ""}`;
    counter.dataset.over = String(over);
    event.target.setCustomValidity(
      over ? `The note is ${count.format(length - limit)} characters too long.` : "",
    );
  });

  const RENEW_EVERY_MS = 60_000;
  const RETRY_AFTER_MS = 5_000;
  const ENDS_SOON_MS = 120_000;
  let renewedAt = 0;
  let announced = "";

  /** Somebody works: their claim lasts on. Not heard, it ends as it would have; a later key tries again. */
  function work(event) {
    // What a script puts into a field (drafts.js) is nobody's work.
    if (!event.isTrusted) return;
    // A key that does something to the case says so by itself; a renewal beside it would come too late.
    const typing = event.target.closest?.("input, textarea, select");
    if (event.type === "keydown" && !typing) return;
    const { renew } = document.querySelector("[data-renew]")?.dataset ?? {};
    if (!renew || Date.now() - renewedAt < RENEW_EVERY_MS) return;
    renewedAt = Date.now();
    const failed = () => {
      renewedAt = Date.now() - RENEW_EVERY_MS + RETRY_AFTER_MS;
    };
    fetch(renew, { method: "POST" }).then((response) => response.ok || failed(), failed);
  }
  for (const sign of ["input", "keydown", "pointerdown"]) document.addEventListener(sign, work);

  // Nobody works: said before the claim ends, taken back when it lasts on.
  let notice = null;
  setInterval(() => {
    const until = document.querySelector("[data-lease-until]")?.dataset.leaseUntil;
    if (until !== announced) {
      notice?.remove();
      notice = null;
    }
    const left = Date.parse(until) - Date.now();
    if (!(left < ENDS_SOON_MS) || until === announced) return;
    announced = until;
    notice = paysecure.tell("Your claim on this case ends soon. Type or click anything to keep it.", {
      kind: "warning",
    });
  }, 1000);

  // What can be taken back for some seconds is not offered longer.
  setInterval(() => {
    for (const form of document.querySelectorAll("[data-until]")) {
      if (Date.parse(form.dataset.until) < Date.now()) form.remove();
    }
  }, 500);

  // A choice that goes with the person from case to case.
  const kept = (name) => {
    try {
      return localStorage.getItem(`choice ${name}`) === "true";
    } catch {
      return false;
    }
  };
  function remember() {
    for (const box of document.querySelectorAll("[data-remember]")) box.checked = kept(box.dataset.remember);
  }
  document.addEventListener("change", ({ target }) => {
    const name = target.dataset?.remember;
    if (!name) return;
    try {
      localStorage.setItem(`choice ${name}`, String(target.checked));
    } catch {
      // The browser keeps nothing: it holds for this page.
    }
  });

  // Whoever comes from the last case begins at the heading of this one; a reload is no arrival.
  document.addEventListener("DOMContentLoaded", () => {
    remember();
    const here = new URL(location.href);
    if (!here.searchParams.has("undo")) return;
    here.searchParams.delete("undo");
    history.replaceState(history.state, "", here);
    if (!document.querySelector("tr[data-current]")) focusOn(document.querySelector("h1"));
  });
  document.addEventListener("htmx:after:swap", remember);

  // The button that was pressed is gone with the verdict: the keyboard goes on from what came of it.
  document.addEventListener("htmx:after:swap", (event) => {
    if (event.target.id === "live-stream" || document.activeElement !== document.body) return;
    focusOn(document.getElementById("outcome") ?? document.getElementById("claim-state"));
  });

  function focusOn(place) {
    if (!place) return;
    place.tabIndex = -1;
    place.focus({ preventScroll: true });
  }
})();
