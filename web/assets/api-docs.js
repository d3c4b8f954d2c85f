// Sends what stands in the form and shows the answer as it came.
document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-path]");
  if (!form) return;
  event.preventDefault();
  const fields = new FormData(form);
  const query = String(fields.get("query") ?? "").trim();
  const address = form.dataset.path.replaceAll(/\{(\w+)\}/g, (_, name) =>
    encodeURIComponent(String(fields.get(name) ?? "").trim()),
  );
  const path = address + (query ? `?${query.replace(/^\?/, "")}` : "");
  const head = form.querySelector("[data-answer-head]");
  const answer = form.querySelector("[data-answer]");
  const body = fields.get("body");
  const started = performance.now();
  head.textContent = "Waiting for the answer…";
  try {
    const response = await fetch(path, {
      method: form.dataset.method,
      ...(body === null ? {} : { headers: { "content-type": "application/json" }, body: String(body) }),
    });
    const text = await response.text();
    const took = Math.round(performance.now() - started);
    head.textContent = `${response.status} ${response.statusText} in ${took} ms`;
    let shown = text;
    try {
      shown = JSON.stringify(JSON.parse(text), null, 2);
    } catch {
      // Not JSON: as it came.
    }
    answer.textContent = shown || "(no body)";
    answer.hidden = false;
  } catch (error) {
    head.textContent = `No answer: ${error.message}`;
    answer.hidden = true;
  }
});
