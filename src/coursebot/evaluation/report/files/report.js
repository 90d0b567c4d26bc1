"use strict";
// A run's report: filters and sorts its questions, opens one, tries a threshold, changes language.
// Everything that a person wrote is set as text, never as markup.
(() => {
  const PAGE = 100;
  const PLOT = { left: 76, bottom: 316, width: 560, height: 300 }; // charts.html, "curve"
  const held = document.getElementById("cbr-data");
  const given = held ? JSON.parse(held.textContent) : { legs: [], passages: [], rows: [] };
  const state = { text: "", language: "", kind: "", tag: "", outcome: "", reason: "", sort: "failed" };
  const open = new Set();
  let most = PAGE;
  let words = {};

  given.rows.forEach((row, place) => {
    row.place = place;
    row.outcome = row.verdict ? row.verdict.outcome : "stale";
    row.reason = (row.verdict && row.verdict.reason) || "";
    row.failed = row.verdict ? (row.verdict.passed ? 2 : 0) : 1;
    row.sure = row.given ? row.given.confidence : -1;
    row.ms = (row.timings_ms || {}).total || 0;
    row.words = [row.id, row.question, ...(row.answers || []).map((one) => one.text),
      row.given ? row.given.text : "", row.note || ""].join("\n").normalize("NFKC").toLowerCase();
  });

  const ORDERS = {
    failed: (a, b) => a.failed - b.failed || a.place - b.place,
    golden: (a, b) => a.place - b.place,
    unsure: (a, b) => a.sure - b.sure || a.place - b.place,
    sure: (a, b) => b.sure - a.sure || a.place - b.place,
    slow: (a, b) => b.ms - a.ms || a.place - b.place,
  };

  const say = (key, values = {}) =>
    (words[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  const named = (prefix, name) => words[`${prefix}.${name}`] ?? name;
  const percent = (value, digits = 1) =>
    value === null || Number.isNaN(value) ? "–" : `${(100 * value).toFixed(digits)}\u00a0%`;
  const whole = (value) => value.toLocaleString("en");
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // element("p", {class: "x"}, "text", child, …); null and "" are left out.
  function element(name, attributes, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) {
      if (value !== null && value !== undefined) made.setAttribute(key, value);
    }
    made.append(...children.flat().filter((child) => child !== null && child !== ""));
    return made;
  }
  const said = (text, lang) => element("bdi", { lang }, text);
  const chip = (tone, text) => element("span", { class: `cbr-chip cbr-tone-${tone}` }, text);
  const cell = (text) => element("td", { class: "cbr-number" }, text);
  const head = (text, kind = "") => element("th", { scope: "col", class: kind || null }, text);

  // The list.
  function wanted() {
    const text = state.text.normalize("NFKC").toLowerCase().trim();
    return given.rows
      .filter((row) => (!text || row.words.includes(text))
        && (!state.language || row.lang === state.language)
        && (!state.kind || row.kind === state.kind)
        && (!state.tag || (row.tags || []).includes(state.tag))
        && (!state.outcome || row.outcome === state.outcome)
        && (!state.reason || row.reason === state.reason))
      .sort(ORDERS[state.sort] || ORDERS.failed);
  }

  function line(row) {
    const id = `cbr-row-${row.place}`;
    const button = element("button", {
      type: "button", class: "cbr-open", "aria-expanded": String(open.has(row.place)),
    }, said(row.question, row.lang));
    const made = element("tr", { id },
      element("td", {}, chip(row.outcome, say(`outcome.${row.outcome}`))),
      element("th", { scope: "row" }, button, element("span", { class: "cbr-id" }, row.id)),
      element("td", { class: "cbr-lesser" }, named("kind", row.kind)),
      element("td", { class: "cbr-lesser" }, said((row.tags || []).join(", "))),
      cell(row.given ? percent(row.given.confidence, 0) : "–"),
      element("td", {}, row.reason ? say(`reason.${row.reason}`) : ""));
    button.addEventListener("click", () => toggle(row, made, button));
    return open.has(row.place) ? [made, detailLine(row)] : [made];
  }

  function toggle(row, made, button) {
    const opened = !open.has(row.place);
    if (opened) {
      open.add(row.place);
      made.after(detailLine(row));
    } else {
      open.delete(row.place);
      made.nextElementSibling.remove();
    }
    button.setAttribute("aria-expanded", String(opened));
  }

  // As wide as the columns that are seen: one more would take room from them.
  const columns = () =>
    all("[data-cbr-list] > thead th").filter((one) => one.offsetParent !== null).length;
  const detailLine = (row) =>
    element("tr", { class: "cbr-detail" }, element("td", { colspan: String(columns()) }, detail(row)));

  function list() {
    const table = document.querySelector("[data-cbr-list]");
    if (!table || !held) return;
    const rows = wanted();
    table.tBodies[0].replaceChildren(...rows.slice(0, most).flatMap(line));
    table.hidden = !rows.length;
    const counted = document.querySelector("[data-cbr-count]");
    counted.hidden = false;
    counted.textContent = rows.length
      ? say("shown", { shown: whole(Math.min(most, rows.length)), all: whole(rows.length) })
      : say("none_shown");
    const more = document.querySelector("[data-cbr-more]");
    more.hidden = rows.length <= most;
    more.textContent = say("more", { n: whole(Math.min(PAGE, rows.length - most)) });
  }

  // One question: what was expected, what was given, and where it came from.
  function detail(row) {
    return element("div", { class: "cbr-sheet" },
      history(row),
      element("div", { class: "cbr-pair" },
        element("section", {}, element("h3", {}, say("expected")), expected(row)),
        element("section", {}, element("h3", {}, say("actual")), actual(row))),
      element("h3", {}, say("passages")), passages(row),
      element("div", { class: "cbr-pair" },
        element("section", {}, element("h3", {}, say("metrics")), values(row)),
        element("section", {}, element("h3", {}, say("timings")), timings(row))),
      row.note ? element("p", { class: "cbr-note" }, `${say("note")}: `, said(row.note)) : null);
  }

  function history(row) {
    if (!row.history || !row.history.length) return null;
    return element("div", {}, element("h3", {}, say("history")),
      element("ol", { class: "cbr-history" }, row.history.map((one) => element("li", {}, said(one)))));
  }

  const plain = (text) => text.normalize("NFKC").toLowerCase().replace(/\s+/g, "");

  function expected(row) {
    const text = row.given ? plain(`${row.given.text}\n${row.given.short || ""}\n${row.given.conversion || ""}`) : "";
    const parts = (row.answers || []).map((one) => {
      const there = [one.text, ...(one.aliases || [])].some((way) => text.includes(plain(way)));
      // Values are compared by the scorer; here only the text can be seen to stand there or not.
      const single = (row.answers || []).length === 1 && row.verdict ? row.verdict.values || {} : {};
      const found = there || single.contains === 1 || single.typed === 1;
      const free = (one.kind || "span") === "freeform";
      return element("li", {},
        free ? null : element("span", { class: `cbr-chip cbr-tone-${found ? "right" : "wrong"}` },
          say(found ? "found" : "missed")), " ",
        said(one.text),
        (one.aliases || []).length ? element("span", { class: "cbr-soft" }, ` ${say("or")} `,
          said(one.aliases.join(" / "))) : null,
        one.required === false ? element("span", { class: "cbr-soft" }, ` (${say("optional")})`) : null);
    });
    const sources = (row.sources || []).map((one, place) => element("li", {},
      element("span", { class: "cbr-soft" }, said([one.path, ...(one.heading_path || [])].join(" › "))),
      one.quote ? element("blockquote", { class: "cbr-gold" }, said(one.quote)) : null,
      (row.stale || []).includes(place) ? element("p", { class: "cbr-notice" }, say("stale_source")) : null));
    return element("div", {},
      row.unanswerable ? element("p", {}, say("expected_nothing")) : null,
      !row.unanswerable && !parts.length ? element("p", {}, say("expected_source")) : null,
      parts.length ? element("ul", { class: "cbr-parts" }, parts) : null,
      (row.must_not || []).length ? element("p", {}, `${say("must_not")}: `, said(row.must_not.join(" / "))) : null,
      sources.length ? element("h4", {}, say("sources")) : null,
      sources.length ? element("ul", { class: "cbr-parts" }, sources) : null);
  }

  function actual(row) {
    const one = row.given;
    if (!one) return element("p", { class: "cbr-notice" }, `${say("error_said")}: `, said(row.error || "–"));
    const quotes = (one.citations || []).map((cited) => element("li", {},
      element("span", { class: "cbr-soft" }, `[${cited.number}] `,
        said([cited.path, ...(cited.heading_path || [])].join(" › ")), ` · ${lines(cited.lines)} `),
      cited.gold ? chip("right", say("gold")) : null,
      cited.verbatim === false ? chip("wrong", say("not_verbatim")) : null,
      element("blockquote", { class: cited.gold ? "cbr-gold" : "cbr-quote" }, said(cited.quote))));
    return element("div", {},
      element("p", {}, chip(row.outcome, say(`state.${one.state}`)), ` ${say("confidence")} ${percent(one.confidence)}`),
      one.short ? element("p", { class: "cbr-short" }, said(one.short),
        one.conversion ? element("span", { class: "cbr-soft" }, ` (${one.conversion})`) : null) : null,
      element("p", { class: "cbr-answer" }, said(one.text)),
      one.generated ? element("div", {}, element("h4", {}, say("generated")), element("p", { class: "cbr-answer" }, said(one.generated))) : null,
      one.notice ? element("p", { class: "cbr-notice" }, said(one.notice)) : null,
      element("h4", {}, say("quotes")),
      quotes.length ? element("ul", { class: "cbr-parts" }, quotes) : element("p", { class: "cbr-soft" }, say("no_quotes")));
  }

  const lines = ([first, last]) => (first === last ? say("line", { first }) : say("lines", { first, last }));

  function passages(row) {
    if (!row.passages.length) return element("p", { class: "cbr-soft" }, say("no_passages"));
    const found = row.passages.map(([number, score, gold, near, legs], place) => {
      const one = given.passages[number];
      return element("tr", { class: gold ? "cbr-is-gold" : null },
        cell(String(place + 1)),
        element("td", { class: "cbr-passage" },
          element("details", {},
            element("summary", {}, said(one.text.replace(/\s+/g, " ").slice(0, 110))),
            element("p", { class: "cbr-answer" }, said(one.text))),
          element("span", { class: "cbr-soft" }, said(one.path), ` · ${lines(one.lines)} `),
          gold ? chip("right", say("gold")) : near ? chip("abstained", say("gold_section")) : null),
        cell(score.toFixed(3)),
        legs.map((leg) => (leg && leg[0]
          ? element("td", { class: "cbr-number" }, `${leg[0]}`, element("small", {}, leg[1].toFixed(3)))
          : cell("–"))));
    });
    return element("div", { class: "cbr-scroll", tabindex: "0", role: "region", "aria-label": say("passages") },
      element("table", { class: "cbr-table cbr-ranking" },
        element("thead", {}, element("tr", {}, head(say("rank"), "cbr-number"), head(say("passage")),
          head(say("fused"), "cbr-number"),
          given.legs.map((leg) => head(named("stage", leg), "cbr-number")))),
        element("tbody", {}, found)));
  }

  const pairs = (entries) => element("dl", { class: "cbr-pairs" }, entries.map(([name, value]) =>
    element("div", {}, element("dt", {}, name), element("dd", {}, value))));
  const values = (row) => pairs(Object.entries((row.verdict || {}).values || {}).map(([name, value]) =>
    [words[`metric.${name}`] ?? name, String(Math.round(1000 * value) / 1000)]));
  const timings = (row) => pairs(Object.entries(row.timings_ms || {}).map(([name, value]) =>
    [named("stage", name), say("ms", { value: value.toFixed(1) })]));

  // What another threshold would bring; thresholds.py, "at", is the same.
  const judged = given.rows.filter((row) => row.verdict && row.given).map((row) => ({
    value: row.given.confidence,
    right: Boolean((row.verdict.values || {}).right),
    answerable: !row.unanswerable,
  }));

  function at(threshold) {
    const answered = judged.filter((one) => one.value >= threshold);
    const back = judged.filter((one) => one.value < threshold);
    const caught = back.filter((one) => !one.answerable).length;
    const share = (some, of) => (of ? some / of : null);
    return {
      coverage: share(answered.length, judged.length) ?? 0,
      risk: share(answered.filter((one) => !one.right).length, answered.length),
      precision: share(caught, back.length),
      recall: share(caught, judged.filter((one) => !one.answerable).length),
    };
  }

  function tryThreshold(slider) {
    const threshold = Number(slider.value);
    const found = at(threshold);
    for (const place of all("[data-cbr-at]")) {
      const name = place.dataset.cbrAt;
      place.textContent = name === "threshold" ? threshold.toFixed(2) : percent(found[name]);
    }
    const mark = document.querySelector(".cbr-tried");
    if (!mark) return;
    const x = PLOT.left + PLOT.width * found.coverage;
    const y = PLOT.bottom - PLOT.height * (found.risk ?? 0);
    mark.removeAttribute("hidden");
    mark.querySelector("path").setAttribute("d", `M${x} ${PLOT.bottom}V${y}`);
    mark.querySelector("circle").setAttribute("cx", x);
    mark.querySelector("circle").setAttribute("cy", y);
  }

  function filter(name, value) {
    state[name] = value;
    most = PAGE;
    list();
  }

  // Both languages are in the file: the one that is not shown waits in a template.
  function change() {
    const shown = document.querySelector("[data-cbr-shown]");
    const other = document.querySelector("[data-cbr-other]");
    const kept = document.createDocumentFragment();
    kept.append(...shown.childNodes);
    shown.append(other.content.cloneNode(true));
    other.content.replaceChildren(kept);
    document.documentElement.lang = shown.querySelector("[lang]").lang;
    start();
    const again = document.querySelector("[data-cbr-switch]");
    if (again) again.focus();
  }

  function start() {
    const said = document.querySelector("[data-cbr-words]");
    words = said ? JSON.parse(said.textContent) : {};
    for (const button of all("[data-cbr-switch]")) {
      button.hidden = !document.querySelector("[data-cbr-other]");
      button.onclick = change;
    }
    for (const form of all("[data-cbr-filters]")) {
      form.hidden = !held;
      form.onsubmit = (event) => event.preventDefault();
      form.oninput = (event) => filter(event.target.dataset.cbrFilter, event.target.value);
      form.onreset = () => {
        Object.assign(state, { text: "", language: "", kind: "", tag: "", outcome: "", reason: "", sort: "failed" });
        filter("text", "");
      };
      for (const field of all("[data-cbr-filter]", form)) field.value = state[field.dataset.cbrFilter];
    }
    for (const link of all("a[data-cbr-filter]")) {
      link.onclick = () => {
        const { cbrFilter: name, cbrValue: value } = link.dataset;
        for (const field of all(`select[data-cbr-filter="${name}"]`)) field.value = value;
        filter(name, value);
      };
    }
    for (const note of all("[data-cbr-plain]")) note.hidden = Boolean(held);
    for (const more of all("[data-cbr-more]")) {
      more.onclick = () => {
        most += PAGE;
        list();
      };
    }
    for (const area of all("[data-cbr-try]")) {
      area.hidden = !held;
      const slider = area.querySelector("input");
      slider.oninput = () => tryThreshold(slider);
      if (held) tryThreshold(slider);
    }
    list();
  }

  start();
  window.matchMedia("(max-width: 46rem)").addEventListener("change", list);
})();
