// Ratings ▶ the feedback store. The tab remembers how a turn was rated, as the server writes its HTML
// anew with every question, and the id that its row can be changed and withdrawn by.
import { say } from "./share.js";
import { words } from "./words.js";

const ADDRESS = "/api/v1/feedback";
const busy = new Set();     // turns with a request under way
const forms = new Map();    // by turn: what stands in its form while that is open

async function send(method, address, body) {
  const answer = await fetch(address, {
    method,
    headers: body ? { "Content-Type": "application/json" } : {},
    body: body && JSON.stringify(body),
  });
  // What the site's owner has deleted is withdrawn already.
  if (method === "DELETE" && answer.status === 404) return null;
  if (!answer.ok) throw new Error(`${method} ${address}: ${answer.status}`);
  return answer.status === 204 ? null : answer.json();
}

const idOf = (node) => node.closest(".turn").dataset.turn;
const rating = (id) => coursebot.ratings[id] ?? {};

function remember(id, change) {
  coursebot.ratings = { ...coursebot.ratings, [id]: { ...rating(id), ...change } };
  restore();
}

// Shows ratings and open forms in the turns that are on the page.
export function restore() {
  for (const turn of document.querySelectorAll(".turn[data-turn]")) {
    const { verdict, report } = rating(turn.dataset.turn);
    const press = (action, pressed) => turn.querySelectorAll(`[data-action=${action}]`).forEach((b) => b.setAttribute("aria-pressed", String(pressed)));
    press("good", verdict === "up");
    press("bad", verdict === "down");
    press("report", Boolean(report));
    const form = turn.querySelector("form.feedback"), told = forms.get(turn.dataset.turn);
    if (!form || form.hidden === !told) continue;
    form.hidden = !told;
    if (told?.comment) form.elements.comment.value = told.comment;
    if (told?.reason) form.elements.reason.value = told.reason;
  }
}

// One request for a turn at a time; what fails is said and changes nothing.
async function once(node, act) {
  const id = idOf(node);
  if (!id || busy.has(id)) return;
  busy.add(id);
  try {
    await act(id);
  } catch (error) {
    console.warn(error);
    say(node, words().not_kept);
  } finally {
    busy.delete(id);
  }
}

async function keep(id, verdict) {
  const answer = coursebot.record(id);
  const { id: kept } = await send("POST", ADDRESS, { verdict, answer, after: answer.after });
  return kept;
}

const forget = (kept) => kept && send("DELETE", `${ADDRESS}/${kept}`);

export const rate = (button, verdict) => once(button, async (id) => {
  const before = rating(id);
  await forget(before.kept);
  remember(id, { verdict: "", kept: "" });
  forms.delete(id);
  if (before.verdict === verdict) {
    restore();
    say(button, words().withdrawn);
    return;
  }
  const kept = await keep(id, verdict);
  if (verdict === "down") forms.set(id, {});
  remember(id, { verdict, kept });
  say(button, words().thanks);
  if (verdict === "down") button.closest(".turn").querySelector("form.feedback input").focus();
});

export const report = (button) => once(button, async (id) => {
  const { report: before } = rating(id);
  if (before) await forget(before);
  remember(id, { report: before ? "" : await keep(id, "report") });
  say(button, before ? words().withdrawn : words().reported);
});

export const withdraw = (button) => rate(button, rating(idOf(button)).verdict);

export const explain = (form) => once(form, async (id) => {
  const told = new FormData(form);
  await send("PATCH", `${ADDRESS}/${rating(id).kept}`, { reason: told.get("reason"), comment: told.get("comment") ?? "" });
  forms.delete(id);
  restore();
  form.closest(".turn").querySelector("[data-action=bad]").focus();
  say(form, words().thanks);
});

export function note(form) {
  const told = new FormData(form);
  forms.set(idOf(form), { reason: told.get("reason"), comment: told.get("comment") });
}
