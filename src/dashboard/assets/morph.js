/**
 * Makes one element's inside equal to another's with as few changes as possible, so that focus,
 * what was typed, a scrolled box and an open <details> stay. An element with an id only becomes the
 * one with the same id: a focused button never changes to that of another row. The inside of an
 * element with `data-own` belongs to a script, and stays.
 */
export function morphChildren(from, to) {
  const named = new Map([...from.children].filter(({ id }) => id).map((each) => [each.id, each]));
  let at = from.firstChild;
  for (const next of [...to.childNodes]) {
    const same = next.id ? named.get(next.id) : isLike(at, next) ? at : undefined;
    if (same === undefined || same.nodeName !== next.nodeName) from.insertBefore(next, at);
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

function isLike(one, other) {
  return one !== null && !one.id && one.nodeName === other.nodeName;
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
