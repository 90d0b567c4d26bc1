// What the browser's tab knows and the server does not keep: language, consent, conversation.
// Runs before Gradio does, so that Gradio's own labels follow the language chosen here.
(() => {
  const KEPT = "coursebot.conversation", LANGUAGE = "coursebot.language", OBJECTS = "coursebot.objects", DRAFT = "coursebot.draft";
  const COURSE = "coursebot.course", RATINGS = "coursebot.ratings", ASKED = "coursebot.asked", WHO = "coursebot.who";

  const LAST = 2000;  // ms after which nothing comes any more of a question that was stopped

  // A frame, or a browser's settings, may bar a page from both stores; then nothing outlives the page.
  const stored = (store, key) => { try { return window[store].getItem(key); } catch { return null; } };
  const keep = (store, key, value) => { try { window[store].setItem(key, value); } catch { /* see above */ } };

  const asked = new URLSearchParams(location.search).get("lang");
  const chosen = ["en", "ja"].includes(asked) ? asked : stored("localStorage", LANGUAGE);
  const lang = chosen ?? (navigator.language.toLowerCase().startsWith("ja") ? "ja" : "en");
  Object.defineProperty(navigator, "language", { get: () => lang, configurable: true });
  Object.defineProperty(navigator, "languages", { get: () => [lang], configurable: true });
  document.documentElement.lang = lang;
  if (/\/embed\/?$/.test(location.pathname)) document.documentElement.classList.add("embedded");

  let open;
  const opened = new Promise((resolve) => { open = resolve; });
  // Settled when nothing more comes of what was asked last.
  let end = () => {}, ended = opened;
  // Settled when the conversation that is being cleared is, and unset while none is.
  let emptied = null, free = () => {}, stopped = false;

  let kept = stored("sessionStorage", KEPT) ?? "[]";

  window.coursebot = {
    lang,

    // The turns of this tab, oldest first: what the server called an answer record.
    get turns() { try { return JSON.parse(kept); } catch { return []; } },

    // `opening`: the address's questions are asked; `save` takes them off when they are answered.
    visit(opening = false) {
      const search = opening ? location.search : "";
      // Whoever signs in next in this tab is not shown what was answered before.
      if (!opening) keep("sessionStorage", WHO, document.querySelector("#visitor .visitor")?.dataset.name ?? "");
      const who = stored("sessionStorage", WHO) ?? "";
      return JSON.stringify({ lang, keep: this.mayKeep, search, course: this.course, who, turns: this.turns });
    },

    // Nothing is asked before the page has been opened: its first event would undo the answer.
    opened,

    save(turns) {
      open();
      end();
      this.asked = "";
      if (!this.wasOpened) document.dispatchEvent(new CustomEvent("coursebot:opened"));
      this.wasOpened = true;
      const left = new URLSearchParams(location.search);
      if (left.has("q")) {
        left.delete("q");
        history.replaceState(null, "", `${location.pathname}${left.size ? `?${left}` : ""}`);
      }
      if (!turns) return;
      kept = turns;
      keep("sessionStorage", KEPT, turns);
    },

    // By a turn's id: how it was rated, and under which id that is kept.
    get ratings() { try { return JSON.parse(stored("sessionStorage", RATINGS) ?? "{}"); } catch { return {}; } },
    set ratings(ratings) { keep("sessionStorage", RATINGS, JSON.stringify(ratings)); },

    record(id) { return this.turns.find((turn) => turn.id === id); },

    // What is being typed: the page is loaded again when the language changes or the server restarts.
    get draft() { return stored("sessionStorage", DRAFT) ?? ""; },
    set draft(text) { keep("sessionStorage", DRAFT, text); },

    // What was sent and is not answered yet.
    get asked() { return stored("sessionStorage", ASKED) ?? ""; },
    set asked(text) { keep("sessionStorage", ASKED, text); },

    // Opens the page anew and asks there: after the server was away, Gradio's client waits in vain.
    reopen(question) {
      this.draft = "";
      const query = new URLSearchParams([["q", question]]);
      if (this.course) query.set("course", this.course);
      location.assign(`${location.pathname}?${query}`);
    },

    get objects() { return stored("localStorage", OBJECTS) === "yes"; },
    set objects(objects) { keep("localStorage", OBJECTS, objects ? "yes" : "no"); },
    get mayKeep() { return !this.objects && navigator.globalPrivacyControl !== true; },

    speak(other) {
      keep("localStorage", LANGUAGE, other);
      const left = new URLSearchParams(location.search);
      left.delete("lang");
      const target = `${location.pathname}${left.size ? `?${left}` : ""}`;
      if (target === location.pathname + location.search) location.reload();
      else location.assign(target);
    },

    // The course that is chosen; empty for all.
    course: new URLSearchParams(location.search).get("course") ?? stored("sessionStorage", COURSE) ?? "",

    turnTo(course) {
      this.course = course ?? "";
      keep("sessionStorage", COURSE, this.course);
      document.dispatchEvent(new CustomEvent("coursebot:course"));
    },

    // An answer under way is stopped, but what of it is on its way already would stand after the
    // empty conversation: that is fetched when the last of it is there.
    async clear() {
      emptied = new Promise((resolve) => { free = resolve; });
      stopped = false;
      document.documentElement.classList.add("clearing");
      await ended;
      return this.visit();
    },

    // A question that is asked meanwhile must not go on from what is about to be cleared.
    get emptied() { return emptied; },

    // Without turns: the server did not do it, and what was being answered is lost.
    cleared(turns) {
      emptied = null;
      free();
      document.documentElement.classList.remove("clearing");
      if (turns) this.save(turns);
      else document.dispatchEvent(new CustomEvent("coursebot:lost"));
    },

    // Told before the server hears of it: what was asked is shown at once.
    sent(question) {
      ended = new Promise((resolve) => { end = resolve; });
      if (question?.trim()) document.dispatchEvent(new CustomEvent("coursebot:sent", { detail: question }));
    },

    // Gradio tells of a question that is stopped as of one that failed, and does so twice: when the
    // last of it has come, and when the server has said that it stops. Which is first is chance.
    lost() {
      if (!emptied) this.away();
      else if (stopped) end();
      else {
        stopped = true;
        setTimeout(end, LAST);
      }
    },

    // Nothing that is under way will come.
    away() {
      end();
      this.cleared();
    },
  };

  // Of a connection that breaks without a farewell Gradio tells no event: it asks every two seconds
  // whether the server is back. As long as that fails, what was being answered is lost.
  const reach = window.fetch;
  window.fetch = async (...given) => {
    const asksForServer = String(given[0]?.url ?? given[0]).endsWith("/app_id");
    try {
      const answer = await reach(...given);
      if (asksForServer && !answer.ok) window.coursebot.away();  // a proxy says so in its place
      return answer;
    } catch (problem) {
      if (asksForServer) window.coursebot.away();
      throw problem;
    }
  };
})();
