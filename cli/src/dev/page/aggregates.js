// Aggregates: the rows of one, and its figures over time for a key.

import { h } from "./dom.js";
import { Resource, get, part } from "./api.js";
import { number, scalar } from "./format.js";
import { at, card, keyText, nothing, problem, searchField, table } from "./pieces.js";
import { plot } from "./plot.js";

const PATIENCE = 300; // milliseconds

/** The list, and beside it the one that `name` names, else the first. */
export function aggregates(app, name, query) {
  let search = "";
  let late = false;
  const patience = setTimeout(() => {
    late = true;
    app.redraw();
  }, PATIENCE);
  let chosen = query.get("key");
  const list = new Resource((signal) => get("/api/aggregates", {}, signal).then((answer) => answer.aggregates), listed, 2000);
  const rows = new Resource(
    (signal) => name && get(`/api/aggregates/${part(name)}/rows`, { search, limit: 100 }, signal),
    followNewest,
    2000,
  );
  const history = new Resource(
    (signal) => name && chosen !== null && get(`/api/aggregates/${part(name)}/series`, { key: chosen }, signal),
    app.redraw,
    2000,
  );

  return {
    title: name ? name : "Aggregates",
    render() {
      const all = list.value;
      return [
        h("div.head", h("h1", "Aggregates")),
        problem(list.failure ?? rows.failure ?? history.failure),
        all && !all.length && nothing("The rules have no aggregates."),
        all?.length &&
          h(
            "div.sidebar",
            h("nav.picker", { "aria-label": "Aggregates" }, all.map(choice)),
            complete() && h("div.stack", plots(), rowTable(all.find((one) => one.name === name))),
          ),
      ];
    },
    live(urgent) {
      for (const resource of [list, rows, history]) resource.poke(urgent);
    },
    moved(changed) {
      chosen = changed.get("key");
      if (chosen === null) followNewest();
      history.again();
    },
    close() {
      clearTimeout(patience);
      for (const resource of [list, rows, history]) resource.close();
    },
  };

  /** Whether all parts have come for the first time, or are late: shown one by one, they would push each other about. */
  function complete() {
    return late || history.value || history.failure || rows.failure || rows.value?.rows.length === 0;
  }

  function listed() {
    if (!name && list.value?.length) {
      name = list.value[0].name;
      rows.again();
    }
    app.redraw();
  }

  /** Nobody has chosen a key: that of the newest row is taken, and kept. */
  function followNewest() {
    const newest = rows.value?.rows?.[0];
    if (chosen === null && newest) {
      chosen = JSON.stringify(newest.key);
      history.again();
    }
    app.redraw();
  }

  function choice(one) {
    return h(
      "a",
      { key: one.name, href: `#/aggregates/${part(one.name)}`, "aria-current": one.name === name ? "page" : null },
      h("b", one.name),
      h("span.quiet", `${number(one.rows)} rows, ${one.window}`, one.by?.length ? ` by ${one.by.join(", ")}` : ""),
    );
  }

  function plots() {
    const { times, series } = history.value || {};
    const drawn = (series ?? []).filter((one) => one.values.some((value) => typeof value === "number"));
    return card(
      "Over time",
      { aside: chosen && chosen !== "{}" ? h("span.aside", keyText(read(chosen))) : null },
      times?.length && drawn.length
        ? h(
            "div.plots",
            drawn.map((one) => plot({ label: one.text, times, values: one.values, height: 120, group: "aggregate" })),
          )
        : nothing(history.value || chosen === null ? "No figures to plot." : "Loading…"),
    );
  }

  function rowTable(one) {
    const found = rows.value || null;
    const columns = [
      { title: "Window", cell: (row) => at(row.start) },
      {
        title: "Key",
        kind: "grow",
        cell: (row) => h("a", { href: `#/aggregates/${part(name)}?key=${part(JSON.stringify(row.key))}` }, keyText(row.key)),
      },
      ...(found?.columns ?? []).map((column) => ({
        title: column,
        kind: "number",
        cell: (row) => scalar(row.values[column] ?? null),
      })),
    ];
    return card(
      "Rows",
      {
        aside: [
          searchField("Search rows", search, searched),
          h("span.quiet", { role: "status" }, found ? `${number(found.rows.length)} of ${number(found.total)}` : ""),
        ],
      },
      one?.description ? h("p.quiet", one.description) : null,
      found?.rows.length
        ? table(
            "Rows, newest first",
            columns,
            found.rows,
            (row) => row.start + JSON.stringify(row.key),
            (row) => JSON.stringify(row.key) === chosen,
          )
        : nothing(search ? "No row matches." : "No row yet."),
    );
  }

  function searched(text) {
    search = text;
    rows.again();
  }
}

function read(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null; // whatever stands in the address
  }
}
