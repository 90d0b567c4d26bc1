// Answers ▶ clipboard, links and files.
import { announce, words } from "./words.js";

const absolute = (address) => new URL(address, location.origin).href;

function sources(record) {
  const lines = record.citations.map((c) => `[${c.number}] ${c.heading_path.join(" › ") || c.path} ${absolute(c.url)}`);
  return lines.length ? `\n\n${words().sources}:\n${lines.join("\n")}` : "";
}

const written = {
  text: (record) => record.text + sources(record),
  // The reader's own addresses mean nothing outside of this site.
  markdown: (record) => record.markdown.replaceAll("](/", `](${location.origin}/`),
};

export function say(button, text) {
  const place = button.closest(".turn, dialog")?.querySelector(".said-back");
  if (place) place.textContent = text;
  else announce(text);
}

async function put(button, text) {
  try {
    await navigator.clipboard.writeText(text);
    say(button, words().copied);
  } catch {
    // Not served over HTTPS, or in a frame that may not: the old way, or by hand.
    const done = putBySelection(text);
    button.focus();
    say(button, done ? words().copied : `${words().not_copied} ${/^https?:\S+$/.test(text) ? text : ""}`);
  }
}

function putBySelection(text) {
  const field = Object.assign(document.createElement("textarea"), { value: text, className: "unseen" });
  (document.querySelector("dialog[open]") ?? document.getElementById("chat")).append(field);
  field.select();
  try {
    return document.execCommand("copy");
  } catch {
    return false;
  } finally {
    field.remove();
  }
}

export const copy = (button, record, form) => record && put(button, written[form](record));

export function linkTo(record) {
  const query = new URLSearchParams([...record.after, record.question].map((q) => ["q", q]));
  if (record.course) query.set("course", record.course);
  return `${location.origin}/?${query}`;
}

export const copyLink = (button, record) => record && put(button, linkTo(record));

export const copyEmbed = (button) => put(button, document.querySelector("#embed-dialog .iframe").textContent);

export function exportConversation(turns) {
  const text = turns.map((r) => `## ${r.question}\n\n${written.markdown(r)}\n`).join("\n");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([`# ${document.title}\n\n${text}`], { type: "text/markdown" }));
  link.download = `coursebot-${new Date().toISOString().slice(0, 10)}.md`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
