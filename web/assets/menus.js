// Menus over the queue: one is open at a time, and a click elsewhere or Escape closes it. Columns are moved in their list.
// The way back from a case leads to what one looked at.
(() => {
  const openMenus = () => document.querySelectorAll("details.menu[open]");

  document.addEventListener("click", (event) => {
    for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of openMenus()) {
      const inside = menu.contains(event.target);
      menu.open = false;
      if (inside) menu.querySelector("summary").focus();
    }
  });

  // Browsers that know no names of details leave the others open.
  document.addEventListener(
    "toggle",
    (event) => {
      if (!event.target.matches?.("details.menu[open]")) return;
      for (const menu of openMenus()) if (menu !== event.target) menu.open = false;
    },
    { capture: true },
  );

  for (const button of document.querySelectorAll("button[data-move]")) button.hidden = false;

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("button[data-move]");
    const row = button?.closest("li");
    if (!row) return;
    if (button.dataset.move === "up") row.previousElementSibling?.before(row);
    else row.nextElementSibling?.after(row);
    button.focus();
  });

  const LOOK = "queue look";
  if (location.pathname === "/reviews") {
    const look = new URLSearchParams(location.search);
    look.delete("undo");
    sessionStorage.setItem(LOOK, look.toString());
  } else {
    const look = sessionStorage.getItem(LOOK);
    for (const link of document.querySelectorAll('.crumbs a[href^="/reviews"]')) {
      if (look !== null && link.pathname === "/reviews") link.search = look;
    }
  }
})();
