// The inbox: asks for the messages, waits for changes, and shows them. Whatever came in a request is only ever put into
// the page as text.
"use strict";

const list = document.getElementById("messages");
const template = document.getElementById("message");
const number = document.getElementById("number");
const state = document.getElementById("state");
/** Rows by the message's id, so that a change keeps the focus and the selection where they are. */
const rows = new Map();
let revision = null;
let clockSkew = 0;
let shown = [];
let asking = null;

const words = {
  valid: "valid",
  verified: "verified",
  used_up: "no tries left",
  expired: "expired",
  replaced: "replaced by a later one",
};

function duration(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172800) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86400)} days`;
}

function pinState(message, now) {
  const parts = [words[message.pin_state] ?? message.pin_state];
  if (message.pin_state === "valid" || message.pin_state === "verified") {
    const tries = message.tries_remaining;
    parts.push(tries === null ? "any number of tries" : tries === 1 ? "1 try left" : `${tries} tries left`);
    parts.push(message.expires_at === null ? "never expires" : `expires in ${duration(message.expires_at - now)}`);
  }
  return parts.join(", ");
}

function setText(element, text) {
  // Writing the same text again would make screen readers and selections restless.
  if (element.textContent !== text) element.textContent = text;
}

function newRow(message) {
  const row = template.content.firstElementChild.cloneNode(true);
  const copy = row.querySelector(".pin button");
  copy.setAttribute("aria-label", `Copy the PIN ${message.pin}`);
  copy.addEventListener("click", () => copyPin(row, message.pin));
  return row;
}

async function copyPin(row, pin) {
  try {
    await navigator.clipboard.writeText(pin);
    setText(state, `The PIN ${pin} is copied.`);
  } catch {
    getSelection().selectAllChildren(row.querySelector("code"));
    setText(state, "The PIN is selected: copy it with your keyboard.");
  }
}

function fill(row, message, now, accounts) {
  const put = (selector, text) => setText(row.querySelector(selector), text);
  put(".to", `+${message.to}`);
  put(".from", message.from === null ? "from the account’s own sender" : `from ${message.from}`);
  put(".text", message.text);
  put(".pin code", message.pin);
  put(".pin-state", pinState(message, now));
  const next = message.next_delivery;
  put(".delivery", next !== null && next.at <= now ? next.status : message.delivery);
  put(".size", `${message.segments} ${message.segments === 1 ? "segment" : "segments"}, ${message.encoding}`);
  put(".account dd", String(message.account));
  row.querySelector(".account").hidden = accounts < 2;
  const age = row.querySelector(".age");
  age.dateTime = new Date(message.at).toISOString();
  age.title = new Date(message.at).toLocaleString();
  setText(age, `${duration(now - message.at)} ago`);
  row.querySelector("article").dataset.state = message.pin_state;
}

function render() {
  const now = Date.now() + clockSkew;
  const accounts = new Set(shown.map((message) => message.account)).size;
  const wanted = new Set(shown.map((message) => message.id));
  for (const [id, row] of rows) {
    if (!wanted.has(id)) {
      row.remove();
      rows.delete(id);
    }
  }
  shown.forEach((message, index) => {
    let row = rows.get(message.id);
    if (!row) {
      row = newRow(message);
      rows.set(message.id, row);
    }
    // What passes with time alone is shown at once, without asking.
    const passed = message.expires_at !== null && message.expires_at <= now;
    const current = ["valid", "verified"].includes(message.pin_state) && passed;
    fill(row, current ? { ...message, pin_state: "expired" } : message, now, accounts);
    if (list.children[index] !== row) list.insertBefore(row, list.children[index] ?? null);
  });
}

function announce() {
  const filtered = number.value.trim() !== "";
  const count = shown.length;
  const none = filtered ? "No message to such a number." : "No messages yet. New ones appear by themselves.";
  setText(state, count === 0 ? none : count === 1 ? "1 message" : `${count} messages`);
}

async function ask(wait) {
  const query = new URLSearchParams({ limit: "200" });
  const digits = number.value.replace(/[^0-9]/g, "");
  if (digits) query.set("contains", digits);
  if (revision !== null) query.set("since", String(revision));
  if (wait) query.set("wait", "20");
  asking = new AbortController();
  const response = await fetch(`sandbox/messages?${query}`, { signal: asking.signal, cache: "no-store" });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  const answer = await response.json();
  const changed = answer.revision !== revision;
  revision = answer.revision;
  clockSkew = answer.now - Date.now();
  shown = answer.messages;
  render();
  if (changed) announce();
}

async function follow() {
  let wait = false;
  for (;;) {
    try {
      await ask(wait);
      wait = true;
    } catch (problem) {
      wait = false;
      if (problem.name !== "AbortError") {
        setText(state, "The sandbox doesn’t answer. Trying again…");
        await new Promise((resolve) => setTimeout(resolve, 1000));
        revision = null;
      }
    }
  }
}

function askAgain() {
  revision = null;
  asking?.abort();
}

document.getElementById("filter").addEventListener("submit", (event) => event.preventDefault());
number.addEventListener("input", askAgain);
document.getElementById("clear").addEventListener("click", async () => {
  const response = await fetch("sandbox/clear", { method: "POST" }).catch(() => null);
  setText(state, response?.ok ? "Cleared. The PINs stay good." : "The messages could not be cleared.");
});
setInterval(render, 1000);
follow();
