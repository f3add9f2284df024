// All alerts: what fires comes first.

import { h } from "./dom.js";
import { Resource, get } from "./api.js";
import { number } from "./format.js";
import { alertAddress, at, badge, nothing, place, problem, searchField, table } from "./pieces.js";

const SHOWN = 200;
const GRAVITY = { critical: 0, warning: 1, info: 2 };

export function alerts(app) {
  const list = new Resource(() => get("/api/alerts").then((answer) => answer.alerts), app.redraw);
  let wanted = "";
  let shown = SHOWN;

  const columns = [
    {
      title: "Alert",
      kind: "grow",
      cell: (one) => [
        h("a", { href: alertAddress(one.name) }, one.name),
        one.shadow ? h("span.mark", "shadow") : null,
        one.description ? h("span.quiet.under", one.description) : null,
      ],
    },
    { title: "Severity", cell: (one) => badge(one.firing ? one.severity : "off", one.severity) },
    { title: "Firing", kind: "number", cell: (one) => (one.firing ? h("b", number(one.firing)) : zero()) },
    { title: "Pending", kind: "number minor", cell: (one) => (one.pending ? number(one.pending) : zero()) },
    { title: "Keys", kind: "number", cell: (one) => number(one.keys) },
    { title: "Last fired", kind: "minor", cell: (one) => at(one.lastFired) },
    { title: "On", kind: "minor mono", cell: (one) => (one.on ?? []).join(", ") },
    { title: "File", kind: "minor mono", cell: (one) => place(app, one) },
  ];

  return {
    title: "Alerts",
    render() {
      const found = (list.value ?? []).filter((one) => matches(one, wanted.toLowerCase())).sort(gravest);
      return [
        h(
          "div.head",
          h("h1", "Alerts"),
          searchField("Search alerts", wanted, search),
          h("p.quiet", { role: "status" }, list.value ? `${number(found.length)} of ${number(list.value.length)}` : ""),
        ),
        problem(list.failure),
        found.length
          ? h(
              "div.card",
              table("Alerts", columns, found.slice(0, shown), (one) => one.name),
            )
          : list.value && nothing(list.value.length ? "No alert matches." : "The rules have no alerts."),
        found.length > shown &&
          h("button", { type: "button", onclick: more }, `Show ${number(Math.min(SHOWN, found.length - shown))} more`),
      ];
    },
    live: (urgent) => list.poke(urgent),
    close: () => list.close(),
  };

  function search(text) {
    wanted = text;
    shown = SHOWN;
    app.redraw();
  }

  function more() {
    shown += SHOWN;
    app.redraw();
  }
}

function zero() {
  return h("span.quiet", "0");
}

function matches(alert, wanted) {
  return [alert.name, alert.description, alert.severity, alert.file, ...(alert.on ?? [])].some((text) =>
    text?.toLowerCase().includes(wanted),
  );
}

function gravest(a, b) {
  const rank = (one) => (one.firing ? 0 : one.pending ? 1 : 2);
  return rank(a) - rank(b) || (rank(a) < 2 && GRAVITY[a.severity] - GRAVITY[b.severity]) || (a.name < b.name ? -1 : 1);
}
