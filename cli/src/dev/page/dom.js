// Elements made by script. Data becomes text nodes and attributes, never markup.
//
// A view builds its whole tree again whenever something changes; `morph` carries the differences over to the tree that is
// shown, so that focus, selection, scroll positions and what is typed stay.

/**
 * An element: `h("p.quiet.small", {title: "…"}, "text", h("b", "more"))`.
 *
 * Children are elements, texts, numbers, lists of them, or nothing (`null`, `false`). Attributes that begin with `on` are
 * handlers, `key` tells siblings apart, `style` is an object, and `draw(element)` fills the element after it was shown.
 */
export function h(name, attributes, ...children) {
  const [tag, ...classes] = name.split(".");
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.join(" ");
  if (isChild(attributes)) children.unshift(attributes);
  else for (const [key, value] of Object.entries(attributes ?? {})) set(element, key, value);
  append(element, children);
  return element;
}

function isChild(value) {
  return typeof value !== "object" || value === null || value instanceof Node || Array.isArray(value);
}

function set(element, key, value) {
  if (value === null || value === undefined || value === false) return;
  if (key === "key") element.key = String(value);
  else if (key === "draw") {
    element.draw = value;
    element.setAttribute("data-drawn", "");
  } else if (key === "value") element.value = value;
  else if (key === "class") element.className += ` ${value}`;
  else if (key.startsWith("on")) element[key] = value;
  else if (key === "style") for (const [name, one] of Object.entries(value)) element.style.setProperty(name, one);
  else element.setAttribute(key, value === true ? "" : value);
}

function append(element, children) {
  for (const child of children) {
    if (Array.isArray(child)) append(element, child);
    else if (child !== null && child !== undefined && child !== false) element.append(child);
  }
}

/** Makes what `shown` holds equal to `children`, changing as little as possible. */
export function show(shown, ...children) {
  const focused = document.activeElement;
  const fresh = shown.cloneNode(false);
  append(fresh, children);
  morphChildren(shown, fresh);
  for (const element of shown.querySelectorAll("[data-drawn]")) element.draw(element);
  // An element that was moved has lost its focus.
  if (focused !== document.activeElement && focused?.isConnected) focused.focus({ preventScroll: true });
}

const HANDLERS = ["onclick", "oninput", "onchange", "onsubmit", "onkeydown", "onscroll"];

function morph(shown, fresh) {
  if (shown.nodeType === Node.TEXT_NODE) {
    if (shown.data !== fresh.data) shown.data = fresh.data;
    return;
  }
  for (const { name, value } of fresh.attributes) {
    if (name !== "style" && shown.getAttribute(name) !== value) shown.setAttribute(name, value);
  }
  for (const { name } of [...shown.attributes]) {
    // Whether details are open is the reader's to say.
    const theirs = name === "style" || (name === "open" && shown.nodeName === "DETAILS");
    if (!theirs && !fresh.hasAttribute(name)) shown.removeAttribute(name);
  }
  for (const handler of HANDLERS) shown[handler] = fresh[handler];
  if (fresh.draw) {
    shown.draw = fresh.draw; // its content and style are its own
    return;
  }
  if (shown.style.cssText !== fresh.style.cssText) shown.style.cssText = fresh.style.cssText;
  if (shown.nodeName !== "TEXTAREA") morphChildren(shown, fresh);
}

function morphChildren(shown, fresh) {
  const wanted = new Set();
  for (const child of fresh.childNodes) if (child.key !== undefined) wanted.add(child.key);
  const keyed = new Map();
  for (const child of [...shown.childNodes]) {
    if (child.key === undefined) continue;
    if (wanted.has(child.key) && !keyed.has(child.key)) keyed.set(child.key, child);
    else discard(child);
  }
  let place = shown.firstChild;
  for (const child of [...fresh.childNodes]) {
    const same = child.key === undefined ? place : keyed.get(child.key);
    if (!same || same.nodeName !== child.nodeName || same.key !== child.key) {
      shown.insertBefore(child, place);
      continue;
    }
    if (same === place) place = place.nextSibling;
    else shown.insertBefore(same, place);
    morph(same, child);
  }
  while (place) {
    const next = place.nextSibling;
    discard(place);
    place = next;
  }
}

function discard(node) {
  if (node.nodeType === Node.ELEMENT_NODE) {
    node.gone?.();
    for (const element of node.querySelectorAll("[data-drawn]")) element.gone?.();
  }
  node.remove();
}
