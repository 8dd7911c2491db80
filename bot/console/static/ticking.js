// How long a case waits and its window stays open goes on between two answers of the server. Every word is the
// page's own: data-times holds the forms in which pages.duration writes a time, the other attributes the sentences.
(() => {
  "use strict";
  const MINUTE = 60, HOUR = 3600, DAY = 86400;
  let told = "", arrived = 0; // the server's time as the page has it, and when it came

  const written = (forms, seconds) => {
    const whole = Math.max(0, Math.floor(seconds));
    if (whole < MINUTE) return forms.now;
    if (whole < HOUR) return forms.minutes.replace("{n}", Math.floor(whole / MINUTE));
    const hours = Math.floor(whole / HOUR), minutes = Math.floor((whole % HOUR) / MINUTE);
    if (whole < 2 * DAY) return (minutes ? forms.hours : forms.hour).replace("{h}", hours).replace("{m}", minutes);
    return forms.days.replace("{n}", Math.floor(whole / DAY)).replace("{h}", Math.floor((whole % DAY) / HOUR));
  };

  const tick = () => {
    const list = document.querySelector("[data-times]");
    if (!list) return;
    if (list.dataset.now !== told) [told, arrived] = [list.dataset.now, Date.now()];
    const now = Number(told) + (Date.now() - arrived) / 1000;
    const forms = JSON.parse(list.dataset.times);
    const put = (place, sentence, seconds) => {
      const words = sentence.replace("{time}", written(forms, seconds));
      if (place.textContent !== words) place.textContent = words;
    };
    for (const place of list.querySelectorAll("[data-since]")) {
      put(place, list.dataset[place.dataset.as], now - Number(place.dataset.since));
    }
    for (const place of list.querySelectorAll("[data-until]")) {
      const left = Number(place.dataset.until) - now;
      put(place, left > 0 ? list.dataset.left : list.dataset.over, left);
      place.classList.toggle("closing", left < Number(list.dataset.short));
    }
  };

  document.addEventListener("htmx:after:swap", tick);
  setInterval(tick, 1000);
  tick();
})();
