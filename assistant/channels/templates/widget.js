// The button in the corner of another site's page, and the panel that it opens. All of it is in a
// shadow root with a constructed style sheet: neither side's styles reach the other, and nothing
// is inline. The chat itself is a sandboxed frame of this assistant's own site.
(() => {
  const texts = {{ texts | tojson }};
  const script = document.currentScript;
  const host = new URL(script.src).origin;
  const NAME = "document-assistant";
  // After the frame has loaded; its scripts have run by then, so it has answered or never will.
  const PATIENCE = 10_000;

  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    :host {
      all: initial !important;
      display: block !important;
      position: fixed !important;
      inset: auto var(--assistant-right, 1rem) var(--assistant-bottom, 1rem) auto !important;
      z-index: var(--assistant-z-index, 2147483000) !important;
      color-scheme: light dark !important;
      --accent: var(--assistant-accent, #14518f);
      --on-accent: var(--assistant-on-accent, #fff);
      font: 18px/1.5 var(--assistant-font, system-ui, "PingFang SC", "Noto Sans CJK SC", "Microsoft YaHei", sans-serif) !important;
    }
    :host([data-position="left"]) { inset: auto auto var(--assistant-bottom, 1rem) var(--assistant-left, 1rem) !important; }
    @media print { :host { display: none !important; } }
    [hidden] { display: none !important; }
    button { font: inherit; font-weight: 600; min-height: 3rem; padding: 0.6rem 1.2rem; border: 2px solid #fff; border-radius: var(--assistant-radius, 1.6rem); background: var(--accent); color: var(--on-accent); cursor: pointer; box-shadow: 0 2px 8px rgb(0 0 0 / 35%); }
    button:focus-visible { outline: 3px solid #0b0c0c; box-shadow: 0 0 0 7px #fd0; }
    .panel { position: fixed; inset: auto var(--assistant-right, 1rem) var(--assistant-bottom, 1rem) auto; display: flex; flex-direction: column; width: min(26rem, 100vw - 2rem); height: min(42rem, 100vh - 2rem); overflow: hidden; color: #0b0c0c; background: #fff; border: 1px solid #5b6570; border-radius: 0.5rem; box-shadow: 0 4px 24px rgb(0 0 0 / 40%); }
    :host([data-position="left"]) .panel { inset: auto auto var(--assistant-bottom, 1rem) var(--assistant-left, 1rem); }
    .panel.large { width: min(40rem, 100vw - 2rem); height: min(60rem, 100vh - 2rem); }
    .bar { display: flex; align-items: center; justify-content: space-between; gap: 0.5rem; padding: 0.25rem 0.25rem 0.25rem 1rem; background: var(--accent); color: var(--on-accent); }
    h2 { margin: 0; font: inherit; font-weight: 700; }
    .bar button { border-color: transparent; border-radius: 0.25rem; box-shadow: none; padding: 0.4rem 1rem; }
    .bar button:focus-visible { outline: 3px solid #0b0c0c; outline-offset: -3px; box-shadow: inset 0 0 0 6px #fd0; }
    .said { margin: 0; padding: 1rem; }
    .said button { display: block; margin-top: 1rem; border-radius: 0.25rem; box-shadow: none; }
    iframe { flex: 1; width: 100%; border: 0; }
    @media (max-width: 30rem), (max-height: 30rem) { .panel, .panel.large, :host([data-position="left"]) .panel { inset: 0; width: auto; height: auto; border: 0; border-radius: 0; } }
    @media (prefers-color-scheme: dark) { .panel { color: #eef1f4; background: #14181d; } }
  `);

  const make = (tag, attributes, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  };

  class DocumentAssistant extends HTMLElement {
    connectedCallback() {
      if (this.shadowRoot) return;
      const root = this.attachShadow({ mode: "open" });
      root.adoptedStyleSheets = [sheet];
      const title = this.dataset.title || texts.title;
      this.opener = make("button", { type: "button", "aria-expanded": "false", "aria-haspopup": "dialog" }, title);
      this.closer = make("button", { type: "button" }, texts.close);
      this.said = make("div", { class: "said", role: "status" });
      this.panel = make(
        "div",
        { class: "panel", role: "dialog", "aria-labelledby": "title", hidden: "" },
        make("div", { class: "bar" }, make("h2", { id: "title" }, title), this.closer),
        this.said,
      );
      root.append(this.opener, this.panel);
      this.opener.addEventListener("click", () => this.open());
      this.closer.addEventListener("click", () => this.close());
      root.addEventListener("keydown", (event) => {
        if (event.key === "Escape" && !this.panel.hidden) this.close();
      });
      addEventListener("message", (event) => this.heard(event));
    }

    open() {
      this.show(true);
      this.closer.focus();
      if (this.frame) this.greet();
      else this.load();
    }

    close() {
      this.show(false);
      this.opener.focus();
    }

    show(open) {
      this.panel.hidden = !open;
      this.opener.hidden = open;
      this.opener.setAttribute("aria-expanded", String(open));
    }

    /** Ask whether this site may embed the chat, and put it in; else say why not. */
    async load() {
      if (this.loading) return;
      this.loading = true;
      this.tell(texts.opening);
      try {
        const response = await fetch(`${host}/api/embedding`, { credentials: "omit" });
        const { allowed, message } = await response.json();
        if (allowed === true) this.embed();
        else this.tell(String(message ?? texts.unreachable));
      } catch {
        this.fail();
      }
      this.loading = false;
    }

    embed() {
      this.frame = make("iframe", {
        src: `${host}/embed`,
        title: texts.frame,
        allow: "microphone; clipboard-write",
        sandbox: "allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox",
      });
      this.frame.addEventListener("load", () => {
        this.greet();
        this.waiting = setTimeout(() => this.fail(), PATIENCE);
      });
      this.panel.append(this.frame);
    }

    /** Tell the frame that it is seen, and our colour. */
    greet() {
      const accent = getComputedStyle(this).getPropertyValue("--assistant-accent").trim();
      this.frame.contentWindow.postMessage({ type: "theme", accent }, host);
    }

    heard({ origin, source, data }) {
      if (!this.frame || origin !== host || source !== this.frame.contentWindow) return;
      if (data?.type === "close") this.close();
      if (data?.type === "resize" && typeof data.large === "boolean") {
        clearTimeout(this.waiting);
        this.said.replaceChildren();
        this.said.hidden = true;
        this.panel.classList.toggle("large", data.large);
        if (this.shadowRoot.activeElement === this.closer) this.frame.focus();
      }
    }

    fail() {
      this.frame?.remove();
      this.frame = null;
      const again = make("button", { type: "button" }, texts.retry);
      again.addEventListener("click", () => this.load());
      this.tell(texts.unreachable, again);
    }

    tell(...children) {
      this.said.hidden = false;
      this.said.replaceChildren(...children);
    }
  }

  // A page that names the script twice still gets one button.
  if (customElements.get(NAME)) return;
  customElements.define(NAME, DocumentAssistant);
  const add = () => {
    const button = document.createElement(NAME);
    Object.assign(button.dataset, script.dataset);
    document.body.append(button);
  };
  if (document.body) add();
  else addEventListener("DOMContentLoaded", add);
})();
