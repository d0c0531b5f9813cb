// The inbox: asks for what the chosen view shows, waits for changes, and shows them. Whatever came in a request is only
// ever put into the page as text.
"use strict";

const byId = (id) => document.getElementById(id);
const state = byId("state");
const notice = byId("notice");
const search = byId("search");
const refused = byId("refused");
const more = byId("more");
const PAGE = 200;

/** Rows by the id of what they show, so that a change keeps the focus and the selection where they are. */
const rows = { messages: new Map(), requests: new Map(), reports: new Map() };
let view = "messages";
let clockSkew = 0;
let mark = null;
let limit = PAGE;
let shown = [];
let total = 0;
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

function setText(element, text) {
  // Writing the same text again would make screen readers and selections restless.
  if (element.textContent !== text) element.textContent = text;
}

function setAge(element, at, now) {
  const date = new Date(at);
  element.dateTime = date.toISOString();
  element.title = date.toLocaleString();
  setText(element, at > now ? `in ${duration(at - now)}` : `${duration(now - at)} ago`);
}

async function copy(text, element, said) {
  try {
    await navigator.clipboard.writeText(text);
    setText(notice, said);
  } catch {
    getSelection().selectAllChildren(element);
    setText(notice, "It is selected: copy it with your keyboard.");
  }
}

// Messages

function pinState(message, now) {
  const parts = [words[message.pin_state] ?? message.pin_state];
  if (message.pin_state === "valid" || message.pin_state === "verified") {
    const tries = message.tries_remaining;
    parts.push(tries === null ? "any number of tries" : tries === 1 ? "1 try left" : `${tries} tries left`);
    parts.push(message.expires_at === null ? "never expires" : `expires in ${duration(message.expires_at - now)}`);
  }
  return parts.join(", ");
}

function newMessage(row) {
  // The PIN is read when it is copied: a row may come to show another message with the same id.
  row.querySelector(".pin button").addEventListener("click", () => {
    const code = row.querySelector(".pin code");
    copy(code.textContent, code, `The PIN ${code.textContent} is copied.`);
  });
}

function fillMessage(row, given, now) {
  const put = (selector, text) => setText(row.querySelector(selector), text);
  // What passes with time alone is shown at once, without asking.
  const passed = given.expires_at !== null && given.expires_at <= now;
  const expired = passed && ["valid", "verified"].includes(given.pin_state);
  const message = expired ? { ...given, pin_state: "expired" } : given;
  put(".to", `+${message.to}`);
  put(".from", message.from === null ? "from the account’s own sender" : `from ${message.from}`);
  put(".text", message.text);
  put(".pin code", message.pin);
  row.querySelector(".pin button").setAttribute("aria-label", `Copy the PIN ${message.pin}`);
  put(".pin-state", pinState(message, now));
  const next = message.next_delivery;
  put(".delivery", next !== null && next.at <= now ? next.status : message.delivery);
  put(".size", `${message.encoding}, ${message.segments === 1 ? "1 segment" : `${message.segments} segments`}`);
  put(".account dd", message.account_name);
  row.querySelector(".account").hidden = new Set(shown.map((other) => other.account)).size < 2;
  setAge(row.querySelector(".age"), message.at, now);
  row.querySelector("article").dataset.state = message.pin_state;
}

// Requests

function fillRequest(row, request, now) {
  const put = (selector, text) => setText(row.querySelector(selector), text ?? "");
  put(".what", `${request.method} ${request.path}`);
  const code = request.http === null ? "no answer" : `HTTP ${request.http}`;
  put(".status", request.status === null ? code : `${code}, ${request.status}`);
  put(".reason", request.reason);
  put(".rule", request.rule === null ? "" : `Rule: ${request.rule}`);
  put(".sent", request.request || "(no body)");
  put(".answer", request.answer || "(nothing)");
  setAge(row.querySelector(".age"), request.at, now);
}

// Reports

function newReport(row) {
  row.querySelector("button").addEventListener("click", async () => {
    const response = await fetch(`sandbox/reports/again?id=${row.dataset.id}`, { method: "POST" }).catch(() => null);
    setText(notice, response?.ok ? "The report is posted again." : "The report could not be posted again.");
  });
}

function fillReport(row, report, now) {
  const put = (selector, text) => setText(row.querySelector(selector), text);
  put(".status", report.status);
  put(".to", `about +${report.to}`);
  put(".url", report.url);
  const http = report.http === null ? "" : ` (HTTP ${report.http})`;
  const why = report.problem === null ? "" : `: ${report.problem}`;
  const fates = { waiting: `waits to be posted${why}`, taken: `taken${http}`, given_up: `given up${why}` };
  put(".fate", fates[report.state] ?? report.state);
  setAge(row.querySelector(".age"), report.due, now);
}

const views = {
  messages: {
    template: "message",
    created: newMessage,
    fill: fillMessage,
    query: (query) => {
      if (search.value.trim()) query.set("contains", search.value.trim());
      if (mark !== null) query.set("since", String(mark));
    },
    mark: (answer) => answer.revision,
    none: () => search.value.trim() ? "No message with that in it." : "No messages yet. New ones appear by themselves.",
    one: "message",
  },
  requests: {
    template: "request",
    created: () => {},
    fill: fillRequest,
    query: (query) => {
      if (refused.checked) query.set("refused", "1");
      if (mark !== null) query.set("after", String(mark));
    },
    mark: (answer) => answer.last,
    none: () => "No such requests yet. New ones appear by themselves.",
    one: "request",
  },
  reports: {
    template: "report",
    created: newReport,
    fill: fillReport,
    query: (query) => {
      if (mark !== null) query.set("since", String(mark));
    },
    mark: (answer) => answer.revision,
    none: () => "No delivery reports yet: they go to the report_url of a request.",
    one: "report",
  },
};

