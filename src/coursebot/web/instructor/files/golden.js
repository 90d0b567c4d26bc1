// The golden editor's comforts: parts change in place, and what is typed is checked as it is typed.
// Everything works without this file, by sending the form.
"use strict";

const PAUSE = 500; // milliseconds without a key before a check
const WHOLE = new Set(["save", "keep", "really-delete", "duplicate"]);
let waiting = 0; // the timer of the next check
let checks = 0;
let native = false; // the browser sends the form itself
let changed = false; // something was typed that is not saved

const form = () => document.getElementById("item");

async function inPlace(button) {
  const old = form();
  const data = new FormData(old);
  data.set("do", button.value);
  clearTimeout(waiting);
  checks += 1;
  old.inert = true; // what is typed meanwhile would be lost
  old.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(old.action, { method: "POST", body: new URLSearchParams(data) });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const made = page.getElementById("item");
    if (!made) throw new Error("no form"); // logged out, or the server failed: it says so itself
    old.replaceWith(document.adoptNode(made));
    focusAfter(button.value);
  } catch {
    old.inert = false;
    old.removeAttribute("aria-busy");
    native = true;
    old.requestSubmit(button);
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
  const mine = (checks += 1);
  let found;
  try {
    const answer = await fetch(here.dataset.check, { method: "POST", body: new URLSearchParams(new FormData(here)) });
    if (!answer.ok) return;
    found = await answer.json();
  } catch {
    return; // the server says it again when the form is sent
  }
  if (mine !== checks || here !== form()) return;
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

document.addEventListener("submit", (event) => {
  const button = event.submitter;
  // Not by its id: a form has its fields as properties, and one is called so.
  if (event.target !== form() || !button) return;
  if (native || !button.value || WHOLE.has(button.value)) {
    native = changed = false;
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
