// What stands in the conversation: questions, answers on their way, replies and problems.

import * as actions from "./actions.js";
import { announce, button, call, element, fill, say, texts } from "./page.js";
import { openSource } from "./source.js";

const log = document.getElementById("log");

/** Give the focus to an element if what had it is gone, so that one goes on from there. */
export function rescueFocus(shown) {
  if (document.activeElement === document.body) shown.focus({ preventScroll: true });
}

/** Take everything out. */
export function empty() {
  log.replaceChildren();
}

/** A resident's question. */
export function question(text) {
  log.querySelectorAll(".next").forEach((old) => old.remove());
  const shown = element(
    "article",
    { class: "asked", tabindex: "-1" },
    element("h2", {}, texts.asked),
    element("p", {}, element("bdi", {}, text)),
  );
  log.append(shown);
  return shown;
}

/** A place for an answer that is on its way; `stop` gives up waiting. */
export function waiting(stop) {
  const progress = element("p", { class: "progress" }, texts.searching);
  const text = element("p", { class: "text" });
  const shown = element(
    "article",
    { class: "reply waiting", "aria-busy": "true" },
    progress,
    text,
    button(texts.stop, stop, { class: "plain" }),
  );
  log.append(shown);
  announce(texts.searching);
  return {
    tell: (said) => (progress.textContent = said),
    found: (titles) => {
      const names = titles.slice(0, 3).map((title) => `《${title}》`);
      if (names.length) progress.textContent = fill(texts.found, { titles: names.join("") });
    },
    append: (piece) => text.append(piece),
    become: (other) => shown.replaceWith(other),
  };
}

/** What went wrong, in words, with a way to go on; `retry` is left out where it would not help. */
export function problem(message, retry) {
  const again = retry && button(texts.retry, () => (shown.remove(), retry()));
  const shown = element(
    "article",
    { class: "reply problem", role: "alert", tabindex: "-1" },
    element("p", {}, message),
    again,
  );
  return shown;
}

/** A remark between turns. */
export function remark(text) {
  log.append(element("p", { class: "remark", role: "status" }, text));
}

/** An answer, a refusal or a fixed reply; `ask` asks a suggested question. */
export function reply(asked, response, ask) {
  const { status, citations } = response;
  const kind = status === "routed_urgent" ? status : status.split("_")[0];
  const said = linesOf(response);
  const lines = said.length ? said.map((line) => quoted(line, citations)) : [[piece(response.answer)]];
  const pieces = lines.flat();
  const body = element("div", { class: "text" }, ...lines.map((line) => element("div", {}, ...line)));
  const numbers = response.contacts.map(call).filter(Boolean);
  const calls = numbers.length > 0 && element("div", { class: "calls" }, ...numbers);
  const urgent = kind === "routed_urgent";
  const shown = element(
    "article",
    {
      class: `reply ${kind}`,
      "data-status": status,
      tabindex: "-1",
      role: urgent && "alert",
    },
    element("h2", {}, texts.headings[kind] ?? texts.headings.routed),
    response.understood_as !== asked &&
      kind === "answered" &&
      element("p", { class: "understood" }, fill(texts.understood, { text: response.understood_as })),
    ...response.notices.map((notice) => element("p", { class: "notice" }, notice)),
    // Where every second counts, the buttons to call with come before the words.
    urgent && calls,
    body,
    more(lines, () => shown),
    !urgent && calls,
    citations.length > 0 && sources(citations, said),
    actions.row(response, pieces),
    next(response.suggestions, ask),
  );
  return shown;
}

/** Tell a screen reader what came; an alert tells itself. */
export function told(response) {
  say("");
  if (response.status === "routed_urgent") return;
  announce([...response.notices, response.answer].join(" "));
}

function piece(said, ...parts) {
  const shown = element("span", { class: "piece" }, ...(parts.length ? parts : [said]));
  shown.dataset.said = said;
  return shown;
}

/** What is said to each thing that was asked: the words in front and the numbers of the quotes. */
function linesOf({ lead, lines, citations }) {
  if (!citations.length) return [];
  // What was kept before there were lines is one.
  return lines ?? [{ lead, citations: citations.map(({ number }) => number) }];
}

/** The pieces of a line; all but the first may be left out where there is little room. */
function quoted({ lead, citations: numbers }, citations) {
  const pieces = numbers.map((number, at) => quote(at === 0 ? lead : "", citations[number - 1]));
  pieces.slice(1).forEach((rest) => rest.classList.add("rest"));
  return pieces.length ? pieces : [piece(lead)];
}

/** A quote with what answers in bold and its mark, behind what is said in front of it. */
function quote(lead, citation) {
  const [ahead, words, after] = parts(citation);
  return piece(
    lead + citation.quote,
    lead,
    element("bdi", {}, ahead, words && element("strong", {}, words), after),
    mark(citation),
  );
}

/** A quote before, at and after the words that answer; offsets count whole characters. */
export function parts({ quote, start, emphasis }) {
  if (!emphasis) return [quote, "", ""];
  const characters = [...quote];
  const [from, to] = [emphasis.start - start, emphasis.end - start];
  return [[0, from], [from, to], [to]].map((range) => characters.slice(...range).join(""));
}

function mark(citation) {
  return button(String(citation.number), () => openSource(citation), {
    class: "mark",
    "aria-label": fill(texts.source, citation),
    "aria-haspopup": "dialog",
  });
}

function more(lines, shown) {
  const hidden = lines.flatMap((line) => line.slice(1));
  if (!hidden.length) return null;
  const all = button(fill(texts.more, { count: hidden.length }), () => {
    shown().classList.add("all");
    hidden[0].querySelector("button").focus();
  });
  all.className = "more";
  return all;
}

function sources(citations, lines) {
  const rest = lines.flatMap((line) => line.citations.slice(1));
  const items = citations.map((citation) => {
    const path = citation.headings.filter((heading) => heading !== citation.title);
    const open = button(`《${citation.title}》`, () => openSource(citation), {
      class: "plain",
      "aria-haspopup": "dialog",
    });
    const where = [...path, citation.place, citation.date].filter(Boolean).join(" · ");
    const kind = rest.includes(citation.number) && "rest";
    return element("li", { value: citation.number, class: kind }, open, " ", element("span", {}, where));
  });
  return element("section", { class: "sources" }, element("h3", {}, texts.sources), element("ol", {}, ...items));
}

function next(suggestions, ask) {
  if (!suggestions.length) return null;
  const buttons = suggestions.map((text) => button(text, () => ask(text)));
  return element("section", { class: "next" }, element("h3", {}, texts.next), element("div", {}, ...buttons));
}
