// Buttons that copy what stands in another element; also where the clipboard may not be written to (plain http).
document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy]");
  const source = button && document.getElementById(button.dataset.copy);
  if (!source) return;
  const text = source.value ?? [...source.children].map((each) => each.textContent.trim()).join("\n");
  let copied = false;
  try {
    await navigator.clipboard.writeText(text);
    copied = true;
  } catch {
    const area = source.select ? source : document.body.appendChild(document.createElement("textarea"));
    if (area !== source) area.value = text;
    area.select();
    copied = document.execCommand("copy");
    if (area !== source) area.remove();
  }
  button.dataset.label ??= button.textContent;
  button.textContent = copied ? "Copied" : "Select it and copy";
  setTimeout(() => {
    button.textContent = button.dataset.label;
  }, 2_000);
});
