// The keyboard: j and k walk through a list, Enter opens; elements with data-key answer to their letter, those with
// data-row-key for the marked row.
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

  const MARK = "marked row";

  function press(target) {
    const does = target.dataset.keyDoes;
    if (does === "focus") target.focus();
    else if (does === "unfold") {
      const details = target.closest("details");
      details.open = true;
      details.querySelector("input:not([type=hidden]), select").focus();
    } else {
      // The list comes back without the row: the mark goes to the one in its place.
      if (target.dataset.rowKey) sessionStorage.setItem(MARK, String(marked));
      target.click();
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    const at = Number(sessionStorage.getItem(MARK) ?? "-1");
    sessionStorage.removeItem(MARK);
    const all = rows();
    if (at >= 0 && all.length > 0) mark(all[Math.min(all.length - 1, at)], true);
  });

  document.addEventListener("keydown", (event) => {
    if (event.metaKey || event.altKey || event.defaultPrevented) return;
    const typing = event.target.closest?.("input, textarea, select");
    if (typing) {
      if (event.key === "Escape") typing.blur();
      return;
    }
    if (event.ctrlKey) return;
    // A key held down is one verdict, not one on each case that comes.
    if (event.repeat && !["j", "k"].includes(event.key)) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const help = document.getElementById("keys-help");
    if (help?.open) return;
    if (key === "j") walk(1);
    else if (key === "k") walk(-1);
    else if (key === "?") help?.showModal();
    else {
      const letter = CSS.escape(key);
      const target =
        document.querySelector(`tr[data-current] [data-row-key="${letter}"]`) ??
        document.querySelector(`[data-key="${letter}"]`);
      if (!target) return;
      press(target);
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
