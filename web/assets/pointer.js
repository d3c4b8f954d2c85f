// A list that is redrawn must not slip away under the pointer: while it moves over rows the redraw waits a little, and a
// click that meets another row than the one that was there a moment ago is not taken.
(() => {
  const REST_MS = 600;
  const LONGEST_WAIT_MS = 3_000;
  const SLIPPED_MS = 350;
  let movedAt = 0;
  let swappedAt = 0;
  let under = null;

  const rowUnderPointer = () => document.querySelector("tr[data-href]:hover")?.id ?? null;

  document.addEventListener("pointermove", (event) => {
    if (event.target.closest?.("tr[data-href]")) movedAt = performance.now();
  });

  document.addEventListener("htmx:sse:before:message", (event) => {
    if (event.detail.message.event || rowUnderPointer() === null) return;
    const since = performance.now();
    event.detail.waitUntil(
      new Promise((resolve) => {
        const look = () => {
          const now = performance.now();
          if (now - movedAt >= REST_MS || now - since >= LONGEST_WAIT_MS) resolve();
          else setTimeout(look, 50);
        };
        look();
      }),
    );
  });

  document.addEventListener("htmx:before:swap", () => {
    under = rowUnderPointer();
    swappedAt = performance.now();
  });

  document.addEventListener(
    "click",
    (event) => {
      if (event.detail === 0 || under === null || performance.now() - swappedAt > SLIPPED_MS) return;
      const row = event.target.closest?.("tr[data-href]");
      if (!row || row.id === under) return;
      event.preventDefault();
      event.stopPropagation();
    },
    { capture: true },
  );
})();
