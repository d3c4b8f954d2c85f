// The keyboard: j and k walk through a list, Enter opens; elements with data-key answer to their letter.
(() => {
  const rows = () => [...document.querySelectorAll("tr[data-href]")];

  function walk(step) {
    const all = rows();
    if (all.length === 0) return;
    const at = all.findIndex((row) => row.hasAttribute("data-current"));
    const next = all[Math.min(all.length - 1, Math.max(0, at + step))] ?? all[0];
    for (const row of all) row.removeAttribute("data-current");
    next.setAttribute("data-current", "");
    next.querySelector("a")?.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
  }

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
