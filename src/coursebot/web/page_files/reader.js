// The course beside the conversation: a pane on a wide page, a sheet over it on a narrow one.
import { words } from "./words.js";

const WIDE = matchMedia("(min-width: 900px)");
const STILL = matchMedia("(prefers-reduced-motion: reduce)");

const frame = () => document.querySelector("#reader .pane");
const body = () => document.querySelector("#reader .pane-body");
const root = document.documentElement;
const sheet = () => !WIDE.matches || root.classList.contains("embedded");

let shown = "";        // address of what the pane holds
let returnTo = null;   // what had the focus before the sheet opened
let hooks = {};
const before = [];     // addresses to go back to

const isOpen = () => (sheet() ? root.classList.contains("reader-open") : !root.classList.contains("reader-closed"));

function show(visible, from = null) {
  const was = isOpen();
  root.classList.toggle("reader-open", visible);
  root.classList.toggle("reader-closed", !visible);
  cover();
  if (visible && from) returnTo = from;
  if (visible && !was) {
    returnTo ??= document.activeElement;
    if (sheet()) body().focus({ preventScroll: true });
  } else if (!visible && was) {
    returnTo?.focus({ preventScroll: true });
    returnTo = null;
  }
}

// A sheet is a dialog: what lies under it cannot be reached.
function cover() {
  const covers = sheet() && isOpen();
  for (const id of ["chat", "bar"]) document.getElementById(id).inert = covers;
  const pane = frame();
  if (!pane) return;
  pane.setAttribute("role", covers ? "dialog" : "region");
  pane.toggleAttribute("aria-modal", covers);
}

export function uncover() {
  if (sheet() && isOpen()) { returnTo = null; show(false); }
}

export function close() {
  hideOffer();
  if (isOpen() && (sheet() || frame()?.contains(document.activeElement))) show(false);
}

export function toggle() {
  show(!isOpen());
  if (isOpen()) {
    if (!shown) open(contents(), { quiet: true });
    body().focus({ preventScroll: true });
  }
}

export async function back() {
  const address = before.at(-1);
  const came = address ? await load(address) : null;
  if (came === null) return;
  before.pop();
  offerBack();
  if (!came) return;
  settle();
  body().focus({ preventScroll: true });
}

// Opens an address of the reader; `number` is the citation to flash.
export async function open(address, { from = null, number = "", quiet = false } = {}) {
  if (!quiet) show(true, from);
  const [page] = address.split("#");
  const [held] = shown.split("#");
  if (page !== held) {
    const left = shown;
    const came = await load(address);
    if (came === null) return;
    if (left) before.push(left);
    offerBack();
    if (!came) return;
  } else abandon();
  shown = address;
  settle(number);
}

let latest = 0;        // number of the page that was asked for last

// What was asked for before may not replace what is opened now.
function abandon() {
  latest += 1;
  body()?.removeAttribute("aria-busy");
}

// Returns whether the page came, and null where another was asked for meanwhile.
async function load(address) {
  const place = body();
  const number = ++latest;
  if (!place) return null;
  const url = new URL(address, location.origin);
  url.searchParams.set("pane", "1");
  url.searchParams.set("lang", coursebot.lang);
  place.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(url);
    if (!(answer.headers.get("Content-Type") ?? "").startsWith("text/html")) throw new Error(`${answer.status}`);
    const text = await answer.text();
    if (number !== latest) return null;
    // The course's headings may be called as parts of the page are: theirs are names of their own.
    const fragment = Object.assign(document.createElement("template"), { innerHTML: text });
    for (const named of fragment.content.querySelectorAll("[id]")) named.id = `in-${named.id}`;
    place.replaceChildren(fragment.content);
  } catch (error) {
    console.warn(error);
    if (number !== latest) return null;
    place.replaceChildren(Object.assign(document.createElement("p"), { className: "notice", textContent: words().unread }));
    shown = "";
    return false;
  } finally {
    if (number === latest) place.removeAttribute("aria-busy");
  }
  shown = address;
  const title = place.querySelector("[data-title]")?.dataset.title;
  if (title) frame().querySelector(".pane-title").textContent = title;
  return true;
}

