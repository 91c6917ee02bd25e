// Talks to the page around the frame: only with an origin that may embed, and only in three
// messages: it sends `theme`; we send `resize` and `close`.

import { origins } from "./page.js";

let host = null;
let large = false;

function post(message) {
  if (host) parent.postMessage(message, host);
}

/** Listen to the page around; `opened` is called each time that it shows the frame. */
export function install(opened) {
  if (parent === globalThis) return;
  addEventListener("message", ({ origin, source, data }) => {
    const known = source === parent && origins.includes(origin);
    if (!known || data?.type !== "theme" || typeof data.accent !== "string") return;
    host = origin;
    theme(data.accent);
    post({ type: "resize", large });
    opened();
  });
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || event.isComposing) return;
    if (!document.querySelector("dialog[open]")) post({ type: "close" });
  });
}

/** Ask for more room, or for no more than usual. */
export function resize(wanted) {
  large = wanted;
  post({ type: "resize", large });
}

/** The page's own colour below our buttons' text, which is then black or white as reads better. */
function theme(accent) {
  const root = document.documentElement;
  root.style.removeProperty("--brand");
  root.style.removeProperty("--on-brand");
  if (!CSS.supports("color", accent) || /var\(|currentcolor/i.test(accent)) return;
  const pen = new OffscreenCanvas(1, 1).getContext("2d");
  pen.fillStyle = accent;
  pen.fillRect(0, 0, 1, 1);
  const [red, green, blue, alpha] = pen.getImageData(0, 0, 1, 1).data;
  if (alpha < 255) return;
  const [r, g, b] = [red, green, blue].map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  const luminance = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  root.style.setProperty("--brand", `rgb(${red} ${green} ${blue})`);
  root.style.setProperty("--on-brand", luminance > 0.179 ? "#000" : "#fff");
}
