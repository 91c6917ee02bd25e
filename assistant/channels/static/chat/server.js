// Requests to the server; whatever goes wrong becomes a Failure that can be told in words.

import { texts } from "./page.js";

// Longer than any answer should take, even on a slow machine that others use as well.
const SILENCE = 90_000;

/** What went wrong, as it is told; `code` is the server's, or one of the texts' own names. */
export class Failure extends Error {
  constructor(code, message = texts[code]) {
    super(message);
    this.code = code;
  }
}

/** The events of an answer as they come: `{name, data}`; the last is `final`. */
export async function* ask(question, conversation, stop) {
  const watch = new AbortController();
  stop.addEventListener("abort", () => watch.abort("stopped"));
  let silence;
  const heard = () => {
    clearTimeout(silence);
    silence = setTimeout(() => watch.abort("slow"), SILENCE);
  };
  let begun = false;
  heard();
  try {
    const body = { question, stream: true };
    if (conversation) body.conversation_id = conversation;
    const response = await send("POST", "/api/chat", body, watch.signal);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    begun = true;
    for (let rest = ""; ; ) {
      const { done, value } = await reader.read();
      if (done) break;
      heard();
      const blocks = (rest + value).split(/\r?\n\r?\n/);
      rest = blocks.pop();
      for (const block of blocks) {
        const event = parsed(block);
        if (event?.name === "error") throw told(event.data);
        if (event) yield event;
        if (event?.name === "final") return;
      }
    }
    throw new Failure("interrupted");
  } catch (error) {
    if (error instanceof Failure && error.code !== "unreachable") throw error;
    if (watch.signal.aborted) throw new Failure(watch.signal.reason);
    throw unreached(begun);
  } finally {
    clearTimeout(silence);
    watch.abort("stopped");
  }
}

/** The JSON of a response. */
export async function request(method, path, body) {
  const response = await send(method, path, body);
  try {
    return await response.json();
  } catch {
    throw unreached(true);
  }
}

async function send(method, path, body, signal) {
  let response;
  try {
    response = await fetch(path, {
      method,
      signal,
      body: body && JSON.stringify(body),
      headers: body ? { "Content-Type": "application/json" } : {},
      credentials: "omit",
    });
  } catch {
    throw unreached(false);
  }
  if (response.ok) return response;
  // A proxy in front of the server answers in its own words, which are not for residents.
  throw told(await response.json().catch(() => null), response.status);
}

function told(body, status) {
  const error = body?.error;
  if (typeof error?.message === "string") return new Failure(error.code, error.message);
  return new Failure(status === 502 || status === 503 || status === 504 ? "unreachable" : "failed");
}

function unreached(begun) {
  if (!navigator.onLine) return new Failure("offline");
  return new Failure(begun ? "interrupted" : "unreachable");
}

function parsed(block) {
  let name = "message";
  const data = [];
  for (const line of block.split(/\r?\n/)) {
    if (line.startsWith("event:")) name = line.slice(6).trim();
    else if (line.startsWith("data:")) data.push(line.slice(5).trimStart());
  }
  return data.length ? { name, data: JSON.parse(data.join("\n")) } : null;
}