function render() {
  const now = Date.now() + clockSkew;
  const known = rows[view];
  const list = byId(view);
  const wanted = new Set(shown.map((item) => item.id));
  for (const [id, row] of known) {
    if (!wanted.has(id)) {
      row.remove();
      known.delete(id);
    }
  }
  shown.forEach((item, index) => {
    let row = known.get(item.id);
    if (!row) {
      row = byId(views[view].template).content.firstElementChild.cloneNode(true);
      row.dataset.id = item.id;
      views[view].created(row);
      known.set(item.id, row);
    }
    views[view].fill(row, item, now);
    if (list.children[index] !== row) list.insertBefore(row, list.children[index] ?? null);
  });
  more.hidden = total <= shown.length;
}

function announce() {
  const { one, none } = views[view];
  const count = total === 1 ? `1 ${one}` : `${total} ${one}s`;
  const text = total === 0 ? none() : shown.length < total ? `${count}, the newest ${shown.length} shown` : count;
  setText(state, text);
}

async function get(url, signal) {
  const response = await fetch(url, { signal, cache: "no-store" });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return response.json();
}

async function ask(wait) {
  const query = new URLSearchParams({ limit: String(limit) });
  views[view].query(query);
  if (wait) query.set("wait", "20");
  asking = new AbortController();
  const asked = view;
  const answer = await get(`sandbox/${asked}?${query}`, asking.signal);
  if (asked !== view) return;
  const next = views[asked].mark(answer);
  if (answer.now) clockSkew = answer.now - Date.now();
  if (asked === "requests" && mark !== null) {
    // Only the later ones came: they stand before those that are here.
    if (answer.requests.length === 0 && next === mark) return;
    shown = [...answer.requests, ...shown].slice(0, 1000);
    total = shown.length;
  } else {
    if (next === mark) return;
    shown = answer[asked];
    total = answer.total ?? shown.length;
  }
  mark = next;
  render();
  announce();
  if (asked === "messages") showFacts();
}

async function follow() {
  let wait = false;
  for (;;) {
    try {
      wait = mark !== null;
      await ask(wait);
    } catch (problem) {
      if (problem.name !== "AbortError") {
        setText(state, "The sandbox doesn’t answer. Trying again…");
        await new Promise((resolve) => setTimeout(resolve, 1000));
        mark = null;
      }
    }
  }
}

function askAgain() {
  mark = null;
  asking?.abort();
}

// The first screen

function showStart(info) {
  const base = `${location.origin}/api/3.0`;
  const key = info.api_key ?? "YOUR-KEY";
  setText(byId("base-url"), base);
  setText(byId("api-key"), info.api_key ?? "one of those that --accept-key gave");
  const body = JSON.stringify({ api_key: key, msisdn: "12025550100" });
  setText(byId("curl"), `curl ${base}/2fa/request -H 'Content-Type: application/json' -d '${body}'`);
  const table = byId("test-numbers");
  table.replaceChildren(...info.test_numbers.map((number) => {
    const row = document.createElement("tr");
    for (const text of [number.msisdn, number.what]) row.insertCell().textContent = text;
    return row;
  }));
}

async function showFacts() {
  const info = await get("sandbox/info").catch(() => null);
  if (info === null) return;
  if (!byId("curl").textContent) showStart(info);
  const several = info.accounts.length > 1;
  const balances = info.accounts.map((account) => several ? `${account.account}: ${account.balance} EUR` : `${account.balance} EUR`);
  setText(byId("balance"), balances.join(", "));
}

function choose(chosen) {
  if (chosen === view) return;
  view = chosen;
  shown = [];
  total = 0;
  limit = PAGE;
  for (const name of Object.keys(views)) {
    const tab = byId(`tab-${name}`);
    tab.setAttribute("aria-selected", String(name === view));
    tab.tabIndex = name === view ? 0 : -1;
    byId(name).hidden = name !== view;
  }
  byId("content").setAttribute("aria-labelledby", `tab-${view}`);
  byId("filter").hidden = view !== "messages";
  byId("refused-form").hidden = view !== "requests";
  setText(notice, "");
  setText(state, "Loading…");
  askAgain();
}

for (const name of Object.keys(views)) {
  const tab = byId(`tab-${name}`);
  tab.addEventListener("click", () => choose(name));
  tab.addEventListener("keydown", (event) => {
    const names = Object.keys(views);
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = names[(names.indexOf(name) + step + names.length) % names.length];
    choose(next);
    byId(`tab-${next}`).focus();
  });
}
for (const form of ["filter", "refused-form"]) byId(form).addEventListener("submit", (event) => event.preventDefault());
search.addEventListener("input", askAgain);
refused.addEventListener("change", askAgain);
more.addEventListener("click", () => {
  limit = Math.min(limit + PAGE, 10000);
  askAgain();
});
byId("copy-curl").addEventListener("click", () => copy(byId("curl").textContent, byId("curl"), "The command is copied."));
byId("clear").addEventListener("click", async () => {
  const response = await fetch("sandbox/clear", { method: "POST" }).catch(() => null);
  setText(notice, response?.ok ? "Cleared. The PINs stay valid." : "The messages could not be cleared.");
});
setInterval(render, 1000);
follow();
