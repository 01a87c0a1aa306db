/**
 * Bring an element to the state of a fresh one, in place: nodes that are alike stay, so that focus, selection,
 * scroll and open details survive. Elements with `data-key` keep their identity when their order changes.
 */

/** @param {Element} old @param {Element} fresh */
export function merge(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  attributes(old, fresh);
  if (isOwn(old)) return;
  children(old, fresh);
}

/** What a person is typing into stays theirs. @param {Element} element */
function isOwn(element) {
  if (element.hasAttribute("data-own")) return true;
  return element === document.activeElement && element.matches("input, select, textarea");
}

/** @param {Element} old @param {Element} fresh */
function attributes(old, fresh) {
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !kept(old, name)) old.removeAttribute(name);
  }
  for (const { name, value } of [...fresh.attributes]) {
    if (old.getAttribute(name) !== value && !kept(old, name)) old.setAttribute(name, value);
  }
}

/** Attributes that the person or a script has set. @param {Element} element @param {string} name */
function kept(element, name) {
  if (name === "open") return element.matches("details, dialog");
  return name === "class" && element.hasAttribute("data-live");
}

/** @param {Element} old @param {Element} fresh */
function children(old, fresh) {
  /** @type {Map<string, Element>} */
  const keyed = new Map();
  for (const child of old.children) {
    const key = keyOf(child);
    if (key) keyed.set(key, child);
  }
  let place = old.firstChild;
  for (const wanted of [...fresh.childNodes]) {
    const found = match(wanted, place, keyed);
    if (found === null) {
      old.insertBefore(document.importNode(wanted, true), place);
      continue;
    }
    if (found !== place) moveBefore(old, found, place);
    else place = found.nextSibling;
    if (found instanceof Element && wanted instanceof Element) merge(found, wanted);
    else if (found.nodeValue !== wanted.nodeValue) found.nodeValue = wanted.nodeValue;
  }
  while (place !== null) {
    const next = place.nextSibling;
    place.remove();
    place = next;
  }
}

/**
 * The node that is to become `wanted`: the one of its key wherever it stands, else the one at this place.
 * @param {ChildNode} wanted @param {ChildNode | null} place @param {Map<string, Element>} keyed
 * @returns {ChildNode | null}
 */
function match(wanted, place, keyed) {
  const key = wanted instanceof Element ? keyOf(wanted) : "";
  if (key) {
    const found = keyed.get(key) ?? null;
    keyed.delete(key);
    return found;
  }
  if (place === null || place.nodeType !== wanted.nodeType || place.nodeName !== wanted.nodeName) return null;
  return place instanceof Element && keyOf(place) ? null : place;
}

/** @param {Element} element */
function keyOf(element) {
  return element.getAttribute("data-key") ?? "";
}

/** Moving keeps the focus. @param {Element} parent @param {ChildNode} node @param {ChildNode | null} before */
function moveBefore(parent, node, before) {
  const focused = document.activeElement;
  parent.insertBefore(node, before);
  if (focused instanceof HTMLElement && focused !== document.activeElement && node.contains(focused)) {
    focused.focus({ preventScroll: true });
  }
}
