// Two phones on one page. Every word shown comes from index.html or from the bot.
const words = document.body.dataset;
const clock = new Intl.DateTimeFormat(words.locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const PAUSE = 500;

class Phone {
  constructor(look) {
    this.look = look;
    this.root = document.getElementById("phone").content.firstElementChild.cloneNode(true);
    this.root.dataset.look = look;
    this.root.dataset.testid = `phone-${look}`;
    this.list = this.find(".messages");
    this.chat = this.find(".chat");
    this.find(".presence").textContent = this.find(".presence").dataset[look];
    this.find(".lock-app").textContent = look === "whatsapp" ? "WhatsApp" : "Telegram";
    this.find(".day").textContent = words.today;
    this.wire();
    this.own(new URLSearchParams(location.search).get(look) || sessionStorage.getItem(look) || chance());
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  wire() {
    const form = this.find(".typing");
    const text = form.elements.text;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (text.value.trim()) this.say({ text: text.value });
      text.value = "";
      grow(text);
    });
    text.addEventListener("input", () => grow(text));
    text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        form.requestSubmit();
      }
    });
    this.find(".more").addEventListener("click", () => this.menu(this.find(".kinds").hidden));
    for (const item of this.root.querySelectorAll("[data-kind]")) {
      item.addEventListener("click", () => {
        this.menu(false);
        this.say({ kind: item.dataset.kind });
      });
    }
    this.find(".sheet").addEventListener("click", (event) => {
      if (event.target.closest(".sheet-close") || !event.target.closest(".sheet-panel")) this.sheet(null);
    });
    this.root.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        this.menu(false);
        this.sheet(null);
      }
    });
    const owner = this.find(".owner");
    owner.addEventListener("submit", (event) => event.preventDefault());
    owner.elements.phone.addEventListener("change", () => {
      if (owner.reportValidity()) this.own(owner.elements.phone.value);
    });
    this.find(".another").addEventListener("click", () => this.own(chance()));
  }

  own(name) {
    this.name = name;
    sessionStorage.setItem(this.look, name);
    this.find(".owner").elements.phone.value = name;
    this.url = `/simulator/api/${this.look}/${encodeURIComponent(name)}/messages`;
    this.clear();
  }

  clear() {
    this.last = 0;
    this.tag = null;
    this.list.replaceChildren();
    this.root.classList.remove("lit");
  }

  menu(open) {
    this.find(".kinds").hidden = !open;
    this.find(".more").setAttribute("aria-expanded", String(open));
  }

  sheet(message) {
    const sheet = this.find(".sheet");
    sheet.hidden = message === null;
    if (message === null) return;
    this.find(".sheet h3").textContent = message.label;
    this.find(".sheet-rows").replaceChildren(
      ...message.choices.map((choice) => {
        const row = this.key(message, choice, "sheet-row");
        row.addEventListener("click", () => this.sheet(null));
        if (choice.description) row.append(made("small", "", choice.description));
        return row;
      }),
    );
    this.find(".sheet-row").focus();
  }

  async say(what) {
    this.root.classList.remove("failed");
    const answer = await fetch(this.url, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(what),
    }).catch(() => null);
    if (!answer?.ok) this.failed(what);
    await this.look_up();
  }

  failed(what) {
    const line = made("button", "unsent", words.unsent);
    line.addEventListener("click", () => {
      line.parentElement.remove();
      this.say(what);
    });
    const item = made("li", "me");
    item.append(line);
    this.list.append(item);
    this.down();
  }

  // One request at a time per phone, or a message would be drawn twice.
  look_up() {
    this.looking = (this.looking ?? Promise.resolve()).then(() => this.fetch()).catch(() => {});
    return this.looking;
  }

  async fetch() {
    const url = this.url;
    const answer = await fetch(`${url}?after=${this.last}`);
    if (!answer.ok || url !== this.url) return;
    const tag = answer.headers.get("X-Phone");
    const messages = await answer.json();
    if (this.tag !== null && tag !== this.tag) {
      this.clear(); // the service started anew, or something was erased
      return;
    }
    this.tag = tag;
    if (messages.length) this.show(messages);
  }

  show(messages) {
    const low = this.chat.scrollHeight - this.chat.scrollTop - this.chat.clientHeight < 80;
    for (const message of messages) {
      this.last = Math.max(this.last, message.id);
      this.list.append(this.bubble(message));
      if (message.answers) this.answered(message.answers);
    }
    const said = messages.findLast((message) => message.from !== "me");
    if (said) this.lock(said);
    if (low || messages.some((message) => message.from === "me")) this.down();
  }

  down() {
    this.chat.scrollTop = this.chat.scrollHeight;
  }

  lock(message) {
    this.root.classList.add("lit");
    this.find(".lock-line").textContent = message.audio ? words.voice : message.text.split("\n")[0];
    this.find(".lock-time").textContent = clock.format(new Date(message.at));
  }

  // Telegram's keyboard goes away after a tap; WhatsApp's buttons stay.
  answered(id) {
    if (this.look === "telegram") this.list.querySelector(`[data-id="${id}"] .keys`)?.remove();
  }

  bubble(message) {
    const item = made("li", message.from === "me" ? "me" : "them");
    item.dataset.id = message.id;
    item.dataset.from = message.from;
    const bubble = made("div", "bubble");
    if (message.from === "staff") bubble.append(made("span", "staff", words.staff));
    if (words[message.kind]) bubble.append(attachment(message.kind));
    if (message.audio) bubble.append(recording(message.audio));
    if (message.text) {
      const text = made("p", "text", message.text);
      text.dir = "auto";
      bubble.append(text);
    }
    const time = made("time", "", clock.format(new Date(message.at)));
    time.dateTime = message.at;
    bubble.append(time);
    item.append(bubble);
    if (message.choices.length) item.append(this.keys(message));
    return item;
  }

  keys(message) {
    const keys = made("div", "keys");
    if (this.look === "whatsapp" && message.label) {
      const open = made("button", "key open", message.label);
      open.type = "button";
      open.dataset.testid = "open-list";
      open.addEventListener("click", () => this.sheet(message));
      keys.append(open);
      return keys;
    }
    const short = message.choices.every((choice) => choice.title.length <= 14);
    keys.classList.toggle("pairs", this.look === "telegram" && short);
    keys.append(...message.choices.map((choice) => this.key(message, choice, "key")));
    return keys;
  }

  key(message, choice, style) {
    const key = made("button", style);
    key.type = "button";
    key.dataset.testid = `choice-${choice.id}`;
    const title = made("span", "", choice.title);
    title.dir = "auto";
    key.append(title);
    key.addEventListener("click", () => this.say({ choice: choice.id, message: message.id }));
    return key;
  }
}

