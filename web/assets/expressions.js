// Completes the names of a condition as it is typed: those that begin with the word before the cursor, as buttons below
// the field. Tab or a click takes the first or the chosen one, arrows choose, Escape puts them away.
(() => {
  const MOST = 8;
  let field = null;
  let bar = null;

  const namesOf = (textarea) =>
    [...document.querySelectorAll(`#${textarea.dataset.expression} dt`)].map((dt) => dt.textContent);

  /** The name that ends at the cursor, as far as it is typed. */
  function wordBefore(textarea) {
    const end = textarea.selectionStart;
    let start = end;
    while (start > 0 && /[\w.]/.test(textarea.value[start - 1])) start--;
    return textarea.value.slice(start, end);
  }

  function putAway() {
    bar?.remove();
    bar = null;
    field = null;
  }

  function take(name) {
    const textarea = field;
    const word = wordBefore(textarea);
    const at = textarea.selectionStart;
    textarea.setRangeText(name, at - word.length, at, "end");
    putAway();
    textarea.focus();
    textarea.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function choose(step) {
    const buttons = [...bar.children];
    const now = buttons.findIndex((button) => button.getAttribute("aria-selected") === "true");
    const next = (now + step + buttons.length) % buttons.length;
    buttons.forEach((button, i) => {
      button.setAttribute("aria-selected", i === next ? "true" : "false");
    });
  }

  function offer(textarea) {
    const word = wordBefore(textarea);
    putAway();
    if (word === "") return;
    const all = namesOf(textarea).filter((name) => name !== word);
    // `features.count_1h` is found by its last part too, behind the names that begin as it is typed.
    const inside = (name) => !name.startsWith(word) && name.startsWith(word, name.indexOf(".") + 1);
    const names = [...all.filter((name) => name.startsWith(word)), ...all.filter(inside)];
    if (names.length === 0) return;
    field = textarea;
    bar = document.createElement("div");
    bar.className = "completions";
    bar.setAttribute("role", "listbox");
    bar.setAttribute("aria-label", "Names");
    for (const [i, name] of names.slice(0, MOST).entries()) {
      const button = document.createElement("button");
      button.type = "button";
      button.tabIndex = -1;
      button.setAttribute("role", "option");
      button.setAttribute("aria-selected", i === 0 ? "true" : "false");
      button.textContent = name;
      bar.append(button);
    }
    textarea.after(bar);
  }

  document.addEventListener("input", (event) => {
    if (event.target.matches?.("[data-expression]") && event.isTrusted) offer(event.target);
  });

  document.addEventListener("keydown", (event) => {
    if (!bar || event.target !== field || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") putAway();
    else if (event.key === "ArrowDown") choose(1);
    else if (event.key === "ArrowUp") choose(-1);
    else if (event.key === "Tab" && !event.shiftKey)
      take(bar.querySelector('[aria-selected="true"]').textContent);
    else return;
    event.preventDefault();
  });

  // Before the field loses the focus.
  document.addEventListener("mousedown", (event) => {
    const button = event.target.closest?.(".completions button");
    if (!button) return;
    event.preventDefault();
    take(button.textContent);
  });

  document.addEventListener("focusout", (event) => {
    if (event.target === field) putAway();
  });
})();
