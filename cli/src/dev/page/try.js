// Try it: rules and events that are nobody's but the reader's, run at each key stroke.

import { h } from "./dom.js";
import { Resource, get, post } from "./api.js";
import { count } from "./format.js";
import { highlight } from "./highlight.js";
import { at, badge, card, diagnostics, keyText, nothing, problem, tally } from "./pieces.js";

const PAUSE = 250;

// What was typed outlives the view.
const draft = { alert: null, rules: "", events: "" };

export function tryIt(app, query) {
  let timer = null;
  let said = "";
  const names = new Resource(() => get("/api/alerts").then((answer) => answer.alerts.map((one) => one.name).sort()), begin);
  const result = new Resource(
    (signal) => (draft.rules.trim() ? post("/api/try", { rules: draft.rules, events: draft.events }, signal) : null),
    app.redraw,
  );

  return {
    title: "Try it",
    render() {
      return [
        h("div.head", h("h1", "Try it"), starts(), h("p.quiet", "Nothing here touches the files or the running rules.")),
        problem(names.failure),
        h(
          "div.try",
          h("div.stack", field("Rules", "rules", "as in a rule file", 16), field("Events", "events", "a JSON object a line", 10)),
          h("div.stack", findings(), timeline()),
        ),
      ];
    },
    moved(changed) {
      query = changed;
      begin();
    },
    close() {
      clearTimeout(timer);
      names.close();
      result.close();
    },
  };

  /** Starts with the alert of the address, else with the first, unless something was typed before. */
  function begin() {
    const asked = query.get("alert");
    if (asked && asked !== draft.alert) start(asked);
    else if (!draft.rules && !draft.alert && names.value?.length) start(names.value[0]);
    app.redraw();
  }

  async function start(name) {
    draft.alert = name;
    try {
      const { rules, events } = await get("/api/try/start", { alert: name });
      Object.assign(draft, { rules, events });
      // What is typed is the reader's: only a start replaces it.
      for (const area of document.querySelectorAll("textarea[data-field]")) area.value = draft[area.dataset.field];
      names.failure = null;
      result.again();
    } catch (failure) {
      names.failure = failure;
    }
    app.redraw();
  }

  function starts() {
    return h("label.pick", "Start with ", h("select", { onchange: (event) => start(event.target.value), draw: fill }));
  }

  /** The options are made once: there may be thousands. */
  function fill(select) {
    if (names.value && select.names !== names.value) {
      select.names = names.value;
      select.replaceChildren(...names.value.map((name) => h("option", { value: name }, name)));
    }
    if (draft.alert && select.value !== draft.alert) select.value = draft.alert;
  }

  /** Text that is typed over its coloured likeness. */
  function field(title, name, hint, rows) {
    const wrong = name === "rules" ? (result.value?.diagnostics ?? []).map((one) => one.line) : [];
    return h(
      "label.field",
      h("span", h("b", title), h("span.quiet", ` ${hint}`)),
      h(
        "div.editor",
        h("pre", { "aria-hidden": "true" }, highlight(draft[name], 1, wrong)),
        h("textarea", {
          "data-field": name,
          rows,
          spellcheck: "false",
          autocapitalize: "off",
          autocomplete: "off",
          wrap: "off",
          value: draft[name],
          oninput: (event) => typed(name, event.target.value),
          onscroll: (event) => follow(event.target),
          draw: follow,
        }),
      ),
    );
  }

  function typed(name, text) {
    draft[name] = text;
    said = "";
    app.redraw();
    clearTimeout(timer);
    timer = setTimeout(() => result.again(), PAUSE);
  }

  function findings() {
    const list = result.value?.diagnostics ?? [];
    return card(
      "Diagnostics",
      { aside: h("span.quiet", { role: "status" }, result.value ? tally(list) || "none" : "") },
      problem(result.failure),
      list.map((one) =>
        h(
          "div.finding",
          one.line
            ? h("button.quiet", { type: "button", onclick: () => goTo(one) }, `line ${one.line}, column ${one.column}`)
            : null,
          diagnostics([one]),
        ),
      ),
    );
  }

  function timeline() {
    const list = result.value?.timeline ?? [];
    const fired = list.filter((one) => one.kind === "firing").length;
    return card(
      "What happens",
      {
        aside: [
          h(
            "span.quiet",
            { role: "status" },
            said || (list.length ? (fired ? `fires ${count(fired, "time")}` : "nothing fires") : ""),
          ),
          h("button", { type: "button", disabled: !result.value?.test, onclick: copy }, "Copy as a test"),
        ],
      },
      list.length
        ? h("ol.timeline", { tabindex: "0", "aria-label": "What happens" }, list.map(moment))
        : nothing("Events and what they set off appear here."),
      result.value?.test ? h("details", h("summary", "The test"), h("pre.drawn", { tabindex: "0" }, result.value.test)) : null,
    );
  }

  async function copy() {
    said = await copied(result.value.test);
    app.redraw();
  }
}

function moment(one) {
  const kinds = { firing: one.severity ?? "firing", update: "pending", rejected: "error" };
  const plain = one.kind === "event";
  return h(
    "li",
    { class: plain ? "is-event" : null },
    at(one.at),
    plain ? h("span.quiet", "event") : badge(kinds[one.kind] ?? one.kind, one.kind),
    h(
      "span.grow",
      one.alert ? [h("b", one.alert), " ", one.key && Object.keys(one.key).length ? [keyText(one.key), " "] : null] : null,
      plain ? h("code", { title: one.text }, one.text) : one.text,
    ),
  );
}

/** Keeps the coloured text beneath what is typed. */
function follow(area) {
  area.previousSibling.scrollTo(area.scrollLeft, area.scrollTop);
}

/** Takes the caret of the rules to where a diagnostic points. */
function goTo({ line, column }) {
  const area = document.querySelector('textarea[data-field="rules"]');
  const lines = area.value.split("\n");
  const at = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0) + column - 1;
  area.focus();
  area.setSelectionRange(at, at);
  area.scrollTop = Math.max(0, (line - 4) * Number.parseFloat(getComputedStyle(area).lineHeight));
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return "Copied.";
  } catch {
    return "The browser does not allow copying: it stands below."; // so without https on another machine
  }
}
