/** What the page says about itself: where the console lies, whose it is, what the person chose. */

const data = document.documentElement.dataset;

/** Path that every link and fetch begins with; empty where the console has the whole host. */
export const root = data.root ?? "";

/** The nation; names of storage, channels and locks begin with it. */
export const nation = data.nation ?? "";

/** Language of the page. */
export const language = document.documentElement.lang || "en";

/** Time zone of local times. */
export const zone = data.zone ?? "UTC";

/** @returns {string} the token for requests that change something */
export function csrf() {
  return data.csrf ?? "";
}

/** @param {string} name @returns {string} a name of this nation's own in storage, channels and locks */
export function own(name) {
  return `entente.${nation}.${name}`;
}
