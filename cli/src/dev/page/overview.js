// The first view: how much comes, what fires, and what the last reload did.

import { h } from "./dom.js";
import { bytes, count, number, seconds } from "./format.js";
import { SEVERITIES, alertAddress, at, badge, card, diagnostics, feed, nothing, tally } from "./pieces.js";
import { plot } from "./plot.js";

export function overview(app) {
  return {
    title: "Overview",
    render() {
      const status = app.status;
      if (!status) return [h("h1.unseen", "Overview"), nothing("Waiting for the first figures…")];
      return [
        h("h1.unseen", "Overview"),
        h("div.tiles", rate(app, status), active(status), rejects(status), source(status)),
        h(
          "div.split",
          card(
            "Recent alerts",
            { aside: h("span.quiet", `${number(status.totals.alerts)} in all`) },
            app.recent.length ? feed(app.recent) : nothing("None yet: alerts appear here as they fire and resolve."),
          ),
          rules(app, status),
        ),
      ];
    },
  };
}

function rate(app, status) {
  return h(
    "section.tile.wide",
    { "aria-label": "Events" },
    h("h2", "Events per second"),
    h("p.figure", number(Math.round(app.rate("events")))),
    h("p.quiet", `${number(status.totals.events)} in all`, status.totals.late ? `, ${number(status.totals.late)} late` : ""),
    plot({ label: "Events per second", times: app.samples.times, values: app.samples.events, rate: true, height: 118 }),
  );
}

function active(status) {
  const of = (severity) => status.active.find((one) => one.severity === severity)?.count ?? 0;
  return h(
    "section.tile",
    { "aria-label": "Active alerts" },
    h("h2", h("a", { href: "#/alerts" }, "Active alerts")),
    h(
      "ul.counts",
      SEVERITIES.map((severity) =>
        h(
          "li",
          { class: of(severity) ? null : "is-none" },
          h("b", number(of(severity))),
          badge(of(severity) ? severity : "off", severity),
        ),
      ),
    ),
    status.totals.suppressed ? h("p.quiet", `${number(status.totals.suppressed)} suppressed so far`) : null,
  );
}

function rejects(status) {
  const { rejected } = status.totals;
  const rate = status.rates.rejects ? `${number(status.rates.rejects)} per second, ` : "";
  return h(
    "section.tile",
    { "aria-label": "Rejected" },
    h("h2", h("a", { href: "#/quarantine" }, "Rejected")),
    h("p.figure", number(rejected)),
    h("p.quiet", rejected ? `${rate}kept in the quarantine` : "all could be decoded"),
  );
}

function source(status) {
  const { source } = status;
  const facts = [
    ["lag", status.lag === null ? null : seconds(status.lag)],
    ["has come to", status.progress && at(status.progress)],
    ["stored", status.stored === null ? null : bytes(status.stored)],
  ];
  return h(
    "section.tile",
    { "aria-label": "Source" },
    h("h2", "Source"),
    h(
      "p",
      h("b", source.name),
      " ",
      h(`span.state.is-${source.state === "failed" ? "error" : source.state === "running" ? "resolved" : "idle"}`, source.state),
    ),
    source.text ? h("p.quiet", source.text) : null,
    h(
      "dl.facts",
      facts.filter(([, value]) => value).map(([name, value]) => h("div", h("dt", name), h("dd", value))),
    ),
  );
}

function rules(app, status) {
  const { reload } = status;
  return card(
    "Rules",
    { aside: h("span.quiet", `${count(status.rules.alerts, "alert")}, ${count(status.rules.aggregates, "aggregate")}`) },
    h("p.quiet.path", status.rules.folder),
    reload && outcome(reload),
    reload?.changes?.length ? h("ul.changes", reload.changes.slice(0, 20).map(change)) : null,
    reload?.ok && reload.diagnostics.length
      ? h("details", h("summary", tally(reload.diagnostics)), diagnostics(reload.diagnostics.slice(0, 20)))
      : null,
    app.reloads.length > 1 && [
      h("h3", "Before"),
      h(
        "ol.reloads",
        app.reloads
          .slice(1, 9)
          .map((one) => h("li", at(one.at), " ", one.ok ? one.summary : `not taken: ${tally(one.diagnostics)}`)),
      ),
    ],
  );
}

function outcome(reload) {
  const { tests } = reload;
  return h(
    "div.reload",
    h(
      "p",
      badge(reload.ok ? "resolved" : "error", reload.ok ? "active" : "not taken"),
      " ",
      at(reload.at),
      h("span.quiet", ` in ${seconds(reload.millis / 1000)}`),
    ),
    h("p", reload.ok ? reload.summary : "The last good rules keep running; what is wrong stands above."),
    tests &&
      h(
        "p",
        badge(tests.failed ? "error" : "resolved", tests.failed ? `${number(tests.failed)} failed` : "passed"),
        ` ${count(tests.passed + tests.failed, "test")} of what changed`,
      ),
    tests?.failed && tests.text ? h("pre.drawn", { tabindex: "0" }, tests.text) : null,
  );
}

function change(one) {
  const sign = { added: "+", changed: "~", removed: "−" }[one.change] ?? "";
  const name = one.change === "removed" ? one.alert : h("a", { href: alertAddress(one.alert) }, one.alert);
  return h(
    "li",
    { key: one.alert, class: `is-${one.change}` },
    h("b", { "aria-hidden": "true" }, sign),
    " ",
    name,
    h("span.quiet", ` ${one.change}`),
  );
}
