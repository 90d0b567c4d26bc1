// Ratings ▶ the feedback store. Each turn remembers the id that its rating was kept under.
import { say } from "./share.js";
import { words } from "./words.js";

const ADDRESS = "/api/v1/feedback";

async function send(method, address, body) {
  const answer = await fetch(address, {
    method,
    headers: body ? { "Content-Type": "application/json" } : {},
    body: body && JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${method} ${address}: ${answer.status}`);
  return answer.status === 204 ? null : answer.json();
}

const press = (turn, action) => {
  for (const button of turn.querySelectorAll("[data-action=good], [data-action=bad]")) {
    button.setAttribute("aria-pressed", String(button.dataset.action === action));
  }
};

async function forget(turn) {
  if (!turn.dataset.kept) return;
  await send("DELETE", `${ADDRESS}/${turn.dataset.kept}`);
  delete turn.dataset.kept;
}

async function keep(button, verdict, record) {
  const turn = button.closest(".turn");
  await forget(turn);
  const { id } = await send("POST", ADDRESS, { verdict, answer: record, after: record.after });
  turn.dataset.kept = id;
  return turn;
}

async function trying(button, act) {
  try {
    await act();
  } catch (error) {
    console.warn(error);
    say(button, words().not_kept);
  }
}

export const rate = (button, verdict, record) => record && trying(button, async () => {
  if (button.getAttribute("aria-pressed") === "true") return withdraw(button);
  const turn = await keep(button, verdict, record);
  press(turn, button.dataset.action);
  say(button, words().thanks);
  const form = turn.querySelector("form.feedback");
  form.hidden = verdict !== "down";
  if (!form.hidden) form.querySelector("input").focus();
});

export const report = (button, record) => record && trying(button, async () => {
  await keep(button, "report", record);
  button.disabled = true;
  say(button, words().reported);
});

export const withdraw = (button) => trying(button, async () => {
  const turn = button.closest(".turn");
  await forget(turn);
  press(turn, "");
  turn.querySelector("form.feedback").hidden = true;
  for (const reported of turn.querySelectorAll("[data-action=report]")) reported.disabled = false;
  say(button, words().withdrawn);
});

export const explain = (form) => trying(form, async () => {
  const turn = form.closest(".turn");
  const told = new FormData(form);
  await send("PATCH", `${ADDRESS}/${turn.dataset.kept}`, { reason: told.get("reason"), comment: told.get("comment") ?? "" });
  form.hidden = true;
  turn.querySelector("[data-action=bad]").focus();
  say(form, words().thanks);
});
