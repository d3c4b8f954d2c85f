// The theme button. The choice lives in a cookie so that the server draws the page right from the first byte.
(() => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const shown = () => root.dataset.theme ?? (dark.matches ? "dark" : "light");
  const mark = () => {
    root.dataset.shownTheme = shown();
  };

  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("[data-theme-toggle]")) return;
    const next = shown() === "dark" ? "light" : "dark";
    root.dataset.theme = next;
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every browser
    document.cookie = `theme=${next}; path=/; max-age=31536000; samesite=lax`;
    mark();
  });
  dark.addEventListener("change", mark);
  mark();
})();
