// Counts deadlines down between two updates, and tells the server the browser's time zone.
(() => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const told = () => document.cookie.split("; ").includes(`tz=${zone}`);
  if (zone && !told()) {
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every browser
    document.cookie = `tz=${zone}; path=/; max-age=31536000; samesite=lax`;
    // This page still has its times in another zone. Once: where cookies are refused, it stays as it is.
    const drawn = document.body.dataset.zone;
    if (drawn !== undefined && drawn !== zone && told()) location.reload();
  }

  // The same words as formatRemaining in components/format.ts.
  function remaining(seconds) {
    const left = Math.abs(seconds);
    const hours = Math.floor(left / 3600);
    const minutes = Math.floor((left % 3600) / 60);
    const text =
      hours > 0
        ? `${hours} h ${String(minutes).padStart(2, "0")} min`
        : `${minutes}:${String(left % 60).padStart(2, "0")}`;
    return seconds < 0 ? `overdue ${text}` : text;
  }

  function tick() {
    for (const due of document.querySelectorAll("time[data-due]")) {
      const seconds = Math.floor((Date.parse(due.dateTime) - Date.now()) / 1000);
      const text = remaining(seconds);
      if (due.textContent !== text) due.textContent = text;
      due.dataset.state = seconds < 0 ? "over" : seconds < 300 ? "soon" : "calm";
    }
  }

  setInterval(tick, 1000);
  document.addEventListener("DOMContentLoaded", tick);
  document.addEventListener("htmx:after:swap", tick);
})();
