"""Text that stands on other text, and controls of the header outside of it: what a width test has to see.

A page can be as wide as its window and still print two columns over each other.
"""

from playwright.async_api import Page

_FOUND = """async () => {
  // What a change of size asks for is drawn in the next frame.
  await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
  // What floats (a menu, a toast, what sticks to an edge) may lie over the rest, but not over itself.
  const layerOf = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const { position, zIndex } = getComputedStyle(each);
      const floats = position === "fixed" || position === "sticky" || zIndex !== "auto";
      if (floats || each.matches("dialog")) return each;
    }
    return document.documentElement;
  };
  // What is left of a box within everything that cuts it off.
  const seen = (box, element) => {
    let [left, top, right, bottom] = [box.left, box.top, box.right, box.bottom];
    for (let each = element; each; each = each.parentElement) {
      const style = getComputedStyle(each);
      if (style.clipPath !== "none" || style.opacity === "0") return null;
      if (each !== document.body && (style.overflowX !== "visible" || style.overflowY !== "visible")) {
        const edge = each.getBoundingClientRect();
        left = Math.max(left, edge.left); right = Math.min(right, edge.right);
        top = Math.max(top, edge.top); bottom = Math.min(bottom, edge.bottom);
      }
    }
    return right - left > 2 && bottom - top > 2 ? { left, top, right, bottom } : null;
  };
  const boxes = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (!node.data.trim() || parent.closest("svg, script, template, option")) continue;
    if (!parent.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true })) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const layer = layerOf(parent);
    for (const line of range.getClientRects()) {
      const box = seen(line, parent);
      if (box) boxes.push({ ...box, node, layer });
    }
  }
  const words = (each) => each.node.data.trim().slice(0, 40);
  const wrong = [];
  boxes.sort((one, other) => one.top - other.top);
  for (let first = 0; first < boxes.length; first += 1) {
    for (let second = first + 1; second < boxes.length; second += 1) {
      const [one, other] = [boxes[first], boxes[second]];
      if (other.top > one.bottom - 3) break;
      if (one.node === other.node || one.layer !== other.layer) continue;
      const across = Math.min(one.right, other.right) - Math.max(one.left, other.left);
      const down = Math.min(one.bottom, other.bottom) - other.top;
      if (across > 3 && down > 3) wrong.push(`"${words(one)}" and "${words(other)}" stand on each other`);
    }
  }
  const header = document.querySelector("body > header")?.getBoundingClientRect();
  for (const each of document.querySelectorAll("body > header :is(a, button, select, summary)")) {
    if (!each.checkVisibility({ visibilityProperty: true }) || each.closest("nav")) continue;
    const box = each.getBoundingClientRect();
    const beside = box.left < -1 || box.right > innerWidth + 1;
    const past = box.top < header.top - 1 || box.bottom > header.bottom + 1;
    if (beside || past) wrong.push(`${each.outerHTML.slice(0, 60)} is outside the header`);
  }
  if (document.documentElement.scrollWidth > innerWidth) wrong.push("wider than the window");
  return wrong.slice(0, 12);
}"""


async def overlaps(page: Page) -> list[str]:
    """What is wrong with how the page lies on the screen, a line each."""
    found: list[str] = await page.evaluate(_FOUND)
    return found
