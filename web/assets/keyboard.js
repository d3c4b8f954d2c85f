// The keyboard: j and k walk through a list, Enter opens; elements with data-key answer to their letter.
(() => {
  const rows = () => [...document.querySelectorAll("tr[data-href]")];

  /** Where the mark stands; kept when a redraw takes the marked row away. */
  let marked = -1;

  function mark(row, focus) {
    for (const other of rows()) other.toggleAttribute("data-current", other === row);
    marked = rows().indexOf(row);
    if (focus) row.querySelector("a")?.focus({ preventScroll: true });
  }

  function walk(step) {
    const all = rows();
    if (all.length === 0) return;
    const next = all[Math.min(all.length - 1, Math.max(0, marked + step))];
    mark(next, true);
    next.scrollIntoView({ block: "nearest" });
  }

  // The mark itself outlives a redraw (morphIgnore in components/layout.tsx); the row may have moved, or be gone.
  document.addEventListener("htmx:after:swap", () => {
    if (marked < 0) return;
    const all = rows();
    const at = all.findIndex((row) => row.hasAttribute("data-current"));
    if (at >= 0) marked = at;
    else if (all.length > 0) {
      const nothingFocused = document.activeElement === document.body || document.activeElement === null;
      mark(all[Math.min(all.length - 1, marked)], nothingFocused);
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.metaKey || event.altKey || event.defaultPrevented) return;
    const typing = event.target.closest?.("input, textarea, select");
    if (typing) {
      if (event.key === "Escape") typing.blur();
      return;
    }
    if (event.ctrlKey) return;
    if (event.key === "j") walk(1);
    else if (event.key === "k") walk(-1);
    else {
      const target = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
      if (!target) return;
      // A verdict is only pointed at: Enter says yes to it.
      if (target.dataset.keyDoes === "focus") target.focus();
      else target.click();
    }
    event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    const row = event.target.closest?.("tr[data-href]");
    if (row && !event.target.closest("a, button, input")) location.assign(row.dataset.href);
  });

  // A select in a filter form takes effect at once; without scripts the form's button does it.
  document.addEventListener("change", (event) => {
    const form = event.target.closest?.("form[data-submit-on-change]");
    if (form && event.target.matches("select")) form.requestSubmit();
  });
})();
