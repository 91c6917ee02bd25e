// What is remembered: the conversation and what is being typed in this tab, the mode for longer.
// Where the browser keeps nothing (a frame whose storage is blocked), this page still remembers.

const TURNS = 30;
const beside = new Map();

function read(area, name) {
  try {
    return JSON.parse(globalThis[area].getItem(`assistant.${name}`));
  } catch {
    return beside.get(name) ?? null;
  }
}

function write(area, name, value) {
  beside.set(name, value);
  try {
    globalThis[area].setItem(`assistant.${name}`, JSON.stringify(value));
  } catch {
    // Blocked or full: `beside` has it.
  }
}

const empty = () => ({ id: "", turns: [] });

/** The conversation: `{id, turns: [{question, response}]}`. */
export const conversation = () => read("sessionStorage", "conversation") ?? empty();

/** Keep one more turn. */
export function remember(question, response) {
  const turns = [...conversation().turns, { question, response }].slice(-TURNS);
  write("sessionStorage", "conversation", { id: response.conversation_id, turns });
}

/** Go on in a new conversation, with what was said still on the page. */
export function begin() {
  write("sessionStorage", "conversation", { ...conversation(), id: "" });
}

/** Forget the conversation. */
export function forget() {
  write("sessionStorage", "conversation", empty());
}

export const draft = () => read("sessionStorage", "draft") ?? "";
export const keepDraft = (text) => write("sessionStorage", "draft", text);

export const elder = () => read("localStorage", "elder") === true;
export const keepElder = (on) => write("localStorage", "elder", on);
