// Buttons that show what is typed into a password field; without scripts they are not there.
for (const button of document.querySelectorAll("[data-reveal]")) button.hidden = false;
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-reveal]");
  const field = button && document.getElementById(button.dataset.reveal);
  if (!field) return;
  const shown = field.type === "text";
  field.type = shown ? "password" : "text";
  button.textContent = shown ? "Show" : "Hide";
  button.setAttribute("aria-pressed", String(!shown));
  field.focus();
});
// What is sent and kept by the browser is a password, not a text.
document.addEventListener("submit", (event) => {
  for (const button of event.target.querySelectorAll("[data-reveal]")) {
    const field = document.getElementById(button.dataset.reveal);
    if (field) field.type = "password";
  }
});
