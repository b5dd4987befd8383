// The page of `demo serve`: it shows what /_control/stream sends, and posts to /_control.

import { bursts, rowsOf, remark, describe } from "./rows.js";

const $ = (selector) => document.querySelector(selector);
const { command, url, user, password } = document.body.dataset;
const entries = new Map(); // by id, in the order of arrival
let last = null; // the newest message
let cleared = 0; // entries up to this id are hidden
let clockSkew = 0; // of this browser against the server, in ms

// element makes an element with text or children.
function element(tag, properties = {}, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "role" || name.startsWith("aria-") || name.startsWith("data-")) e.setAttribute(name, value);
    else e[name] = value;
  }
  e.append(...children);
  return e;
}

// ---- the stream

function connect() {
  const source = new EventSource("/_control/stream");
  source.onopen = () => setLive("live");
  source.onerror = () => setLive("disconnected");
  source.onmessage = (message) => show(JSON.parse(message.data));
}

function setLive(text) {
  const live = $("#live");
  if (live.textContent !== text) live.textContent = text;
  live.dataset.state = text;
}

function show(state) {
  // A server that was started anew counts from the beginning.
  if (last && state.began !== last.began) {
    entries.clear();
    cleared = 0;
  }
  const fresh = [];
  for (const e of state.entries ?? []) {
    const known = entries.get(e.id);
    entries.set(e.id, e);
    if (e.kind !== "pending" && (!known || known.kind === "pending")) fresh.push(e);
  }
  while (entries.size > 500) entries.delete(entries.keys().next().value);
  if (last) announce(fresh);
  last = state;
  clockSkew = Date.now() - Date.parse(state.clock);
  showStats(state.stats);
  showSessions();
  showNext();
  showTimeline();
  showArmed(state.armed);
  showSettings(state.settings);
  document.body.dataset.ready = "true";
}

// ---- the counters

function showStats(stats) {
  for (const dd of document.querySelectorAll("[data-stat]")) {
    const n = stats[dd.dataset.stat];
    if (dd.textContent !== String(n)) dd.textContent = n;
    dd.classList.toggle("any", n > 0);
  }
}

// ---- the sessions

function showSessions() {
  const list = $("#session-list");
  const ttl = duration(last.settings["access-ttl"]);
  const shown = last.sessions.slice(0, 4);
  list.replaceChildren(...shown.map((s) => {
    const left = ttl - (Date.now() - clockSkew - Date.parse(s.issued));
    const expired = s.expired || left <= 0;
    const token = s.ended ? s.ended : expired ? "access token expired" : `access token expires in ${clock(left)}`;
    const state = s.ended ? "ended" : expired ? "expired" : "valid";
    return element("li", { className: `card ${state}`, "data-session": s.id },
      element("strong", {}, s.user), " ", element("span", { className: "id" }, s.id),
      element("p", { className: "token" }, token),
      element("p", { className: "small" },
        `${s.refreshes === 0 ? "not refreshed yet" : s.refreshes === 1 ? "refreshed once" : `refreshed ${s.refreshes} times`}`));
  }));
  $("#no-session").hidden = shown.length > 0;
}

// duration reads Go's 1h2m3s into milliseconds.
function duration(text) {
  const units = { h: 3600e3, m: 60e3, s: 1e3, ms: 1, "µs": 1e-3, ns: 1e-6 };
  let ms = 0;
  for (const [, n, unit] of (text ?? "").matchAll(/([\d.]+)(ms|µs|ns|h|m|s)/g)) ms += n * units[unit];
  return ms;
}

