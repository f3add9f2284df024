// The page of `tripline dev`: what is live, which view is shown, and the frame around it.

import { h, show } from "./dom.js";
import { Resource, follow, get } from "./api.js";
import { count, number } from "./format.js";
import { diagnostics, tally } from "./pieces.js";
import { repaint } from "./plot.js";
import { overview } from "./overview.js";
import { alerts } from "./alerts.js";
import { alert } from "./alert.js";
import { aggregates } from "./aggregates.js";
import { tryIt } from "./try.js";
import { quarantine } from "./quarantine.js";

const RECENT = 30;
const SAMPLES = 180; // seconds
const STALE = 3000; // milliseconds after which a rate is no longer of the last second

const element = (id) => document.getElementById(id);

/** What the views see: the newest status, what has lately happened, and how to have themselves drawn again. */
const app = {
  status: null,
  recent: [],
  reloads: [],
  samples: noSamples(),
  redraw,
  rate: (what) => (app.status && performance.now() - heard < STALE ? app.status.rates[what] : 0),
};

/** The last minutes, of which nothing is known yet. */
function noSamples() {
  const now = Math.floor(Date.now() / 1000);
  return { times: Array.from({ length: SAMPLES }, (_, index) => now - SAMPLES + index), events: Array(SAMPLES).fill(null) };
}

let heard = 0; // when the status came
let connected = null;
let view = null;
let shownPath = null;
let drawing = false;

// ---- What comes from the server -------------------------------------------------------------------------------------

const beginning = new Resource(
  async (signal) => Promise.all([get("/api/status", {}, signal), get("/api/notifications", { limit: RECENT }, signal)]),
  () => {
    if (!beginning.value) return redraw();
    const [status, { notifications }] = beginning.value;
    app.recent = notifications;
    take(status);
  },
);

follow({
  open() {
    // What happened meanwhile was missed.
    if (connected === false) beginning.again();
    connected = true;
    view?.live?.();
    redraw();
  },
  closed() {
    connected = false;
    redraw();
  },
  status: take,
  reload(reload) {
    if (app.status) app.status = { ...app.status, reload };
    remember(reload);
    changed(true);
  },
  alert(notification) {
    app.recent = [notification, ...app.recent.filter((one) => one.seq !== notification.seq)].slice(0, RECENT);
    announce(notification);
    changed();
  },
});

function take(status) {
  if (!status.totals) return; // the command is ending
  app.status = status;
  heard = performance.now();
  if (status.reload) remember(status.reload);
  changed();
}

function remember(reload) {
  if (app.reloads[0]?.at !== reload.at) app.reloads = [reload, ...app.reloads].slice(0, 10);
}

/** Something happened; a reload is `urgent`, since somebody waits for it. */
function changed(urgent = false) {
  view?.live?.(urgent);
  redraw();
}

setInterval(() => {
  const { times, events } = app.samples;
  const value = connected && app.status ? app.rate("events") : null;
  app.samples = { times: [...times, Math.floor(Date.now() / 1000)].slice(-SAMPLES), events: [...events, value].slice(-SAMPLES) };
  if (shownPath === "") redraw();
}, 1000);

/** Says new alerts to those who listen, a few at a time. */
let unsaid = [];
function announce(notification) {
  if (notification.status !== "firing") return;
  unsaid.push(notification);
  if (unsaid.length > 1) return;
  setTimeout(() => {
    const first = unsaid[0];
    const more = unsaid.length > 1 ? `, and ${count(unsaid.length - 1, "more alert")}` : "";
    element("announcer").textContent = `${first.severity}: ${first.summary ?? first.alert}${more}`;
    unsaid = [];
  }, 1500);
}

// ---- Which view is shown --------------------------------------------------------------------------------------------

const VIEWS = [
  ["", "Overview"],
  ["alerts", "Alerts"],
  ["aggregates", "Aggregates"],
  ["try", "Try it"],
  ["quarantine", "Quarantine"],
];

