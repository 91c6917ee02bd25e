// What can be done with an answer: rate it, copy it, have it read, print it.

import { button, element, link, say, texts } from "./page.js";
import { request } from "./server.js";
import { canRead, read, stopReading } from "./speech.js";

/** The row below an answer; `pieces` are read aloud one by one. */
export function row(response, pieces) {
  const shown = element(
    "div",
    { class: "actions" },
    ...rating(response, () => shown),
    button(texts.copy, () => copy(response), { class: "plain" }),
    canRead && readButton(pieces),
    link(texts.print, `/answers/${encodeURIComponent(response.answer_id)}`, {
      class: "plain",
      target: "_blank",
      rel: "noopener",
    }),
  );
  return shown;
}

function rating(response, row) {
  const rate = async (value, reason = "") => {
    try {
      const body = { answer_id: response.answer_id, rating: value, reason };
      await request("POST", "/api/feedback", body);
    } catch {
      say(texts.rating_failed);
      return false;
    }
    buttons.forEach((one) => one.setAttribute("aria-pressed", String(one.value === value)));
    const asked = row().querySelector(".why");
    // The button that was pressed goes with its form.
    if (asked?.contains(document.activeElement)) buttons.find((one) => one.value === value).focus();
    asked?.remove();
    say(texts.thanks);
    return true;
  };
  const thumb = (value, text, then) =>
    button(text, async () => (await rate(value)) && then(), {
      class: `plain thumb ${value}`,
      value,
      "aria-pressed": "false",
    });
  const buttons = [
    thumb("up", texts.helpful, () => {}),
    thumb("down", texts.unhelpful, () => {
      const form = why((reason) => rate("down", reason));
      row().append(form);
      form.scrollIntoView({ block: "nearest" });
    }),
  ];
  return buttons;
}

/** Why an answer did not help, if one likes to say. */
function why(send) {
  const input = element("input", { type: "text", maxlength: "300", "aria-label": texts.reason, placeholder: texts.reason });
  const shown = element(
    "form",
    { class: "why" },
    element("p", {}, texts.why),
    ...texts.reasons.map((reason) => button(reason, () => send(reason))),
    input,
    element("button", {}, texts.send_reason),
  );
  shown.addEventListener("submit", (event) => {
    event.preventDefault();
    if (input.value.trim()) send(input.value.trim());
  });
  return shown;
}

function readButton(pieces) {
  let reading = false;
  const show = () => (made.textContent = reading ? texts.stop_reading : texts.read);
  const made = button(
    texts.read,
    () => {
      if (reading) return stopReading();
      reading = true;
      read(pieces, () => {
        reading = false;
        show();
      });
      show();
    },
    { class: "plain" },
  );
  return made;
}

async function copy({ answer, citations }) {
  const sources = citations.map(
    ({ number, title, date }) => `[${number}] 《${title}》${date && ` ${date}`}`,
  );
  const text = [answer, ...sources].join("\n");
  say((await copied(text)) ? texts.copied : texts.copy_failed);
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Without https, or in a frame that may not: the old way.
    const area = element("textarea", { class: "unseen", readonly: true }, text);
    const before = document.activeElement;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    before?.focus();
    return done;
  }
}
