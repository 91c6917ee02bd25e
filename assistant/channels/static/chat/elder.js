// Elder mode: large text, high contrast, one sentence first. The styles do it; this remembers.

import { say, texts } from "./page.js";
import * as storage from "./storage.js";

/** Make the button switch, and tell `changed` now and at every change whether it is on. */
export function install(button, changed) {
  const show = (on) => {
    document.documentElement.dataset.mode = on ? "elder" : "";
    button.textContent = on ? texts.ordinary : texts.elder;
    changed(on);
  };
  button.addEventListener("click", () => {
    const on = !storage.elder();
    storage.keepElder(on);
    show(on);
    say(on ? texts.elder_on : texts.elder_off);
  });
  show(storage.elder());
}
