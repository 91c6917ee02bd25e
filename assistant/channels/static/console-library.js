"use strict";
// What the console's pages of documents do besides what they do without this file: files go up one
// by one with a bar each, and what is in work is shown anew until it is done.

const EVERY = 2000; // milliseconds between two looks

let looking = 0;

// Only what changed is put in, so that nothing is read out twice; the focus stays where it was.
async function look() {
  looking = 0;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of document.querySelectorAll("[data-live]")) {
      const other = fresh.getElementById(part.id);
      if (other) renew(part, other);
    }
  } catch {
    // The network is away for a moment; the next look may find it again.
  }
  watch();
}

function renew(part, other) {
  part.toggleAttribute("data-busy", other.hasAttribute("data-busy"));
  if (part.innerHTML === other.innerHTML) return;
  const focused = part.contains(document.activeElement) && document.activeElement.id;
  const status = part.querySelector("[role=status]");
  const told = other.querySelector("[role=status]");
  if (status && told && status.parentNode === part && told.parentNode === other) {
    // What is told as it changes has to stay the same element.
    if (status.textContent !== told.textContent) status.textContent = told.textContent;
    told.replaceWith(status);
  }
  part.replaceChildren(...other.childNodes);
  if (focused) document.getElementById(focused)?.focus();
}

function watch() {
  if (!looking && document.querySelector("[data-busy]")) looking = setTimeout(look, EVERY);
}

watch();

const upload = document.getElementById("upload");
if (upload) {
  const list = document.getElementById("sending");
  const told = document.getElementById("told");
  const input = upload.querySelector("input[type=file]");
  const texts = upload.dataset;
  const waiting = [];
  let sending = false;

  upload.querySelector("button").hidden = true;
  for (const part of upload.querySelectorAll(".without-script")) part.hidden = true;
  for (const part of upload.querySelectorAll(".with-script")) part.hidden = false;

  const put = (files) => {
    for (const file of input.multiple ? files : [...files].slice(0, 1)) {
      const row = document.createElement("li");
      const name = document.createElement("span");
      name.textContent = file.name;
      const bar = document.createElement("progress");
      bar.max = 1;
      bar.value = 0;
      bar.setAttribute("aria-label", texts.sending.replace("{}", () => file.name));
      row.append(name, bar);
      list.append(row);
      waiting.push({ file, row, bar });
    }
    next();
  };

  const next = async () => {
    if (sending) return;
    sending = true;
    for (let each = waiting.shift(); each; each = waiting.shift()) {
      const reason = each.file.size > Number(texts.most) ? texts.tooLarge : await send(each);
      told.textContent = reason
        ? `${each.file.name}：${reason}`
        : texts.taken.replace("{}", () => each.file.name);
      if (reason) {
        each.bar.replaceWith(reason);
        each.row.className = "wrong";
      } else {
        each.row.remove();
        look();
      }
    }
    sending = false;
  };

  // Tells why a file was refused; nothing if it was taken.
  const send = ({ file, bar }) =>
    new Promise((done) => {
      const request = new XMLHttpRequest();
      const asked = new URLSearchParams({ name: file.name });
      const replaces = upload.elements.replaces?.value;
      if (replaces) asked.set("replaces", replaces);
      request.open("POST", `/api/staff/uploads?${asked}`);
      request.setRequestHeader("Content-Type", "application/octet-stream");
      request.setRequestHeader("X-CSRF-Token", upload.elements.csrf.value);
      request.responseType = "json";
      request.upload.onprogress = (event) => {
        if (event.lengthComputable) bar.value = event.loaded / event.total;
      };
      request.onload = () =>
        done(request.status === 200 ? "" : request.response?.error?.message || texts.failed);
      request.onerror = () => done(texts.failed);
      request.send(file);
    });

  input.addEventListener("change", () => {
    put(input.files);
    input.value = "";
  });
  for (const name of ["dragenter", "dragover"])
    document.addEventListener(name, (event) => {
      event.preventDefault();
      upload.classList.add("over");
    });
  for (const name of ["dragleave", "drop"])
    document.addEventListener(name, () => upload.classList.remove("over"));
  // Wherever on the page it is let go: a browser would else leave the page to show the file.
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    put(event.dataTransfer.files);
  });
  addEventListener("beforeunload", (event) => {
    if (sending) event.preventDefault();
  });
}

// What was changed and not saved would not be what is published.
document.addEventListener("input", (event) => {
  if (event.target.form?.id !== "metadata") return;
  document.getElementById("actions").hidden = true;
  document.getElementById("unsaved").hidden = false;
});
