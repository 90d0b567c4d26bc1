// The conversation: what clicks, keys and new turns do.
import { copy, copyEmbed, copyLink, exportConversation } from "./share.js";
import * as feedback from "./feedback.js";
import * as reader from "./reader.js";
import { announce, words } from "./words.js";

const box = () => document.querySelector("#question textarea");

// Gradio's text box takes up what is typed by its input event.
function write(question) {
  const field = box();
  field.value = question;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
  return field;
}

function ask(question) {
  write(question);
  requestAnimationFrame(() => document.querySelector("#ask").click());
}

// What was refused for want of time is asked again, unless something else is being written.
let retrying;
function retry(button) {
  clearTimeout(retrying);
  if (button.isConnected) ask(button.dataset.question);
}
function retryLater(button) {
  // Not all learners at the same moment.
  const seconds = Number(button.dataset.retry) + 2 * Math.random();
  clearTimeout(retrying);
  retrying = setTimeout(() => { if (!box()?.value.trim()) retry(button); }, 1000 * seconds);
}

function suggest(question) {
  const field = write(question);
  field.setSelectionRange(question.length, question.length);
}

const questionOf = (turn) => turn.querySelector(".asked .text").innerText;
const last = () => document.querySelector("#current .turn") ?? [...document.querySelectorAll("#past .turn")].at(-1);
const record = (node) => coursebot.record(node.closest(".turn")?.dataset.turn);
const dialog = (name) => document.getElementById(`${name}-dialog`)?.showModal();

const actions = {
  ask: (button) => ask(button.textContent.trim()),
  again: (button) => coursebot.reopen(button.dataset.question),
  retry: (button) => retry(button),
  good: (button) => feedback.rate(button, "up"),
  bad: (button) => feedback.rate(button, "down"),
  report: (button) => feedback.report(button),
  withdraw: (button) => feedback.withdraw(button),
  privacy: () => openPrivacy(),
  object: (tick) => { coursebot.objects = tick.checked; },
  copy: (button) => copy(button, record(button), "text"),
  copy_markdown: (button) => copy(button, record(button), "markdown"),
  copy_link: (button) => copyLink(button, record(button)),
  "copy-embed": (button) => copyEmbed(button),
  "close-reader": () => reader.close(),
  back: () => reader.back(),
};

const buttons = {
  export: () => exportConversation(coursebot.turns),
  print: () => window.print(),
  embed: () => { document.querySelector("#embed-dialog .iframe").textContent = embedLine(); dialog("embed"); },
  help: () => dialog("help"),
  privacy: () => openPrivacy(),
  language: () => coursebot.speak(words().other_code),
  "open-reader": () => reader.toggle(),
};

function openPrivacy() {
  const objects = document.querySelector("[data-action=object]");
  if (objects) objects.checked = coursebot.objects;
  dialog("privacy");
}

function embedLine() {
  const { courses = {} } = words();
  const [only, ...others] = Object.keys(courses);
  const course = coursebot.course || (others.length ? "" : only ?? "");
  const address = `${location.origin}/embed${course && `?course=${encodeURIComponent(course)}`}`;
  const title = (courses[course] ?? document.title).replaceAll("&", "&amp;").replaceAll('"', "&quot;");
  return `<iframe src="${address}" title="${title}" allow="clipboard-write" style="width: 100%; height: 40rem; border: 0"></iframe>`;
}

document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  const link = target?.closest('a[href^="/read/"]');
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0) {
    event.preventDefault();
    reader.open(link.getAttribute("href"), { from: link, number: link.dataset.number });
    return;
  }
  const button = target?.closest("[data-action]");
  if (button) actions[button.dataset.action]?.(button);
  else buttons[target?.closest("#bar button, #foot button")?.id]?.();
});

// After the server was away a question is asked on a page that is opened anew.
let away = false;
function reopens(event) {
  const question = box()?.value.trim();
  if (!away || !question) return;
  event.preventDefault();
  event.stopPropagation();
  coursebot.reopen(question);
}
document.addEventListener("click", (event) => { if (event.target.closest?.("#ask")) reopens(event); }, true);
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.target === box()) reopens(event);
}, true);

document.addEventListener("submit", (event) => {
  if (event.target.matches("form.feedback")) {
    event.preventDefault();
    feedback.explain(event.target);
  }
});

