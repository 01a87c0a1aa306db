"""What a page looks like on paper: A4, black on white, nothing cut, nothing that only a screen has."""

from playwright.async_api import Page, ViewportSize

A4: ViewportSize = {"width": 688, "height": 1017}
"""A4 without its margins, in the pixels of a style sheet."""

LOOK = """() => {
  const wrong = [];
  const said = (fault, each) =>
    wrong.push(`${fault}: ${each.tagName}.${each.className} ${each.textContent.trim().slice(0, 40)}`);
  const brightness = (text) => {
    const [red, green, blue, alpha = 1] = (text.match(/[\\d.]+/g) ?? []).map(Number);
    const most = text.startsWith("color(") ? 1 : 255;
    return alpha === 0 ? null : (0.299 * red + 0.587 * green + 0.114 * blue) / most;
  };
  const shown = (each) =>
    each.checkVisibility({ visibilityProperty: true }) && !each.closest(".unseen, svg");
  const cuts = (extent) => ["hidden", "clip", "auto", "scroll"].includes(extent);
  if (document.documentElement.scrollWidth > innerWidth + 1) said("wider than the sheet", document.body);
  for (const each of document.querySelectorAll("body, main, main *")) {
    if (!shown(each)) continue;
    if (each.matches("button, input, select, textarea, .button")) said("control", each);
    const style = getComputedStyle(each);
    const [wide, high] = [each.clientWidth, each.clientHeight];
    if (cuts(style.overflowX) && wide > 0 && each.scrollWidth > wide + 1) said("cut", each);
    if (cuts(style.overflowY) && high > 0 && each.scrollHeight > high + 1) said("cut below", each);
    const ground = brightness(style.backgroundColor);
    if (ground !== null && ground < 0.85) said(`dark ${style.backgroundColor}`, each);
    const speaks = [...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== "");
    if (speaks && (brightness(style.color) ?? 0) > 0.45) said(`pale ${style.color}`, each);
  }
  return [...new Set(wrong)];
}"""


async def faults_on_paper(page: Page) -> list[str]:
    """What would be wrong with this page if it were printed now, a line each."""
    before = page.viewport_size
    await page.set_viewport_size(A4)
    await page.emulate_media(media="print")
    found: list[str] = await page.evaluate(LOOK)
    await page.emulate_media(media="null")
    if before is not None:
        await page.set_viewport_size(before)
    return found
