// One alert: its source, its keys, and for one of them its windows over time and why it fires or does not.

import { h } from "./dom.js";
import { Resource, get, part } from "./api.js";
import { highlight } from "./highlight.js";
import { number, scalar } from "./format.js";
import {
  alertAddress,
  at,
  badge,
  card,
  evidence,
  happened,
  keyText,
  link,
  marks,
  nearness,
  nothing,
  place,
  problem,
  searchField,
  table,
} from "./pieces.js";
import { plot } from "./plot.js";

const PATIENCE = 300; // milliseconds

export function alert(app, name, query) {
  const address = `/api/alerts/${part(name)}`;
  let search = "";
  let late = false;
  const patience = setTimeout(() => {
    late = true;
    app.redraw();
  }, PATIENCE);
  let chosen = query.get("key");

  const detail = new Resource((signal) => get(address, {}, signal), app.redraw);
  const keys = new Resource((signal) => get(`${address}/keys`, { search, limit: 100 }, signal), followNearest);
  const ofKey = (what) => (signal) => (chosen === null ? null : get(`${address}/${what}`, { key: chosen }, signal));
  const history = new Resource(ofKey("series"), app.redraw);
  const why = new Resource(ofKey("why"), app.redraw);
  const all = [detail, keys, history, why];

  return {
    title: name,
    render() {
      const one = detail.value;
      if (!one) return [h("h1", name), problem(detail.failure)];
      return [
        head(one),
        problem(detail.failure ?? keys.failure),
        complete() &&
          h("div.alert", h("div.stack", plots(), keyTable()), h("div.stack", source(one), reasons(), notifications(one))),
      ];
    },
    live(urgent) {
      for (const resource of all) resource.poke(urgent);
    },
    moved(changed) {
      chosen = changed.get("key");
      if (chosen === null) followNearest();
      else choose(chosen);
      app.redraw();
    },
    close() {
      clearTimeout(patience);
      for (const resource of all) resource.close();
    },
  };

  /** Whether all parts have come for the first time, or are late: shown one by one, they would push each other about. */
  function complete() {
    const known = (resource) => resource.value || resource.failure;
    return late || (known(history) && known(why)) || keys.failure || keys.value?.keys.length === 0;
  }

  /** Nobody has chosen a key: the nearest to firing is taken, and kept. */
  function followNearest() {
    const nearest = keys.value?.keys[0];
    if (chosen === null && nearest) {
      choose(JSON.stringify(nearest.key));
    }
    app.redraw();
  }

  function choose(key) {
    chosen = key;
    history.again();
    why.again();
  }

  function head(one) {
    const runbook = one.notifications[0]?.runbook;
    const facts = [
      ["on", (one.on ?? []).join(", ")],
      ["by", (one.by ?? []).join(", ")],
      ["keys", number(one.keys)],
      ["firing", number(one.firing)],
      ["pending", number(one.pending)],
      ["last fired", one.lastFired && at(one.lastFired)],
      ["runbook", runbook && link(runbook, runbook)],
    ];
    return h(
      "div.head",
      h("h1", one.name),
      badge(one.severity),
      one.shadow ? h("span.mark", "shadow") : null,
      h("a.button", { href: `#/try?alert=${part(one.name)}` }, "Try it"),
      one.description ? h("p.description", one.description) : null,
      h(
        "dl.facts",
        facts.filter(([, value]) => value).map(([what, value]) => h("div", h("dt", what), h("dd", value))),
      ),
    );
  }

  function chosenKey() {
    const values = read(chosen);
    return values && Object.keys(values).length ? h("span.aside", keyText(values)) : null;
  }

  function plots() {
    const { times, series, thresholds, episodes } = history.value ?? {};
    return card(
      "Windows over time",
      { class: "area-plots", aside: chosenKey() },
      problem(history.failure),
      times?.length
        ? series.map((one, index) =>
            plot({
              label: one.text,
              times,
              values: one.values,
              thresholds: thresholds.filter((line) => line.series === index),
              episodes,
              height: series.length > 2 ? 120 : 160,
              group: "alert",
            }),
          )
        : !history.failure &&
            nothing(history.value ? "Nothing to plot: no window has held anything yet, or the condition has none." : unkeyed()),
    );
  }

  function unkeyed() {
    if (chosen !== null) return "Loading…";
    return keys.value?.total === 0
      ? "No key is known yet, or none is kept: what fires for single events has no state."
      : "Choose a key.";
  }

  function keyTable() {
    const found = keys.value;
    const windows = found?.keys[0]?.windows ?? [];
    const columns = [
      { title: "Key", kind: "grow", cell: (one) => h("a", { href: addressOf(one) }, keyText(one.key)) },
      { title: "State", cell: (one) => badge(one.phase === "firing" ? (one.severity ?? "firing") : one.phase, one.phase) },
      { title: "Since", kind: "minor", cell: (one) => at(one.since) },
      { title: "Nearness", cell: nearness },
      ...windows.slice(0, 2).map((window, index) => ({
        title: h("span.cut", { title: window.text }, window.text),
        kind: "number minor mono",
        cell: (one) => scalar(one.windows[index]?.value ?? null),
      })),
    ];
    return card(
      "Keys",
      {
        class: "area-keys",
        aside: [
          searchField("Search keys", search, searched),
          h("span.quiet", { role: "status" }, found ? `${number(found.keys.length)} of ${number(found.total)}` : ""),
        ],
      },
      found?.keys.length
        ? table(
            "Keys, nearest to firing first",
            columns,
            found.keys,
            (one) => JSON.stringify(one.key),
            (one) => JSON.stringify(one.key) === chosen,
          )
        : nothing(search ? "No key matches." : "No key has been seen."),
    );
  }

  function addressOf(one) {
    return `#/alerts/${part(name)}?key=${part(JSON.stringify(one.key))}`;
  }

  function searched(text) {
    search = text;
    keys.again();
  }

  function reasons() {
    const told = why.value;
    const title = { firing: "Why it fires", pending: "Why it waits" }[told?.outcome] ?? "Why it does not fire";
    return card(
      title,
      {
        class: "area-why",
        aside: [told ? badge(told.outcome === "firing" ? detail.value.severity : told.outcome, told.outcome) : null, chosenKey()],
      },
      problem(why.failure),
      told?.suppressed ? h("p.note", told.suppressed) : null,
      told?.terms.length ? h("ul.terms", told.terms.map(term)) : null,
      told
        ? h(
            "details",
            { open: !told.terms.length },
            h("summary", "Explained"),
            h("pre.drawn", { tabindex: "0" }, told.text.trim()),
          )
        : !why.failure && nothing(unkeyed()),
    );
  }

  /** A part of the condition: whether it holds, or its value. */
  function term(one) {
    const depth = { "--depth": String(one.depth ?? 0) };
    if (one.text === "until") return h("li.part", { style: depth }, one.text);
    const [kind, sign, said] = verdict(one);
    return h(
      "li",
      { class: `is-${kind}`, style: depth },
      h("span.sign", said ? { role: "img", "aria-label": said } : {}, sign),
      h("code", one.text),
      h("span.value", one.value === null || typeof one.value === "boolean" ? "" : scalar(one.value)),
    );
  }

  function source(one) {
    return card(
      "Rule",
      { class: "area-source", aside: h("span.quiet", place(app, one)) },
      h("pre.source", { tabindex: "0" }, h("code", highlight(one.source, one.line))),
    );
  }

  function notifications(one) {
    const list = one.notifications;
    return card(
      "Last notifications",
      { class: "area-notifications" },
      list.length
        ? h(
            "ol.notifications",
            list.map((sent) =>
              h(
                "li",
                { key: sent.seq },
                h(
                  "p",
                  at(sent.at),
                  " ",
                  happened(sent),
                  " ",
                  h("a", { href: alertAddress(sent.alert, sent.key) }, keyText(sent.key)),
                  " ",
                  marks(sent),
                ),
                h("p.summary", sent.summary ?? ""),
                evidence(sent),
              ),
            ),
          )
        : nothing("None has been sent."),
    );
  }
}

function verdict({ value, holds }) {
  if (holds === true) return ["true", "✓", "holds"];
  if (holds === false) return ["false", "✗", "does not hold"];
  return value === null ? ["unknown", "?", "unknown"] : ["value", "", null];
}

function read(text) {
  try {
    return JSON.parse(text ?? "null");
  } catch {
    return null; // whatever stands in the address
  }
}