const offerBack = () => { frame().querySelector(".back").hidden = !before.length; };

function decoded(anchor) {
  try { return decodeURIComponent(anchor); } catch { return anchor; }
}

// Brings what the address points at into view; a cited statement also flashes.
function settle(number = "") {
  const anchor = decoded(shown.split("#")[1] ?? "");
  const place = body();
  const target = anchor && document.getElementById(`in-${anchor}`);
  if (!target) {
    place.scrollTop = 0;
    return;
  }
  const top = target.getBoundingClientRect().top - place.getBoundingClientRect().top + place.scrollTop;
  place.scrollTo({ top: top - place.clientHeight / 3, behavior: STILL.matches ? "auto" : "smooth" });
  const pieces = number ? place.querySelectorAll(`mark[data-number="${number}"]`) : [target];
  for (const piece of pieces) {
    piece.classList.remove("flash");
    void piece.offsetWidth;  // starts the animation again
    piece.classList.add("flash");
  }
  target.tabIndex = -1;
  if (number) target.focus({ preventScroll: true });
}

// A new answer: the pane turns to what it cites, where there is room to see both.
export function follow(turn) {
  const cite = turn.querySelector("a.cite");
  if (cite && !sheet() && isOpen()) open(cite.getAttribute("href"), { quiet: true });
}

// Text selected in the course can be asked about.
let offer = null;
function hideOffer() { offer?.remove(); offer = null; }

function offerToAsk() {
  const selection = getSelection();
  const text = selection?.toString().replace(/\s+/g, " ").trim() ?? "";
  hideOffer();
  if (!text || !selection.rangeCount || !body()?.contains(selection.getRangeAt(0).commonAncestorContainer)) return;
  const at = selection.getRangeAt(0).getBoundingClientRect();
  offer = Object.assign(document.createElement("button"), { type: "button", className: "offer", textContent: words().ask_about });
  offer.addEventListener("mousedown", (event) => event.preventDefault());  // keeps the selection
  offer.addEventListener("click", () => {
    const quoted = text.length > 200 ? `${text.slice(0, 200)}…` : text;
    hideOffer();
    if (sheet()) { returnTo = null; show(false); }
    // In the language of what was selected, which is the course's.
    const asked = words().ask_about_in[/[\u3040-\u30ff\u4e00-\u9fff]/.test(quoted) ? "ja" : "en"];
    hooks.suggest(asked.replace("{text}", () => quoted));
  });
  offer.style.top = `${Math.min(at.bottom + 8, innerHeight - 48)}px`;
  offer.style.left = `${Math.max(8, Math.min(at.left, innerWidth - 180))}px`;
  frame().append(offer);
}

const contents = () => (coursebot.course ? `/read/?course=${encodeURIComponent(coursebot.course)}` : "/read/");

export function start(given) {
  hooks = given;
  WIDE.addEventListener("change", cover);
  document.addEventListener("selectionchange", () => {
    clearTimeout(start.waiting);
    start.waiting = setTimeout(offerToAsk, 200);
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!body()?.contains(form) || !form.getAttribute("action")?.startsWith("/read/")) return;
    event.preventDefault();
    open(`${form.getAttribute("action")}?${new URLSearchParams(new FormData(form))}`, { quiet: true });
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.('#reader .pane-body a[href^="#"]');
    if (!link) return;
    event.preventDefault();
    open(shown.split("#")[0] + link.getAttribute("href"), { quiet: true });
  });
  document.addEventListener("coursebot:course", () => {
    if (shown && !shown.startsWith("/read/?") && shown !== "/read/") return;
    if (sheet()) shown = "";
    else open(contents(), { quiet: true });
  });
  const waiting = new MutationObserver(() => {
    if (!body()) return;
    waiting.disconnect();
    if (!sheet() && !shown) open(contents(), { quiet: true });
  });
  waiting.observe(document.getElementById("reader"), { childList: true, subtree: true });
}
