/**
 * Makes one element's inside equal to another's with as few changes as possible, so that focus,
 * what was typed, a scrolled box and an open <details> stay. An element with an id only becomes the
 * one with the same id, and a form one with the same action: a focused button never changes to what
 * does something else. The inside of an element with `data-own` belongs to a script, and stays.
 */
export function morphChildren(from, to) {
  const named = new Map();
  for (const each of from.children) if (nameOf(each) !== null) named.set(nameOf(each), each);
  let at = from.firstChild;
  for (const next of [...to.childNodes]) {
    const name = nameOf(next);
    const same = name === null ? (isLike(at, next) ? at : undefined) : named.get(name);
    named.delete(name);
    if (same === undefined) from.insertBefore(next, at);
    else {
      if (same === at) at = at.nextSibling;
      else from.insertBefore(same, at);
      morph(same, next);
    }
  }
  while (at !== null) {
    const gone = at;
    at = at.nextSibling;
    gone.remove();
  }
}

/** Null for what has no name. */
function nameOf(node) {
  if (!(node instanceof Element)) return null;
  const name =
    node.getAttribute("id") ?? (node.nodeName === "FORM" ? node.getAttribute("action") : null);
  return name === null ? null : `${node.nodeName} ${name}`;
}

function isLike(one, other) {
  return one !== null && one.nodeName === other.nodeName && nameOf(one) === null;
}

function morph(from, to) {
  if (!(from instanceof Element)) {
    if (from.data !== to.data) from.data = to.data;
    return;
  }
  for (const { name } of [...from.attributes]) {
    if (!to.hasAttribute(name) && !isReaders(from, name)) from.removeAttribute(name);
  }
  for (const { name, value } of to.attributes) {
    if (from.getAttribute(name) !== value && !isReaders(from, name)) from.setAttribute(name, value);
  }
  if (!("own" in from.dataset)) morphChildren(from, to);
}

/** Set by the reader and not by the server. */
function isReaders(element, name) {
  return name === "open" && element.nodeName === "DETAILS";
}
