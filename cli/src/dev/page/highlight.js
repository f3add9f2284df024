// Colours for rule files: a line at a time, by what begins where. It need not be right about what does not compile.

import { h } from "./dom.js";

const TEXTS = /^(summary|description|runbook|reason|name)$/;
const WORDS = new Set(
  "and or not in over every per offset where is missing matches contains starts ends with any all true false null number string bool list object".split(
    " ",
  ),
);
const TOKEN = new RegExp(
  [
    /(?<comment>(?:^|(?<=\s))#.*$)/,
    /(?<string>"(?:[^"\\]|\\.)*"|'(?:[^']|'')*')/,
    /(?<key>[A-Za-z_$][\w$.-]*(?=:(?:\s|$)))/,
    /(?<call>[a-z]+(?=\())/,
    /(?<number>\b\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?(?:%|(?:[smhdw]\d*)+\b)?)/,
    /(?<word>[A-Za-z_$@][\w$@]*(?:\.[\w$@]+)*)/,
    /(?<sign>[<>=!]=|[<>]|\.\.|\?\?|[-+*/%])/,
  ]
    .map((one) => one.source)
    .join("|"),
  "g",
);

/** The lines of a rule file, each with its tokens coloured and its number; those whose numbers are `marked` stand out. */
export function highlight(text, first = 1, marked = []) {
  const lines = text.replace(/\n$/, "").split("\n");
  let prose = null; // the indentation of the key whose text goes on over lines
  return lines.map((line, index) => {
    const indent = line.search(/\S/);
    if (prose !== null && indent >= 0 && indent <= prose) prose = null;
    const begin = /^(\s*(?:- )?)([\w-]+)(:)(?=\s|$)/.exec(line);
    let parts;
    if (prose !== null) parts = template(line);
    else if (begin && TEXTS.test(begin[2])) {
      if (/[|>][-+\d]*\s*$/.test(line)) prose = indent;
      parts = [begin[1], h("span.hl-key", begin[2]), begin[3], ...template(line.slice(begin[0].length))];
    } else parts = tokens(line);
    const number = first + index;
    const style = { "--indent": `${indent + 2}ch` };
    return h("span.line", { "data-number": number, class: marked.includes(number) ? "is-marked" : null, style }, parts, "\n");
  });
}

function tokens(text) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(TOKEN)) {
    if (match.index > end) parts.push(text.slice(end, match.index));
    end = match.index + match[0].length;
    let [kind] = Object.entries(match.groups).find(([, found]) => found !== undefined);
    if (kind === "word" && WORDS.has(match[0])) kind = "keyword";
    parts.push(kind === "word" ? match[0] : h(`span.hl-${kind}`, match[0]));
  }
  parts.push(text.slice(end));
  return parts;
}

/** A text with expressions in braces. */
function template(text) {
  return text.split(/(\{\{|\}\}|\{[^{}]*\})/).map((part) => {
    const inner = /^\{([^{}]*)\}$/.exec(part);
    return inner ? ["{", tokens(inner[1]), "}"] : h("span.hl-text", part);
  });
}
