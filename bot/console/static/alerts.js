// A case that must not wait is heard: once when it comes, then every minute until somebody claims it.
(() => {
  "use strict";
  const AGAIN = 60;
  const known = new Map(); // case → when it was last heard, in seconds
  let context = null;

  const beep = () => {
    context ??= new AudioContext();
    if (context.state === "suspended") context.resume(); // browsers wait for a first click or key
    for (const [at, pitch] of [[0, 660], [0.22, 880]]) {
      const tone = context.createOscillator();
      const volume = context.createGain();
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0.0001, context.currentTime + at);
      volume.gain.exponentialRampToValueAtTime(0.2, context.currentTime + at + 0.02);
      volume.gain.exponentialRampToValueAtTime(0.0001, context.currentTime + at + 0.2);
      tone.connect(volume).connect(context.destination);
      tone.start(context.currentTime + at);
      tone.stop(context.currentTime + at + 0.21);
    }
  };

  const hear = () => {
    const strip = document.getElementById("alerts");
    if (!strip) return;
    const now = Date.now() / 1000;
    const cases = (strip.dataset.heard ?? "").split(" ").filter(Boolean);
    for (const gone of [...known.keys()].filter((one) => !cases.includes(one))) known.delete(gone);
    const due = cases.filter((one) => now - (known.get(one) ?? -AGAIN) >= AGAIN);
    for (const one of due) known.set(one, now);
    if (!due.length) return;
    beep();
    strip.dataset.sounded = String(Number(strip.dataset.sounded ?? 0) + 1);
  };
  document.addEventListener("htmx:after:swap", hear);
  hear();
})();
