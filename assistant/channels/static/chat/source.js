// Opens a citation: the passage in its section, highlighted, with where it is from.

import { button, element, fill, link, texts } from "./page.js";
import { request } from "./server.js";

// Whole sections are short; of one that is not, this many characters before and after the passage.
const AROUND = 800;
const GONE = "error_not_found";

/** Show the passage; its quote at once, what stands around it when the document is there. */
export async function openSource(citation) {
  const passage = element("div", { class: "passage", tabindex: "0" }, element("p", {}, texts.loading));
  const facts = element("dl");
  const title = element("h2", { id: "source-title", tabindex: "-1" }, `《${citation.title}》`);
  const dialog = element(
    "dialog",
    { class: "source", "aria-labelledby": "source-title" },
    title,
    facts,
    passage,
    element(
      "div",
      { class: "buttons" },
      link(texts.whole, citation.url, { class: "button", target: "_blank", rel: "noopener" }),
      button(texts.close, () => dialog.close()),
    ),
  );
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
  const path = citation.headings.filter((heading) => heading !== citation.title);
  tell(facts, { section: [...path, citation.place].filter(Boolean).join(" › "), date: citation.date });
  document.body.append(dialog);
  dialog.showModal();
  title.focus();
  try {
    const path = `/api/documents/${encodeURIComponent(citation.document_id)}`;
    const found = await request("GET", path);
    passage.replaceChildren(...lines(found, citation), tell(element("dl"), { from: found.source }));
  } catch ({ code }) {
    const reason = code === GONE ? texts.no_document : texts.not_opened;
    const quote = element("p", {}, element("mark", {}, citation.quote));
    passage.replaceChildren(element("p", { role: "alert" }, reason), quote);
  }
  passage.setAttribute("aria-label", fill(texts.source, citation));
  passage.querySelector("mark")?.scrollIntoView({ block: "center" });
}

/** Name what is known. */
function tell(facts, values) {
  for (const [name, value] of Object.entries(values)) {
    if (value) facts.append(element("dt", {}, texts[name]), element("dd", {}, value));
  }
  return facts;
}

/** The section's lines as paragraphs, the passage marked; offsets count whole characters. */
function lines({ text, sections }, { start, end, emphasis }) {
  const characters = [...text];
  const section = sections.find((s) => s.start <= start && start < s.end) ?? { start: 0, end: characters.length };
  const first = Math.max(section.start, start - AROUND);
  const last = Math.min(section.end, end + AROUND);
  const shown = [];
  let at = first;
  for (const line of characters.slice(first, last).join("").split("\n")) {
    const length = [...line].length;
    if (line.trim()) shown.push(marked(characters, at, at + length, { start, end, emphasis }));
    at += length + 1;
  }
  return shown;
}

function marked(characters, from, to, { start, end, emphasis }) {
  const within = (place) => Math.min(Math.max(place, from), to);
  const slice = (low, high) => characters.slice(low, high).join("");
  const [low, high] = [within(start), within(end)];
  if (low >= high) return element("p", {}, element("bdi", {}, slice(from, to)));
  const [strong, weak] = emphasis ? [within(emphasis.start), within(emphasis.end)] : [high, high];
  const words = slice(strong, weak);
  const mark = element("mark", {}, slice(low, strong), words && element("strong", {}, words), slice(weak, high));
  return element("p", {}, element("bdi", {}, slice(from, low), mark, slice(high, to)));
}
