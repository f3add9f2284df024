// What several views are made of.

import { h } from "./dom.js";
import { count, key, number, scalar, time } from "./format.js";
import { part } from "./api.js";

const SEVERITIES = ["critical", "warning", "info"];

/** Every severity, gravest first, so that a list of counts keeps its shape. */
export { SEVERITIES };

/** The address of an alert's view, for one of its keys if given. */
export function alertAddress(name, values) {
  const query = values && Object.keys(values).length ? `?key=${part(JSON.stringify(values))}` : "";
  return `#/alerts/${part(name)}${query}`;
}

/** A word in a coloured frame; `kind` is a severity, a phase or what happened. */
export function badge(kind, text = kind) {
  const known = [...SEVERITIES, "error", "resolved", "pending", "firing", "idle", "off"];
  return h(`span.badge.is-${known.includes(kind) ? kind : "idle"}`, text);
}

/** A time in UTC, whole in its title. */
export function at(text) {
  return text ? h("time", { datetime: text, title: text }, time(text)) : h("span.quiet", "–");
}

/** A group key as text. */
export function keyText(values) {
  const text = key(values);
  return text ? h("span.key", { title: text }, text) : h("span.quiet", "–");
}

/** Where a rule stands, as seen from the folder of the rules. */
export function place(app, { file, line }) {
  const folder = `${app.status?.rules.folder ?? ""}/`;
  const within = file.startsWith(folder) ? file.slice(folder.length) : file;
  return h("span.mono", { title: `${file}:${line}` }, `${within}:${line}`);
}

/** A part of a view beneath a heading. */
export function card(title, attributes, ...children) {
  const { aside, ...rest } = attributes ?? {};
  return h("section.card", { "aria-label": title, ...rest }, h("div.card-head", h("h2", title), aside), children);
}

/** What is said where there is nothing to show yet. */
export function nothing(text) {
  return h("p.nothing", text);
}

/** Says that something could not be loaded. */
export function problem(failure) {
  return failure && h("p.problem", { role: "alert" }, failure.message);
}

/** A field to search in; `/` goes to the first of a view. */
export function searchField(label, text, changed) {
  return h("input.search", {
    type: "search",
    "aria-label": label,
    placeholder: label,
    value: text,
    autocomplete: "off",
    spellcheck: "false",
    oninput: (event) => changed(event.target.value),
  });
}

/**
 * A table. A column is `{title, cell(row), kind}`, where `kind` names classes of its cells: `number`, `grow`, `minor` (left
 * out on a phone).
 */
export function table(label, columns, rows, keyOf, current = () => false) {
  const cell = (name, column, ...children) => h(name, { class: column.kind }, ...children);
  return h(
    "div.table",
    h(
      "table",
      { "aria-label": label },
      h(
        "thead",
        h(
          "tr",
          columns.map((column) => h("th", { scope: "col", class: column.kind }, column.title)),
        ),
      ),
      h(
        "tbody",
        rows.map((row) =>
          h(
            "tr",
            { key: keyOf(row), "aria-current": current(row) ? "true" : null },
            columns.map((column) => cell("td", column, column.cell(row))),
          ),
        ),
      ),
    ),
  );
}

/** How near a key is to firing, from 0 to 1. */
export function nearness(state) {
  if (state.nearness === null || state.nearness === undefined) return h("span.quiet", "–");
  const share = Math.min(Math.max(state.nearness, 0), 1);
  const kind = state.phase === "firing" ? "is-firing" : share >= 0.8 ? "is-near" : "";
  return h(
    "span.near",
    h("span.bar", { class: kind, "aria-hidden": "true" }, h("span", { style: { width: `${share * 100}%` } })),
    `${Math.floor(share * 100)} %`,
  );
}

/** What a notification says has happened. */
export function happened(notification) {
  return notification.status === "resolved" ? badge("resolved") : badge(notification.severity);
}

/** Small words on a notification: a repeat, a shadow, why it ended. */
export function marks(notification) {
  return [
    notification.repeat ? h("span.mark", `repeat ${number(notification.repeat)}`) : null,
    notification.shadow ? h("span.mark", "shadow") : null,
    notification.reason ? h("span.mark", notification.reason) : null,
  ];
}

/** A list of notifications, a line for each. */
export function feed(notifications) {
  return h(
    "ol.feed",
    notifications.map((one) =>
      h(
        "li",
        { key: one.seq },
        at(one.at),
        happened(one),
        h("a", { href: alertAddress(one.alert, one.key) }, one.alert),
        keyText(one.key),
        h("span.grow", one.summary ?? "", marks(one)),
      ),
    ),
  );
}

/** The evidence of a notification: what its condition looked at. */
export function evidence(notification) {
  const values = Object.entries(notification.values ?? {});
  return (
    values.length > 0 &&
    h(
      "dl.evidence",
      values.map(([name, value]) => h("div", h("dt", name), h("dd", scalar(value)))),
    )
  );
}

/** A link to a page of one's own, if it is one of the web. */
export function link(address, text) {
  const web = URL.canParse(address) && ["http:", "https:"].includes(new URL(address).protocol);
  return web ? h("a", { href: address, rel: "noreferrer", target: "_blank" }, text) : h("span", address);
}

/** Diagnostics as the command draws them. */
export function diagnostics(list) {
  return list.map((one) => h("pre.drawn", { class: `is-${one.severity}`, tabindex: "0" }, one.drawn));
}

/** `2 errors and 1 warning`. */
export function tally(list) {
  return ["error", "warning", "info"]
    .map((severity) => [severity === "info" ? "hint" : severity, list.filter((one) => one.severity === severity).length])
    .filter(([, amount]) => amount > 0)
    .map(([noun, amount]) => count(amount, noun))
    .join(", ");
}
