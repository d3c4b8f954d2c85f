// What is typed into a field with data-draft is kept in this browser until it is recorded or discarded, under the name
// that the field gives: a reload, a closed tab, an ended session lose nothing.
(() => {
  const PREFIX = "draft ";
  const KEPT_MS = 7 * 24 * 3_600_000;

  let store = null;
  try {
    store = localStorage;
  } catch {
    // The browser keeps nothing for this site: drafts live as long as the page.
  }

  /** As platform/pan.ts in small: a card number is not written to the disk of whoever types it. */
  function holdsCardNumber(text) {
    for (const [run] of text.normalize("NFKC").matchAll(/\d(?:[^\p{L}\p{N}]{0,3}\d){12,}/gu)) {
      const digits = run.replace(/\D/g, "");
      for (let start = 0; start + 13 <= digits.length; start++) {
        for (let length = 13; length <= 19 && start + length <= digits.length; length++) {
          if (passesLuhn(digits.slice(start, start + length))) return true;
        }
      }
    }
    return false;
  }

  function passesLuhn(digits) {
    let sum = 0;
    for (let i = 0; i < digits.length; i++) {
      const digit = Number(digits[digits.length - 1 - i]) * (1 + (i % 2));
      sum += digit > 9 ? digit - 9 : digit;
    }
    return sum % 10 === 0;
  }

  function keep(field) {
    const name = PREFIX + field.dataset.draft;
    try {
      if (field.value === "" || holdsCardNumber(field.value)) store?.removeItem(name);
      else store?.setItem(name, JSON.stringify({ text: field.value, at: Date.now() }));
    } catch {
      // Full: the page still has it.
    }
  }

  function read(name) {
    try {
      return JSON.parse(store?.getItem(name) ?? "null");
    } catch {
      return null;
    }
  }

  /** Empties a field and forgets its draft. */
  function clear(field) {
    field.value = "";
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  const seen = new WeakSet();
  function restore() {
    for (const field of document.querySelectorAll("[data-draft]")) {
      if (seen.has(field)) continue;
      seen.add(field);
      // What the server sent back with a refusal is newer than the draft.
      if (field.value === "") field.value = read(PREFIX + field.dataset.draft)?.text ?? "";
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }

  function forgetOld() {
    for (const name of Object.keys(store ?? {})) {
      if (!name.startsWith(PREFIX)) continue;
      if (!(Date.now() - read(name)?.at < KEPT_MS)) store.removeItem(name);
    }
  }

  /** The note that stands in the record as one's own needs no keeping. */
  function forgetRecorded() {
    const field = document.getElementById("note");
    if (!field || !document.querySelector("#outcome[data-yours]")) return;
    const recorded = document.getElementById("recorded-note")?.textContent ?? "";
    if (field.value !== "" && field.value.trim() === recorded) clear(field);
  }

  /** … nor does that of the case before, when one went on to the next. */
  function forgetDecided() {
    const { forgetDraft } = document.querySelector("[data-forget-draft]")?.dataset ?? {};
    if (forgetDraft) store?.removeItem(PREFIX + forgetDraft);
  }

  document.addEventListener("input", (event) => {
    if (event.target.matches?.("[data-draft]")) keep(event.target);
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-discard]");
    if (button) clear(document.getElementById(button.dataset.discard));
  });
  const settle = () => {
    restore();
    forgetRecorded();
  };

  // Every other field: what was typed on a page is there again when the page is, by reload or by way back from an error
  // that the form led to. A page that is opened anew is new.
  let tab = null;
  try {
    tab = sessionStorage;
  } catch {
    // As above.
  }
  const TYPED = "input:not([type=hidden]), select, textarea:not([data-draft])";

  /** The field's name in this tab: its page, its form's place there, its own name. */
  function placeOf(field) {
    const form = [...document.forms].indexOf(field.form);
    return `typed ${location.pathname}${location.search} ${form} ${field.name}`;
  }

  function keepTyped({ target: field }) {
    if (!field.form || !field.name || !field.matches(TYPED) || holdsCardNumber(field.value)) return;
    try {
      tab?.setItem(placeOf(field), field.value);
    } catch {
      // As above.
    }
  }

  function restoreTyped() {
    const [{ type } = {}] = performance.getEntriesByType("navigation");
    for (const field of document.querySelectorAll(TYPED)) {
      if (!field.form || !field.name) continue;
      if (type === "navigate") tab?.removeItem(placeOf(field));
      else field.value = tab?.getItem(placeOf(field)) ?? field.value;
    }
  }

  document.addEventListener("input", keepTyped);
  document.addEventListener("DOMContentLoaded", restoreTyped);
  document.addEventListener("DOMContentLoaded", () => {
    forgetOld();
    forgetDecided();
    settle();
  });
  document.addEventListener("htmx:after:swap", settle);
})();
