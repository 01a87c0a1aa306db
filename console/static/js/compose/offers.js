// What a picker offers, out of the page's data lists, and what of it fits what is typed. Pure but for the page.

/** @typedef {{ code: string, name: string, members: string[] }} Offer */

const MOST = 60;

/** @param {string} id of a datalist @returns {Offer[]} */
export function offersOf(id) {
  const list = document.getElementById(id);
  const options = list instanceof HTMLDataListElement ? [...list.options] : [];
  return options.map((option) => ({
    code: option.value,
    name: option.label,
    members: (option.dataset.members ?? "").split(" ").filter(Boolean),
  }));
}

/**
 * Codes that begin so first, then names that have it.
 * @param {readonly Offer[]} offers @param {string} typed @param {readonly string[]} chosen @returns {Offer[]}
 */
export function matches(offers, typed, chosen) {
  const words = plain(typed.trim());
  const left = offers.filter((offer) => !chosen.includes(offer.code));
  if (words === "") return left.slice(0, MOST);
  const first = left.filter((offer) => plain(offer.code).startsWith(words));
  const then = left.filter((offer) => !first.includes(offer) && plain(offer.name).includes(words));
  return [...first, ...then].slice(0, MOST);
}

/** @param {string} text @returns {string} without case and accents */
function plain(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}
