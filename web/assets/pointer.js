// What is redrawn must not slip away under the pointer: while it moves over something that leads somewhere the redraw
// waits a little, and a click that meets another thing than the one that was there a moment ago is not taken.
(() => {
  const REST_MS = 600;
  const LONGEST_WAIT_MS = 3_000;
  const SLIPPED_MS = 350;
  let movedAt = 0;
  let swappedAt = 0;
  let under = null;

  /** What a click on the element does, as far as one can tell two of them apart; null for nothing. */
  function meaning(element) {
    const row = element?.closest?.("tr[data-href]");
    if (row) return row.dataset.href;
    const leading = element?.closest?.("a[href], button");
    if (!leading) return null;
    return leading.href ?? `${leading.form?.action} ${leading.name} ${leading.value}`;
  }

  const underPointer = () => meaning([...document.querySelectorAll(":hover")].at(-1));

  document.addEventListener("pointermove", () => {
    movedAt = performance.now();
  });

  document.addEventListener("htmx:sse:before:message", (event) => {
    if (event.detail.message.event || underPointer() === null) return;
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
    under = underPointer();
    swappedAt = performance.now();
  });

  document.addEventListener(
    "click",
    (event) => {
      // A key aims at what is focused, a finger at what is seen; a pointer that moved since has been aimed anew.
      if (event.detail === 0 || event.pointerType === "touch" || movedAt > swappedAt) return;
      if (performance.now() - swappedAt > SLIPPED_MS) return;
      const meant = meaning(event.target);
      if (meant === null || meant === under) return;
      event.preventDefault();
      event.stopPropagation();
    },
    { capture: true },
  );
})();