function made(name, style = "", text = "") {
  const element = document.createElement(name);
  if (style) element.className = style;
  if (text) element.textContent = text;
  return element;
}

function attachment(kind) {
  const shown = made("div", `attachment ${kind}`);
  shown.append(made("i", `dot ${kind}`), made("span", "", words[kind]));
  return shown;
}

// A voice message: played by whoever taps it; where nothing can play here, the file is a link.
function recording(address) {
  const player = made("audio", "recording");
  player.controls = true;
  player.preload = "none";
  player.src = address;
  player.setAttribute("aria-label", words.listen);
  player.dataset.testid = "recording";
  const link = made("a", "", words.listen);
  link.href = address;
  player.append(link);
  return player;
}

function grow(text) {
  text.rows = Math.min(5, text.value.split("\n").length);
}

function chance() {
  const four = crypto.getRandomValues(new Uint32Array(1))[0] % 9000;
  return `persona-${four + 1000}`;
}

const phones = ["whatsapp", "telegram"].map((look) => new Phone(look));
document.getElementById("phones").append(...phones.map((phone) => phone.root));

async function tick() {
  for (const element of document.querySelectorAll(".clock")) element.textContent = clock.format(new Date());
  if (!document.hidden) await Promise.all(phones.map((phone) => phone.look_up()));
  setTimeout(tick, PAUSE);
}
tick();
