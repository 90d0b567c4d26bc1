"use strict";
// The bench: what a slider changes is fetched from the address that the form would send, and that
// address is kept, so that it can be sent as a link. Without this script it is a form.
(() => {
  const PAUSE = 120; // milliseconds that a slider must rest
  const NARROW = "(max-width: 640px)";

  const form = document.querySelector("form.bench");
  const results = document.getElementById("results");
  const status = form.querySelector("[data-status]");
  const question = form.elements.namedItem("q");
  const item = form.elements.namedItem("item");
  const knobs = [...form.querySelectorAll("input[type=range]")];
  const asFitted = (knob) => knob.value === knob.dataset.fitted;
  let waiting = 0;
  let latest = 0; // number of the newest question: an answer to an older one comes too late
  let going = null;

  document.body.classList.add("bench-scripted");

  function label(knob) {
    knob.parentElement.querySelector("output").value = knob.value;
    knob.parentElement.classList.toggle("moved", !asFitted(knob));
  }

  // What is as fitted need not be said.
  form.addEventListener("formdata", ({ formData }) => {
    for (const knob of knobs) if (asFitted(knob)) formData.delete(knob.name);
    if (item && !item.value) formData.delete("item");
  });

  function say() {
    const said = results.querySelector("[data-said]");
    status.textContent = said ? said.textContent.replace(/\s+/g, " ").trim() : "";
  }

  async function refresh() {
    clearTimeout(waiting);
    const number = ++latest;
    going?.abort();
    going = new AbortController();
    const query = new URLSearchParams(new FormData(form));
    history.replaceState(null, "", `${form.getAttribute("action")}?${query}`);
    query.set("part", "results");
    results.setAttribute("aria-busy", "true");
    try {
      const response = await fetch(`${form.getAttribute("action")}?${query}`, { signal: going.signal });
      if (response.status === 401) return location.reload();
      const kind = response.headers.get("Content-Type") || "";
      if (!kind.startsWith("text/html") || response.status >= 500) throw new Error(response.status);
      const html = await response.text();
      if (number !== latest) return;
      const open = new Set([...results.querySelectorAll("tr:has(details[open])")].map((row) => row.dataset.passage));
      results.innerHTML = html;
      for (const row of results.querySelectorAll("tr[data-passage]")) {
        if (open.has(row.dataset.passage)) row.querySelector("details").open = true;
      }
      say();
    } catch (error) {
      if (error.name === "AbortError" || number !== latest) return;
      const told = document.createElement("p");
      told.className = "notice bad";
      told.textContent = form.dataset.failed;
      results.prepend(told);
      status.textContent = form.dataset.failed;
      document.body.classList.remove("bench-scripted"); // the buttons are a way on
    }
    if (number === latest) results.removeAttribute("aria-busy");
  }

  function later() {
    clearTimeout(waiting);
    waiting = setTimeout(refresh, PAUSE);
  }

  for (const knob of knobs) {
    knob.addEventListener("input", () => { label(knob); later(); });
    label(knob);
  }
  item?.addEventListener("change", () => {
    const chosen = item.selectedOptions[0].dataset.question;
    if (chosen) question.value = chosen;
    later();
  });
  form.querySelector("[data-reset]").addEventListener("click", (event) => {
    event.preventDefault();
    for (const knob of knobs) { knob.value = knob.dataset.fitted; label(knob); }
    refresh();
  });
  // A page from the back button keeps what was typed, but not the results.
  window.addEventListener("pageshow", (event) => { if (event.persisted) refresh(); });
  if (matchMedia(NARROW).matches && knobs.every(asFitted)) form.querySelector("details.bench-knobs").open = false;
})();
