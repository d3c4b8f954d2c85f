// Shows what PaySecure tells this browser while no page of it is open; the text came encrypted for this browser alone.
self.addEventListener("push", (event) => {
  const said = event.data?.json() ?? {};
  event.waitUntil(
    self.registration.showNotification(said.title ?? "PaySecure", {
      body: said.body ?? "",
      // The same message again takes the place of the first.
      tag: said.tag,
      data: { link: said.link ?? "/alerts" },
      icon: "/assets/favicon.svg",
    }),
  );
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const to = new URL(event.notification.data?.link ?? "/alerts", self.location.origin);
  // A path of this console, and of no other.
  const safe = to.origin === self.location.origin ? to.href : "/alerts";
  event.waitUntil(self.clients.openWindow(safe));
});
