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
    const recorded = document.querySelector("#recorded-note[data-yours]");
    if (field && recorded && field.value.trim() === recorded.textContent) clear(field);
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
  document.addEventListener("DOMContentLoaded", () => {
    forgetOld();
    settle();
  });
  document.addEventListener("htmx:after:swap", settle);
})();
