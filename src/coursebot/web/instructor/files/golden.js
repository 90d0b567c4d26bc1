// The golden editor's comforts: parts change in place, and what is typed is checked as it is typed.
// Everything works without this file, by sending the form.
"use strict";

const PAUSE = 500; // milliseconds without a key before a check
const WHOLE = new Set(["save", "keep", "really-delete", "duplicate"]);
let waiting = 0;
let asked = 0;

const form = () => document.getElementById("item");

async function inPlace(button) {
  const old = form();
  const data = new FormData(old);
  data.set("do", button.value);
  old.setAttribute("aria-busy", "true");
  const mine = (asked += 1);
  try {
    const answer = await fetch(old.action, { method: "POST", body: new URLSearchParams(data) });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const made = page.getElementById("item");
    if (mine !== asked || !made) {
      if (!made) old.requestSubmit(button);
      return;
    }
    document.querySelector("#item").replaceWith(document.adoptNode(made));
    focusAfter(button.value);
  } catch {
    old.removeAttribute("aria-busy");
    button.form.submit();
  }
}

// Where somebody goes on who cannot see what changed.
function focusAfter(done) {
  const [what, where] = done.split(":");
  const last = (list) => list[list.length - 1];
  let target = null;
  if (what === "add") {
    const parts = document.getElementById(where)?.querySelectorAll(":scope > .golden-part");
    target = parts && last([...parts])?.querySelector("input, textarea");
  } else if (what === "find") {
    target = form().querySelector(".results button") || document.getElementById(`find.${where}`);
  } else if (what === "pick") {
    target = document.getElementById(`${where}.quote`);
  } else if (what === "try") {
    target = form().querySelector(".golden-tried");
    target?.setAttribute("tabindex", "-1");
  } else if (what === "delete") {
    target = form().querySelector("#sure button");
  } else {
    target = document.getElementById(where.split(".").slice(0, -1).join("."))?.querySelector("button[value^=add]");
  }
  target?.focus();
  target?.scrollIntoView({ block: "nearest" });
}

async function check() {
  const here = form();
  const mine = (asked += 1);
  let found;
  try {
    const answer = await fetch(here.dataset.check, { method: "POST", body: new URLSearchParams(new FormData(here)) });
    if (!answer.ok) return;
    found = await answer.json();
  } catch {
    return; // the server says it again when the form is sent
  }
  if (mine !== asked) return;
  for (const shown of here.querySelectorAll("[data-problem]")) {
    const said = found.problems[shown.dataset.problem] || "";
    shown.textContent = said;
    shown.hidden = !said;
    const field = document.getElementById(shown.dataset.problem);
    if (field?.matches("input, textarea, select")) {
      if (said) field.setAttribute("aria-invalid", "true");
      else field.removeAttribute("aria-invalid");
    }
  }
  for (const shown of here.querySelectorAll("[data-place]")) {
    const place = found.places[shown.dataset.place];
    shown.textContent = place ? place.text : "";
    shown.classList.toggle("bad", Boolean(place?.bad));
  }
}

let changed = false;

document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (event.target.id !== "item" || !button) return;
  if (!button.value || WHOLE.has(button.value)) {
    changed = false;
    return;
  }
  event.preventDefault();
  inPlace(button);
});

document.addEventListener("input", (event) => {
  if (!event.target.closest("#item") || event.target.dataset.find) return;
  changed = true;
  clearTimeout(waiting);
  waiting = setTimeout(check, PAUSE);
});

// Enter in a search box searches; it does not save.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing || !event.target.dataset?.find) return;
  event.preventDefault();
  form().querySelector(`button[value="${CSS.escape(event.target.dataset.find)}"]`)?.click();
});

window.addEventListener("beforeunload", (event) => {
  if (changed) event.preventDefault();
});
