// Shows what Web Push brings, as it was sent, and opens the queue. It keeps nothing and answers for no page.
"use strict";

self.addEventListener("install", () => self.skipWaiting());

self.addEventListener("push", (event) => {
  const { title, body, tag } = event.data.json();
  event.waitUntil(self.registration.showNotification(title, { body, tag, renotify: true, requireInteraction: true }));
});

const queue = async () => {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const open = pages.find((page) => new URL(page.url).pathname === "/console");
  return open ? open.focus() : self.clients.openWindow("/console");
};

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(queue());
});
