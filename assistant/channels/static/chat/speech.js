// Reading aloud and voice input, with what the browser has; both are left out where it has not.

import { say, texts } from "./page.js";

const synthesis = globalThis.speechSynthesis;
const Recognition = globalThis.SpeechRecognition ?? globalThis.webkitSpeechRecognition;

let silence = () => {};

/** Whether the browser can read aloud. */
export const canRead = Boolean(synthesis);

function voice() {
  const chinese = synthesis.getVoices().filter(({ lang }) => /^(zh|cmn)/i.test(lang));
  // One that works without a network before one that sends the text away.
  return chinese.find((v) => v.localService && /CN|Hans/i.test(v.lang)) ?? chinese[0];
}

/** Read the elements' texts one after the other, marking each; `ended` when it is over. */
export function read(elements, ended) {
  stopReading();
  const chosen = voice();
  if (!chosen) {
    say(texts.no_voice);
    return ended();
  }
  let over = false;
  const finish = () => {
    if (over) return;
    over = true;
    elements.forEach((one) => one.classList.remove("speaking"));
    silence = () => {};
    ended();
  };
  silence = () => {
    finish();
    synthesis.cancel();
  };
  elements.forEach((one, at) => {
    const said = new SpeechSynthesisUtterance(one.dataset.said ?? one.textContent);
    said.voice = chosen;
    said.lang = chosen.lang;
    said.rate = 0.9;
    said.onstart = () => over || one.classList.add("speaking");
    said.onend = () => {
      one.classList.remove("speaking");
      if (at === elements.length - 1) finish();
    };
    said.onerror = finish;
    synthesis.speak(said);
  });
}

/** Fall silent. */
export function stopReading() {
  silence();
}

/** Let the button take down what is said, as `heard(text)`; it stays hidden where that is not to be had. */
export function install(button, heard) {
  if (!Recognition) return;
  let running = null;
  const show = () => {
    button.textContent = running ? texts.stop_speaking : texts.speak;
    button.setAttribute("aria-pressed", String(Boolean(running)));
  };
  button.hidden = false;
  show();
  button.addEventListener("click", () => {
    if (running) return running.stop();
    let result = "";
    let problem = texts.not_heard;
    running = new Recognition();
    running.lang = "zh-CN";
    running.onresult = ({ results }) => {
      result = [...results].map(([best]) => best.transcript).join("");
    };
    running.onerror = ({ error }) => {
      if (error === "not-allowed" || error === "audio-capture") problem = texts.no_microphone;
    };
    running.onend = () => {
      running = null;
      show();
      say(result ? "" : problem);
      if (result) heard(result);
    };
    try {
      running.start();
      say(texts.listening);
    } catch {
      running = null;
      say(texts.no_microphone);
    }
    show();
  });
}
addEventListener("pagehide", stopReading);
