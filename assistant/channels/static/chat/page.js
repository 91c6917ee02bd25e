// What the page hands to the scripts (texts and limits), and elements made of text alone: nothing
// here or elsewhere parses HTML, so what a question, a document or a server says stays text.

const data = JSON.parse(document.getElementById("chat-data").textContent);

export const texts = data.texts;
export const limit = data.limit;
export const origins = data.origins;

/** A text with `{name}` replaced by the values. */
export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** An element; attributes that are false, null or undefined are left out, true stands alone. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, value);
  }
  made.append(...children.filter(Boolean));
  return made;
}

/** A button that does something. */
export function button(text, action, attributes = {}) {
  const made = element("button", { type: "button", ...attributes }, text);
  made.addEventListener("click", action);
  return made;
}

/** The address, if it is one that may be followed: http(s), or a telephone number. */
export function safeAddress(address) {
  try {
    const url = new URL(address, location.href);
    return ["http:", "https:", "tel:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** A link, or the bare text where the address is none to follow. */
export function link(text, address, attributes = {}) {
  const href = safeAddress(address);
  return href ? element("a", { href, ...attributes }, text) : element("span", {}, text);
}

/** A link that calls; null for what is no telephone number. */
export function call({ name, number }) {
  if (!/^\+?[\d-]{3,20}$/.test(number)) return null;
  return element(
    "a",
    { class: "call", href: `tel:${number}`, "aria-label": fill(texts.call_named, { number, name }) },
    element("strong", {}, fill(texts.call, { number })),
    element("span", {}, name),
  );
}

/** What can be seen of a text, in one line: as the server will take it. */
export function visible(text) {
  return text.replace(/\s+/g, " ").replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/gu, "").trim();
}

/** Show a word about what was just done, where a screen reader tells it too. */
export function say(text) {
  document.getElementById("status").textContent = text;
}

/** Tell a screen reader alone what the page shows elsewhere. */
export function announce(text) {
  document.getElementById("announcement").textContent = text;
}
