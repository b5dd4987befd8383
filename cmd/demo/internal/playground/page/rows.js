// What the timeline shows: entries in bursts, rows that stand for many alike, and their words.

const gap = 400; // ms without a request between two bursts
const most = 14; // rows of a burst before those that look the same become one

// bursts splits entries into groups that belong together in time. An order to the server begins one.
export function bursts(entries) {
  const all = [];
  let end = -Infinity;
  for (const e of [...entries].sort((a, b) => a.start - b.start)) {
    const order = e.kind === "control" && all.at(-1)?.at(-1).kind !== "control" && e.start > end;
    if (all.length === 0 || e.start - end > gap || order) all.push([]);
    all.at(-1).push(e);
    end = Math.max(end, e.kind === "pending" ? Infinity : e.start + (e.took || 0));
  }
  return all;
}

// rowsOf returns the rows of a burst: one for each entry, or one for many that look the same.
export function rowsOf(burst) {
  const rows = [];
  const alike = new Map();
  for (const e of burst) {
    const key = burst.length > most && e.kind !== "control" ? [e.kind, e.method, e.path, e.status, e.session].join(" ") : e.id;
    let row = alike.get(key);
    if (row === undefined) {
      const fresh = { first: e, count: 0, start: e.start, last: 0, end: (now) => (e.kind === "pending" ? now : fresh.last) };
      row = fresh;
      alike.set(key, row);
      rows.push(row);
    }
    row.count += 1;
    row.last = Math.max(row.last, e.start + (e.took || 0));
  }
  return rows;
}

const words = {
  pending: "waiting",
  login: "login",
  rejected: "token rejected",
  refresh: "refresh",
  replay: "sent again",
  reuse: "refresh token reused",
  failed: "failed as ordered",
  dropped: "response dropped",
  revoked: "logout",
};

// steps of a login at a provider.
const steps = {
  "/oauth/authorize": "login page",
  "/oauth/device_authorization": "device code",
  "/oauth/device": "code entered",
  "/oauth/par": "pushed request",
  "/oauth/register": "registration",
};

// remark says what a row is, in a few words.
export function remark(row) {
  const e = row.first;
  switch (e.kind) {
    case "refused": return e.note || "refused";
    case "refresh": return row.count === 1 && e.note ? `refresh, ${e.note.replace("refresh ", "")}` : "refresh";
    case "other": return steps[e.path] ?? (e.path.startsWith("/.well-known/") ? "discovery" : "");
    default: return words[e.kind] ?? "";
  }
}

// describe says in one sentence what has just happened.
export function describe(fresh) {
  const count = (kind) => fresh.filter((e) => e.kind === kind).length;
  const parts = [];
  const say = (n, one, many) => { if (n > 0) parts.push(n === 1 ? one : `${n} ${many}`); };
  say(count("login"), "login", "logins");
  say(count("rejected"), "request rejected", "requests rejected");
  say(count("refresh"), "one refresh", "refreshes");
  say(count("replay"), "request sent again", "requests sent again");
  say(count("reuse"), "refresh token reused", "refresh tokens reused");
  say(count("failed"), "request failed", "requests failed");
  say(count("dropped"), "response dropped", "responses dropped");
  say(count("revoked"), "logout", "logouts");
  for (const e of fresh) if (e.kind === "control") parts.push(`${e.path} ${e.note ?? ""}`.trim());
  return parts.join(", ");
}