// Alt and a key by its place, so that they can be pressed while typing, in any language's layout.
const keys = {
  KeyQ: () => { reader.uncover(); box()?.focus(); },
  KeyR: () => reader.toggle(),
  KeyK: () => dialog("help"),
  KeyA: () => { reader.uncover(); const turn = last(); if (turn) { turn.tabIndex = -1; turn.focus(); turn.scrollIntoView({ block: "start" }); } },
};

document.addEventListener("keydown", (event) => {
  if (event.altKey && !event.ctrlKey && !event.metaKey && keys[event.code]) {
    event.preventDefault();
    keys[event.code]();
  } else if (event.key === "Escape" && !document.querySelector("dialog[open]")) {
    reader.close();
  } else if (event.key === "ArrowUp" && event.target === box() && !box().value) {
    const before = coursebot.turns.at(-1);
    if (before) { event.preventDefault(); suggest(before.question); }
  }
});

document.addEventListener("input", (event) => {
  if (event.target === box()) coursebot.draft = event.target.value;
  else if (event.target.form?.matches("form.feedback")) feedback.note(event.target.form);
});

// A question that was sent stands on the page before the server has heard of it.
let sent = null;
function dropSent() { sent?.remove(); sent = null; }

document.addEventListener("coursebot:sent", (event) => {
  dropSent();
  sent = document.createElement("article");
  sent.className = "turn searching";
  sent.dataset.state = "searching";
  sent.innerHTML = '<h2 class="asked"><span class="text"></span></h2><div class="reply"><p class="busy"><span class="spinner"></span><span class="said"></span></p></div>';
  sent.querySelector(".text").textContent = event.detail;
  sent.querySelector(".said").textContent = words().searching ?? "";
  document.getElementById("conversation").append(sent);
  sent.scrollIntoView({ block: "start" });
});

// A page that was opened again goes on where it was left.
document.addEventListener("coursebot:opened", () => {
  const { courses = {} } = words();
  if (coursebot.course && !(coursebot.course in courses)) coursebot.turnTo("");
  const turn = last();
  if (!turn) return;
  turn.scrollIntoView({ block: "start" });
  reader.follow(turn);
});

// A new turn: say where it stands once, bring it into view, mark what it cites.
let said = "";
function watch() {
  const current = document.getElementById("current");
  if (!current) return false;
  new MutationObserver(() => {
    dropSent();
    const turn = current.querySelector(".turn");
    if (!turn) return;
    const state = `${turn.dataset.turn} ${turn.dataset.state}`;
    if (state === said) return;
    said = state;
    if (turn.dataset.state === "searching") {
      coursebot.draft = "";
      coursebot.asked = questionOf(turn);
      announce(words().searching);
      turn.scrollIntoView({ block: "start" });
    } else if (turn.dataset.state === "failed") {
      announce(turn.querySelector(".reply p").textContent);
      const again = turn.querySelector("[data-retry]");
      if (again) retryLater(again);
    } else if (turn.dataset.state !== "answering") {
      announce(words().ready);
      turn.scrollIntoView({ block: "start" });
      reader.follow(turn);
    }
  }).observe(current, { childList: true, subtree: true });
  const turns = new MutationObserver(() => feedback.restore());
  for (const place of [current, document.getElementById("past")]) turns.observe(place, { childList: true, subtree: true });
  reader.start({ suggest });
  const unsent = coursebot.draft || coursebot.asked;
  if (unsent && box() && !box().value && !new URLSearchParams(location.search).has("q")) suggest(unsent);
  return true;
}

// Gradio builds the page after this script has run.
if (!watch()) {
  const waiting = new MutationObserver(() => { if (watch()) waiting.disconnect(); });
  waiting.observe(document.documentElement, { childList: true, subtree: true });
}

document.addEventListener("coursebot:lost", () => {
  const turn = sent ?? document.querySelector("#current .turn");
  if (!turn || !["searching", "answering"].includes(turn.dataset.state)) return;
  const question = questionOf(turn);
  turn.dataset.state = "failed";
  said = `${turn.dataset.turn} failed`;
  turn.className = "turn failed";
  const reply = turn.querySelector(".reply");
  reply.replaceChildren(Object.assign(document.createElement("p"), { textContent: words().lost }));
  const again = Object.assign(document.createElement("button"), { type: "button", textContent: words().again });
  again.dataset.action = "again";
  again.dataset.question = question;
  reply.append(again);
  announce(words().lost);
  away = true;
});
