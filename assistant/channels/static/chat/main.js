// The conversation: takes the form over from the server's own page and asks without leaving it.

import * as composer from "./composer.js";
import * as elder from "./elder.js";
import * as frame from "./frame.js";
import * as messages from "./messages.js";
import { say, texts } from "./page.js";
import * as server from "./server.js";
import { stopReading } from "./speech.js";
import * as storage from "./storage.js";

const GONE = "error_conversation_not_found";

const log = document.getElementById("log");
const clear = document.getElementById("clear");
let asking = null;
let settled = Promise.resolve();

/** Ask, if nothing is being asked; whether it was taken. */
function ask(question) {
  if (asking) {
    say(texts.busy);
    return false;
  }
  stopReading();
  say("");
  begun();
  const shown = messages.question(question);
  settled = answer(question, shown);
  return true;
}

async function answer(question, shown) {
  asking = new AbortController();
  const stop = asking;
  const waiting = messages.waiting(() => stop.abort());
  shown.scrollIntoView({ block: "start" });
  messages.rescueFocus(shown);
  let reply;
  try {
    const response = await final(question, waiting, stop.signal);
    storage.remember(question, response);
    // Answered at last: what was kept when it failed is no draft any more.
    if (composer.isEmpty()) storage.keepDraft("");
    reply = messages.reply(question, response, ask);
    messages.told(response);
  } catch (failure) {
    reply = failed(failure, question, shown);
  }
  asking = null;
  waiting.become(reply);
  messages.rescueFocus(reply);
  // On a small screen a long question would leave no room for the number to dial.
  const first = reply.classList.contains("routed_urgent") ? reply : shown;
  first.scrollIntoView({ block: "start" });
}

async function final(question, waiting, signal) {
  try {
    return await streamed(question, waiting, signal);
  } catch (failure) {
    if (failure.code !== GONE) throw failure;
    storage.begin();
    messages.remark(texts.new_conversation);
    return streamed(question, waiting, signal);
  }
}

async function streamed(question, waiting, signal) {
  for await (const { name, data } of server.ask(question, storage.conversation().id, signal)) {
    // What is read says more than that something is.
    if (name === "status" && data.step !== "read") waiting.tell(data.text);
    if (name === "retrieved") waiting.found(data.titles);
    if (name === "delta") waiting.append(data.text);
    if (name === "final") return data;
  }
  throw new server.Failure("interrupted");
}

function failed(failure, question, shown) {
  if (!(failure instanceof server.Failure)) {
    console.error(failure);
    failure = new server.Failure("failed");
  }
  const again = () => {
    if (asking) say(texts.busy);
    else settled = answer(question, shown);
  };
  // A question that cannot be taken goes back into the box, unless another is being written.
  if (failure.code.startsWith("error_question_") && composer.isEmpty()) {
    composer.write(question);
    return messages.problem(failure.message);
  }
  // Kept as a draft, so that it is there after the page was loaded again.
  if (composer.isEmpty()) storage.keepDraft(question);
  return messages.problem(failure.message, again);
}

function begun() {
  document.getElementById("start")?.setAttribute("hidden", "");
  clear.hidden = false;
}

async function erase() {
  asking?.abort();
  stopReading();
  // What becomes of an answer on its way is still written down; then all of it is erased.
  await settled;
  const { id } = storage.conversation();
  try {
    if (id) await server.request("DELETE", `/api/conversations/${encodeURIComponent(id)}`);
  } catch {
    return say(texts.not_cleared);
  }
  storage.forget();
  messages.empty();
  clear.hidden = true;
  document.getElementById("start")?.removeAttribute("hidden");
  composer.write("");
  return say(texts.cleared);
}

function restore() {
  const { turns } = storage.conversation();
  if (!turns.length) return;
  begun();
  for (const { question, response } of turns) {
    messages.question(question);
    log.append(messages.reply(question, response, ask));
  }
  log.lastElementChild.previousElementSibling.scrollIntoView({ block: "start" });
}

clear.textContent = texts.clear;
clear.addEventListener("click", erase);
document.getElementById("elder").hidden = false;
elder.install(document.getElementById("elder"), frame.resize);
for (const form of document.querySelectorAll("#start form")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask(form.elements.question.value);
  });
}
composer.install(ask);
frame.install(() => document.getElementById("question").focus({ preventScroll: true }));
restore();
addEventListener("offline", () => say(texts.offline));
addEventListener("online", () => say(texts.online));
// Tells tests and measurements that the page answers from here on.
document.documentElement.dataset.ready = "";
performance.mark("assistant-ready");