/** Opens the view that the address names: `#/alerts/NAME?key=…`. */
function open() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  const asked = new URLSearchParams(query);
  if (path === shownPath && view.moved) return view.moved(asked);
  const first = shownPath === null;
  const [kind, name] = path.split("/").map(decodeURIComponent);
  view?.close?.();
  shownPath = path;
  view =
    {
      "": overview,
      alerts: name ? (app) => alert(app, name, asked) : alerts,
      aggregates: (app) => aggregates(app, name, asked),
      try: (app) => tryIt(app, asked),
      quarantine,
    }[kind]?.(app) ?? unknown();
  element("view").replaceChildren();
  draw();
  if (first) return;
  scrollTo(0, 0);
  element("view").focus({ preventScroll: true });
}

function unknown() {
  return { title: "Nothing here", render: () => [h("h1", "Nothing here"), h("p", h("a", { href: "#/" }, "To the overview"))] };
}

/** Draws with the next frame; several changes are drawn at once. */
function redraw() {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(draw);
}

function draw() {
  drawing = false;
  if (!view) return;
  show(element("view"), view.render());
  show(element("nav"), VIEWS.map(entry));
  show(element("banner"), broken());
  show(element("connection"), connection());
  show(element("foot"), foot());
  const firing = activeAlerts();
  document.title = `${firing ? `(${firing}) ` : ""}${view.title} – Tripline`;
}

// ---- The frame ------------------------------------------------------------------------------------------------------

function activeAlerts() {
  return app.status?.active.reduce((sum, one) => sum + one.count, 0) ?? 0;
}

function entry([path, title]) {
  const current = shownPath.split("/")[0] === path;
  const amount = { alerts: activeAlerts(), quarantine: app.status?.totals.rejected ?? 0 }[path];
  return h(
    "a",
    { key: path, href: `#/${path}`, "aria-current": current ? "page" : null },
    title,
    amount ? h("span.amount", { title: path === "alerts" ? "firing" : "rejected" }, number(amount)) : null,
  );
}

/** Errors in the rules, wherever the reader is. */
function broken() {
  const reload = app.status?.reload;
  if (!reload || reload.ok) return null;
  const errors = reload.diagnostics.filter((one) => one.severity === "error");
  const list = errors.length ? errors : reload.diagnostics;
  return h(
    "section.broken",
    { role: "alert" },
    h("p", h("b", "The rules have errors; the last good ones keep running."), " ", tally(reload.diagnostics)),
    h("div.drawings", diagnostics(list.slice(0, 20))),
    list.length > 20 ? h("p", `And ${number(list.length - 20)} more.`) : null,
  );
}

function connection() {
  const [kind, text] =
    connected === null ? ["is-idle", "connecting"] : connected ? ["is-live", "live"] : ["is-lost", "disconnected"];
  document.body.classList.toggle("lost", connected === false);
  return h(`span.${kind}`, text);
}

function foot() {
  return [
    h("span", `Tripline ${app.status?.version ?? ""}`),
    h("span", "times are UTC"),
    h("span", h("kbd", "/"), " searches"),
    h("a", { href: "/api/openapi.yaml" }, "HTTP API"),
  ];
}

function dark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function themeButton() {
  const button = element("theme");
  button.textContent = dark() ? "☀" : "☾";
  button.ariaLabel = button.title = dark() ? "Light theme" : "Dark theme";
}

element("theme").onclick = () => {
  const theme = dark() ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem("theme", theme);
  } catch {
    // where nothing may be stored, it is for this visit
  }
  themeButton();
  repaint();
};

matchMedia("(prefers-color-scheme: dark)").onchange = () => {
  themeButton();
  repaint();
};

document.querySelector(".skip").onclick = (event) => {
  event.preventDefault();
  element("view").focus();
};

document.addEventListener("keydown", (event) => {
  const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.nodeName);
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  const search = () => document.querySelector("input[type=search]")?.focus();
  if (document.querySelector("input[type=search]")) return search();
  addEventListener("hashchange", search, { once: true });
  location.hash = "#/alerts";
});

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) changed();
});

addEventListener("hashchange", open);
themeButton();
open();
