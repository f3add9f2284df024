// What could not be decoded, and why; each can be tried again.

import { h } from "./dom.js";
import { Resource, get, part, post } from "./api.js";
import { count, number } from "./format.js";
import { at, nothing, problem } from "./pieces.js";

export function quarantine(app) {
  const list = new Resource((signal) => get("/api/quarantine", { limit: 100 }, signal), app.redraw);
  let said = "";
  let failure = null;
  let busy = false;

  return {
    title: "Quarantine",
    render() {
      const { total = 0, entries = [] } = list.value ?? {};
      return [
        h(
          "div.head",
          h("h1", "Quarantine"),
          h(
            "button",
            { type: "button", disabled: busy || !entries.length, onclick: () => retry("/api/quarantine/retry") },
            "Retry all",
          ),
          h(
            "p.quiet",
            { role: "status" },
            said || (list.value ? `${number(entries.length)} of ${number(total)}, newest first` : ""),
          ),
        ),
        problem(failure ?? list.failure),
        list.value &&
          (entries.length ? h("ol.entries", entries.map(entry)) : nothing("Empty: everything that came could be decoded.")),
      ];
    },
    live: (urgent) => list.poke(urgent),
    close: () => list.close(),
  };

  function entry(one) {
    return h(
      "li.card",
      { key: one.id },
      h(
        "div.card-head",
        h("h2", one.reason),
        h(
          "button",
          {
            type: "button",
            disabled: busy,
            "aria-label": `Retry: ${one.reason}`,
            onclick: () => retry(`/api/quarantine/${part(one.id)}/retry`),
          },
          "Retry",
        ),
      ),
      h("p.quiet", at(one.at), " from ", h("span.mono", one.source)),
      h("pre.payload", { tabindex: "0" }, one.payload, one.truncated ? h("span.quiet", " … cut here") : null),
    );
  }

  async function retry(address) {
    busy = true;
    failure = null;
    app.redraw();
    try {
      const { retried, failed } = await post(address);
      said = `${count(retried, "record")} taken, ${number(failed)} failed again.`;
    } catch (error) {
      failure = error;
    }
    busy = false;
    list.again();
  }
}