function clock(ms) {
  const s = Math.max(0, Math.ceil(ms / 1000));
  return s >= 3600 ? `${Math.floor(s / 3600)} h ${Math.floor(s / 60) % 60} min` : `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
}

// ---- what to type next

function showNext() {
  const live = last.sessions.filter((s) => !s.ended);
  const ttl = duration(last.settings["access-ttl"]);
  const expired = live.some((s) => s.expired || Date.now() - clockSkew - Date.parse(s.issued) > ttl);
  let text, commands;
  if (live.length > 0 && expired) {
    text = "The access token has expired. Send a request and watch one refresh repair it, or many requests that share one.";
    commands = [`${command} get /me --trace`, `${command} storm -n 200 /me`];
  } else if (live.length > 0) {
    text = "You are signed in. Press “Expire tokens” and send a request: a 401, one refresh, and the request again.";
    commands = [`${command} get /me`, `${command} status`];
  } else if (last.sessions.length > 0) {
    text = "The session has ended at the server. The next request finds out; then sign in again.";
    commands = [`${command} get /me`, `${command} login --base-url ${url} --user ${user}`];
  } else {
    text = `Sign in: with a password, which is ${password}, or as at a provider, with a login page.`;
    commands = [`${command} login --base-url ${url} --user ${user}`, `${command} login --issuer ${url} --client-id demo`];
  }
  const list = $("#next-commands");
  const key = text + commands.join();
  if (list.dataset.key === key) return; // a focused button stays where it is
  list.dataset.key = key;
  $("#next-text").textContent = text;
  list.replaceChildren(...commands.map((line) => {
    const copy = element("button", { type: "button", className: "copy", "aria-label": `Copy: ${line}` }, "Copy");
    copy.onclick = async () => {
      try {
        await navigator.clipboard.writeText(line);
        copy.textContent = "Copied";
      } catch {
        copy.textContent = "Press Ctrl-C";
        getSelection().selectAllChildren(copy.previousElementSibling);
      }
      setTimeout(() => { copy.textContent = "Copy"; }, 1500);
    };
    return element("li", {}, element("code", {}, line), copy);
  }));
}

// ---- the timeline

function showTimeline() {
  const shown = [...entries.values()].filter((e) => e.id > cleared);
  const groups = bursts(shown).slice(-12).reverse();
  $("#bursts").replaceChildren(...groups.map(drawBurst));
  $("#no-entry").hidden = shown.length > 0;
}

function drawBurst(burst) {
  const start = (burst.find((e) => e.kind !== "control") ?? burst[0]).start;
  const whole = Math.max(1, ...burst.map((e) => e.start + (e.kind === "pending" ? last.now - e.start : e.took) - start));
  const at = new Date(Date.parse(last.clock) - (last.now - burst[0].start));
  const body = element("tbody", {}, ...rowsOf(burst).map((row) => drawRow(row, start, whole)));
  const head = element("thead", { className: "visually-hidden" }, element("tr", {},
    ...["Status", "Request", "Session", "Time", "Duration", "What it was"].map((h) => element("th", { scope: "col" }, h))));
  const orders = burst.every((e) => e.kind === "control");
  const columns = element("colgroup", {}, ...["status", "request", "session", "track", "took", "remark"].map((c) => element("col", { className: c })));
  return element("table", { role: "table", className: "burst" },
    element("caption", {}, element("time", {}, at.toLocaleTimeString()), orders ? "" : ` · ${millis(whole)}`), columns, head, body);
}

function drawRow(row, start, whole) {
  const e = row.first;
  const tr = element("tr", { role: "row", className: `k-${e.kind}`, "data-kind": e.kind });
  const what = remark(row);
  if (e.kind === "control") {
    tr.append(element("td", { className: "status" }, "●"),
      element("td", { className: "order", colSpan: 5 }, element("strong", {}, e.path), e.note ? ` ${e.note}` : "", e.user ? ` (${e.user})` : ""));
    return tr;
  }
  const bar = element("span", { className: "bar" });
  bar.style.setProperty("--from", (row.start - start) / whole);
  bar.style.setProperty("--part", Math.max((row.end(last.now) - row.start) / whole, 0));
  tr.append(
    element("td", { className: "status" }, e.kind === "pending" ? "…" : e.status ? String(e.status) : "—"),
    element("td", { className: "request" }, element("span", { className: "method" }, e.method), " ", element("code", { title: e.path }, e.path),
      row.count > 1 ? element("span", { className: "times" }, ` ×${row.count}`) : ""),
    element("td", { className: "session" }, e.session || ""),
    element("td", { className: "track", "aria-hidden": "true" }, bar),
    element("td", { className: "took" }, e.kind === "pending" ? "" : millis(row.end(last.now) - row.start)),
    element("td", { className: "remark" }, what));
  return tr;
}

function millis(ms) {
  return ms >= 10000 ? `${(ms / 1000).toFixed(1)} s` : `${ms.toFixed(1)} ms`;
}

// announce tells a screen reader what has just happened, in one sentence.
function announce(fresh) {
  const text = describe(fresh);
  if (text) $("#announce").textContent = text;
}

// ---- the controls

async function post(path) {
  const problem = $("#problem");
  let message = "";
  try {
    const response = await fetch(`/_control/${path}`, { method: "POST" });
    if (!response.ok) message = (await response.json()).message;
  } catch {
    message = "the server does not respond; is it still running?";
  }
  problem.textContent = message;
  problem.hidden = message === "";
  return message === "";
}

function showArmed(armed) {
  const times = (n) => (n < 0 ? "until cleared" : `${n} to go`);
  const fail = [];
  if (armed.fail_refreshes) fail.push(`refreshes: ${times(armed.fail_refreshes)}`);
  if (armed.fail_calls) fail.push(`API calls: ${times(armed.fail_calls)}`);
  const text = { fail: fail.join(", "), drop: armed.drops ? times(armed.drops) : "", delay: armed.delay_ms ? `${armed.delay_ms} ms` : "" };
  for (const output of document.querySelectorAll("[data-armed]")) {
    if (output.textContent !== text[output.dataset.armed]) output.textContent = text[output.dataset.armed];
  }
  const hold = $("#hold");
  hold.setAttribute("aria-pressed", String(armed.held));
  hold.textContent = armed.held ? "Release responses" : "Hold responses";
}

// showSettings shows the values in force, but not in a form that the user has changed.
function showSettings(settings) {
  for (const form of document.querySelectorAll('[data-form="set"]')) {
    if (form.dataset.changed) continue;
    for (const input of form.querySelectorAll("[name]")) {
      if (input.type === "checkbox") input.checked = settings[input.name] === (input.dataset.on ?? "true");
      else input.value = settings[input.name] ?? "";
    }
  }
}

function changes(form) {
  const query = new URLSearchParams();
  for (const input of form.querySelectorAll("[name]")) {
    const value = input.type === "checkbox" ? checked(input) : input.value.trim();
    if (form.dataset.form !== "set" || value !== last?.settings[input.name]) query.set(input.name, value);
  }
  return query;
}

function checked(input) {
  return input.checked ? input.dataset.on ?? "true" : input.dataset.off ?? "false";
}

for (const button of document.querySelectorAll("[data-post]")) {
  button.addEventListener("click", () => post(button.dataset.post));
}
for (const button of document.querySelectorAll("[data-clear]")) {
  button.addEventListener("click", () => {
    post(`${button.dataset.clear}?n=0`);
    if (button.dataset.clear === "fail") post("fail?n=0&target=api");
  });
}
$("#hold").addEventListener("click", (event) => post(event.target.getAttribute("aria-pressed") === "true" ? "release" : "hold"));
for (const form of document.querySelectorAll("form[data-form]")) {
  form.addEventListener("input", () => { form.dataset.changed = "true"; });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const query = changes(form);
    const saved = form.querySelector("[data-saved]");
    if (form.dataset.form === "set" && query.size === 0) {
      if (saved) saved.textContent = "nothing has changed";
      return;
    }
    const ok = await post(`${form.dataset.form}?${query}`);
    if (ok) {
      delete form.dataset.changed;
      if (last && form.dataset.form === "set") showSettings(last.settings);
    }
    if (saved) saved.textContent = ok ? "applied" : "";
    if (saved) setTimeout(() => { saved.textContent = ""; }, 2000);
  });
}
$("#clear").addEventListener("click", () => {
  cleared = Math.max(0, ...entries.keys());
  showTimeline();
});
setInterval(() => {
  if (!last) return;
  showSessions(); // the clocks of the tokens
  showNext();
}, 1000);
connect();
