"use strict";
// Runs: jobs are looked at again and again, a filter is applied when it is chosen, a threshold is
// tried as the slider moves. Without this script each of them is a form or a link.
(() => {
  const EVERY = 700; // milliseconds between two looks while something goes on
  const IDLE = 5000; // and when nothing does: another instructor may begin one
  const SAID_EVERY = 15000; // how often a screen reader hears how far a run is
  const PLOT = { left: 76, bottom: 316, width: 560, height: 300 }; // charts.html, "curve"

  // Jobs.
  const area = document.querySelector("[data-jobs]");
  const heard = new Map();

  function said(item) {
    const name = item.querySelector("h3").textContent;
    const phase = item.querySelector("[data-live=phase]").textContent;
    const done = item.querySelector("[data-live=done]");
    return `${name}: ${phase}${done ? `, ${done.textContent}` : ""}`;
  }

  function announce(item) {
    const { job, phase } = item.dataset;
    const before = heard.get(job);
    const now = Date.now();
    if (before && before.phase === phase && (phase !== "running" || now - before.at < SAID_EVERY)) return;
    heard.set(job, { phase, at: now });
    if (before) area.querySelector("[data-heard]").textContent = said(item);
  }

  // Of a job in the same phase only figures are changed, so that the button keeps its focus.
  function merge(old, fresh) {
    const same = old.dataset.phase === fresh.dataset.phase
      && old.querySelectorAll("[data-live]").length === fresh.querySelectorAll("[data-live]").length;
    if (!same) {
      const focused = old.contains(document.activeElement);
      old.replaceWith(fresh);
      if (focused) (fresh.querySelector("button, a") || fresh).focus();
      return fresh;
    }
    for (const part of fresh.querySelectorAll("[data-live]")) {
      const place = old.querySelector(`[data-live="${part.dataset.live}"]`);
      if (part.tagName === "PROGRESS") {
        place.value = part.value;
        place.setAttribute("aria-label", part.getAttribute("aria-label"));
      } else if (place.textContent !== part.textContent) {
        place.textContent = part.textContent;
      }
    }
    return old;
  }

  // Jobs that were over at the last look: the list below changes with them.
  const overAmong = (items) =>
    items.filter((item) => !("going" in item.dataset)).map((item) => item.dataset.job).join();
  let ended = area ? overAmong([...area.querySelectorAll("[data-job]")]) : "";

  function show(html) {
    const list = area.querySelector(".jobs");
    const held = document.createElement("template");
    held.innerHTML = html;
    const fresh = [...held.content.querySelectorAll("[data-job]")];
    const known = new Map([...list.children].map((item) => [item.dataset.job, item]));
    for (const item of fresh) {
      const old = known.get(item.dataset.job);
      known.delete(item.dataset.job);
      if (old) announce(merge(old, item));
      else {
        list.append(item);
        announce(item);
      }
    }
    for (const gone of known.values()) gone.remove();
    area.hidden = !fresh.length;
    const over = overAmong(fresh);
    if (over !== ended) refreshList();
    ended = over;
    return fresh.some((item) => "going" in item.dataset);
  }

  async function refreshList() {
    const place = document.querySelector("[data-entries]");
    if (!place || place.contains(document.activeElement) || place.querySelector(":checked")) return;
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[data-entries]");
    if (fresh) place.replaceWith(fresh);
  }

  async function look() {
    let going = false;
    try {
      const answer = await fetch(area.dataset.jobs, { cache: "no-store" });
      if (answer.redirected || answer.status === 401 || answer.status === 403) return location.reload();
      if (!answer.ok) throw new Error(String(answer.status));
      going = show(await answer.text());
      area.querySelector("[data-lost]").hidden = true;
    } catch {
      area.hidden = false;
      area.querySelector("[data-lost]").hidden = false;
    }
    setTimeout(later, going ? EVERY : IDLE);
  }

  // A tab that nobody sees asks for nothing.
  function later() {
    if (!document.hidden) look();
    else document.addEventListener("visibilitychange", later, { once: true });
  }
  if (area) look();

  // Filters.
  for (const form of document.querySelectorAll("[data-filters]")) {
    form.addEventListener("change", (event) => {
      if (event.target.tagName === "SELECT") form.requestSubmit();
    });
    form.addEventListener("formdata", (event) => {
      for (const [name, value] of [...event.formData]) {
        if (!value || (name === "sort" && value === "failed")) event.formData.delete(name);
      }
    });
  }

  // At most two runs can be compared.
  document.addEventListener("change", (event) => {
    if (!event.target.matches('input[name="run"]')) return;
    const boxes = [...document.querySelectorAll('input[name="run"]')];
    const full = boxes.filter((box) => box.checked).length >= 2;
    for (const box of boxes) box.disabled = full && !box.checked;
  });

  // A threshold.
  for (const form of document.querySelectorAll("[data-try]")) {
    const slider = form.querySelector("input");
    const shown = form.querySelector("[data-tried]");
    let waiting = 0;
    let asked = 0;
    form.querySelector("[data-plain]").hidden = true;
    form.addEventListener("submit", (event) => event.preventDefault());
    slider.addEventListener("input", () => {
      form.querySelector("[data-at]").textContent = Number(slider.value).toFixed(2);
      clearTimeout(waiting);
      waiting = setTimeout(attempt, 60);
    });

    async function attempt() {
      const number = ++asked;
      const answer = await fetch(`${form.dataset.try}?threshold=${slider.value}`);
      const html = await answer.text();
      if (number !== asked || !answer.ok) return;
      shown.innerHTML = html; // made by the server, every text in it escaped
      mark();
    }

    function mark() {
      const found = shown.querySelector("[data-threshold]");
      const drawn = document.querySelector(".cbr-tried");
      if (!found || !drawn) return;
      const x = PLOT.left + PLOT.width * Number(found.dataset.coverage);
      const y = PLOT.bottom - PLOT.height * Number(found.dataset.risk || 0);
      drawn.removeAttribute("hidden");
      drawn.querySelector("path").setAttribute("d", `M${x} ${PLOT.bottom}V${y}`);
      drawn.querySelector("circle").setAttribute("cx", x);
      drawn.querySelector("circle").setAttribute("cy", y);
    }
    mark();
  }
})();
