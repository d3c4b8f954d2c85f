// Buttons that copy a field. Over plain http browsers have no clipboard API: then the text is selected and copied as of old,
// or left selected for the person to copy.
document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy]");
  const field = button && document.getElementById(button.dataset.copy);
  if (!field) return;
  field.focus();
  field.select();
  let copied = false;
  try {
    if (navigator.clipboard) {
      await navigator.clipboard.writeText(field.value);
      copied = true;
    } else copied = document.execCommand("copy");
  } catch {
    copied = document.execCommand("copy");
  }
  button.textContent = copied ? "Copied" : "Press Ctrl+C";
});
