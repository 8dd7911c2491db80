// Turns Web Push on for this browser: the form shows itself only where that can work.
(() => {
  "use strict";
  const form = document.querySelector("[data-push]");
  if (!form) return;
  const say = (name) => {
    for (const line of document.querySelectorAll("[data-push-says]")) line.hidden = line.dataset.pushSays !== name;
  };
  if (!isSecureContext || !navigator.serviceWorker || !window.PushManager || !window.Notification) return;
  form.hidden = false;
  say(Notification.permission === "denied" ? "denied" : "");

  const key = Uint8Array.from(atob(form.dataset.push.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));

  const ready = async () => {
    const found = await navigator.serviceWorker.register("/console/static/worker.js");
    const worker = found.installing ?? found.waiting;
    if (worker && !found.active) {
      await new Promise((done) => {
        worker.addEventListener("statechange", () => { if (worker.state === "activated") done(); });
      });
    }
    return found.pushManager;
  };

  const subscribe = async () => {
    const manager = await ready();
    const wanted = { userVisibleOnly: true, applicationServerKey: key };
    try {
      return await manager.subscribe(wanted);
    } catch (error) {
      if (error.name !== "InvalidStateError") throw error; // made for another key, before Faro had this one
      await (await manager.getSubscription())?.unsubscribe();
      return manager.subscribe(wanted);
    }
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (await Notification.requestPermission() !== "granted") return say("denied");
    try {
      const made = (await subscribe()).toJSON();
      form.endpoint.value = made.endpoint;
      form.p256dh.value = made.keys.p256dh;
      form.auth.value = made.keys.auth;
      form.submit(); // without this listener
    } catch {
      say("failed");
    }
  });
})();
