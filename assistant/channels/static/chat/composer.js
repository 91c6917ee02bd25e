// The box for the question: how much may be written, input methods, personal data, voice.

import { announce, button, element, fill, limit, say, texts, visible } from "./page.js";
import * as personal from "./personal.js";
import * as speech from "./speech.js";
import * as storage from "./storage.js";

const form = document.getElementById("ask");
const box = document.getElementById("question");
const counter = document.getElementById("counter");
const warning = document.getElementById("personal");

const NEAR = 50; // characters before the limit from which on is told how many are left
let over = false;

/** Call `ask(question)` for what is sent; it says false where the question could not be taken. */
export function install(ask) {
  // What is too long is shown and told, instead of being cut off unseen.
  box.removeAttribute("maxlength");
  box.value ||= storage.draft();
  const send = (checked = false) => {
    const question = visible(box.value);
    if (!question || length() > limit) return box.focus();
    if (!checked && warn(question)) return undefined;
    if (ask(question)) write("");
    return undefined;
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  box.addEventListener("keydown", (event) => {
    // 229: the key belongs to the input method, though some browsers say that it is done.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    send();
  });
  box.addEventListener("input", written);
  speech.install(document.getElementById("speak"), (text) => write(visible(`${box.value}${text}`)));
  warning.append(
    element("p"),
    button(texts.take_out, () => write(personal.without(box.value, personal.find(box.value)))),
    button(texts.send_anyway, () => send(true), { class: "plain" }),
  );
  written();
}

/** Put a text into the box. */
export function write(text) {
  box.value = text;
  written();
  box.focus({ preventScroll: true });
}

/** Whether nothing is being written. */
export const isEmpty = () => !box.value.trim();

const length = () => [...visible(box.value)].length;

function written() {
  storage.keepDraft(box.value);
  warning.hidden = true;
  const left = limit - length();
  counter.hidden = left > NEAR;
  counter.textContent =
    left < 0 ? fill(texts.over, { count: -left, most: limit }) : fill(texts.left, { count: left });
  box.setAttribute("aria-invalid", String(left < 0));
  // Once, not at every key.
  if (left < 0 && !over) announce(counter.textContent);
  over = left < 0;
}

function warn(question) {
  const found = personal.find(question);
  if (!found.length) return false;
  const names = [...new Set(found.map(({ kind }) => texts[kind]))].join(texts.separator);
  warning.hidden = false;
  warning.querySelector("p").textContent = fill(texts.personal, { names });
  warning.querySelector("button").focus();
  say("");
  return true;
}
