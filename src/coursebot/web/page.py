"""Assistant ▶ the Gradio page: conversation on one side, the course on the other."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qs

import gradio as gr
from pydantic import (
    BaseModel,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    field_validator,
)

from coursebot import suggestions
from coursebot.assistant import Assistant
from coursebot.conversation import thread
from coursebot.errors import CoursebotError
from coursebot.feedback import Store
from coursebot.types import Answer, Language, State
from coursebot.web import chrome, tools, turns, unanswered
from coursebot.web.text import TEXTS, i18n
from coursebot.web.wire import AnswerRecord, answer_record

FILES = Path(__file__).with_name("page_files")
PATHS = ("/", "/embed")
HEAD = (
    '<link rel="stylesheet" href="/reader.css"><link rel="stylesheet" href="/page/page.css">'
    '<script src="/page/visit.js"></script>'
    '<script type="module" src="/page/page.js"></script>'
)
CONCURRENT = 8
"""Questions answered at one time; more wait in the queue."""
REMEMBERED = 30
"""Turns that a conversation holds."""
LONGEST = 2_000_000
"""Characters that a tab may send along."""
SHARED = 5
"""Questions that a shared link may ask."""
LOGGED = logging.getLogger(__name__)

Update = tuple[Any, ...]


class Visit(BaseModel):
    """What a browser's tab sends along: its language, its consent and its conversation."""

    lang: Language = Language.EN
    keep: bool = False
    search: Annotated[str, Field(max_length=20_000)] = ""
    """The page's query string, once, when it is opened."""
    turns: tuple[AnswerRecord, ...] = ()

    @field_validator("turns", mode="wrap")
    @classmethod
    def _of_this_version(
        cls, given: object, read: ValidatorFunctionWrapHandler
    ) -> tuple[AnswerRecord, ...]:
        """Begin anew after a conversation that another version of coursebot kept."""
        try:
            kept: tuple[AnswerRecord, ...] = read(given)
        except ValidationError:
            return ()
        return kept


def theme() -> gr.themes.Base:
    """Return the page's theme; its fonts are the system's own, none is fetched."""
    sans = ["system-ui", "Hiragino Sans", "Yu Gothic UI", "Noto Sans CJK JP", "sans-serif"]
    mono = ["ui-monospace", "Consolas", "Noto Sans Mono CJK JP", "monospace"]
    return gr.themes.Soft(
        primary_hue="blue",
        font=[gr.themes.Font(name) for name in sans],
        font_mono=[gr.themes.Font(name) for name in mono],
    )


def build(assistant: Assistant, store: Store) -> gr.Blocks:
    """Return the page at ``/`` and, without what stands around it, at ``/embed``."""
    courses = list(assistant.courses.values())
    title = courses[0].title if len(courses) == 1 else "coursebot"
    desk = Desk(assistant, store)
    with gr.Blocks(title=title, analytics_enabled=False, fill_height=True) as page:
        gr.Navbar(visible=False)
        _compose(desk, title)
        tools.register(assistant)
    with page.route("embed", "/embed", show_in_navbar=False):
        _compose(desk, title)
    return page


def _compose(desk: Desk, title: str) -> None:
    courses = list(desk.assistant.courses.values())
    # What the browser knows and the server does not keep; visit.js writes it into each event.
    visit = gr.Textbox(visible=False)
    kept = gr.Textbox(visible=False)
    with gr.Row(elem_id="bar"):
        gr.HTML(f"<h1>{escape(title)}</h1>", elem_id="title", apply_default_css=False, scale=1)
        course = gr.Dropdown(
            choices=[(i18n("all_courses"), ""), *((c.title, c.name) for c in courses)],
            value="",
            label=i18n("course"),
            show_label=False,
            container=False,
            visible=len(courses) > 1,
            elem_id="course",
            scale=0,
            min_width=220,
        )
        gr.Button(i18n("open_reader"), size="sm", elem_id="open-reader", scale=0, min_width=80)
        gr.Button(i18n("other_language"), size="sm", elem_id="language", scale=0, min_width=80)
    with gr.Row(elem_id="panes"):
        with gr.Column(elem_id="chat"):
            with gr.Column(elem_id="conversation"):
                past = gr.HTML(elem_id="past", apply_default_css=False)
                current = gr.HTML(elem_id="current", apply_default_css=False)
            with gr.Row(elem_id="form"):
                question = gr.Textbox(
                    label=i18n("question"),
                    show_label=False,
                    container=False,
                    placeholder=i18n("placeholder"),
                    autofocus=True,
                    scale=8,
                    min_width=160,
                    lines=1,
                    max_lines=5,
                    max_length=desk.assistant.settings.question_characters,
                    elem_id="question",
                )
                send = gr.Button(
                    i18n("ask"), variant="primary", scale=0, min_width=90, elem_id="ask"
                )
            with gr.Row(elem_id="foot"):
                clear = gr.Button(i18n("clear"), size="sm", elem_id="clear", scale=0)
                for name in ("export", "print", "embed", "help", "privacy"):
                    gr.Button(i18n(name), size="sm", elem_id=name, scale=0, min_width=40)
        reader = gr.HTML(elem_id="reader", apply_default_css=False)
    around = gr.HTML(elem_id="around", apply_default_css=False)

    context = gr.context.Context.root_block
    assert context is not None
    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    shown = [past, current, kept]
    save = {"fn": None, "inputs": [kept], "js": "kept => coursebot.save(kept)", **quiet}
    context.load(
        desk.open,
        [visit],
        [course, reader, around, *shown],
        js="() => [coursebot.visit(true)]",
        concurrency_limit=CONCURRENT,
        **quiet,
    ).then(**save)
    asked = gr.on(
        [question.submit, send.click],
        desk.ask,
        [question, course, visit],
        [question, *shown],
        js="async (question, course) => "
        "{ await coursebot.opened; return [question, course, coursebot.visit()]; }",
        concurrency_limit=CONCURRENT,
        **quiet,
    )
    asked.success(**save)
    asked.failure(None, js="() => coursebot.lost()", **quiet)
    clear.click(
        desk.clear,
        [course, visit],
        [question, *shown],
        js="course => [course, coursebot.visit()]",
        queue=False,
        **quiet,
    ).then(**save)
    course.change(
        desk.turn_to,
        [course, visit],
        [past],
        js="course => { coursebot.turnTo(course); return [course, coursebot.visit()]; }",
        queue=False,
        **quiet,
    )


@dataclass(frozen=True, slots=True)
class Desk:
    """What the page's events do; nothing of a learner is kept between two of them."""

    assistant: Assistant
    store: Store

    def open(self, told: str) -> Iterator[Update]:
        """Yield course, reader, dialogs, the conversation so far, and the link's questions."""
        visit = _visit(told)
        words = TEXTS[visit.lang]
        query = parse_qs(visit.search.removeprefix("?"), max_num_fields=50)
        course = query.get("course", [""])[0]
        if course not in self.assistant.courses:
            course = ""
        frame = (
            gr.update(value=course) if course else gr.skip(),
            chrome.reader(words),
            chrome.dialogs(self.assistant, visit.lang),
        )
        records = visit.turns
        linked = [text for text in query.get("q", []) if text.strip()][-SHARED:]
        if not linked:
            past = turns.conversation(records, words) or self._welcome(visit, course)
            yield (*frame, past, "", turns.dump(records))
            return
        for question in linked:
            before = records
            for past, current, so_far in self._answer(question, course, visit, before):
                yield (*frame, past, current, turns.dump(so_far))
                frame = (gr.skip(), gr.skip(), gr.skip())
                records = so_far

    def ask(self, question: str | None, course: str | None, told: str) -> Iterator[Update]:
        """Yield the form's text, the turns before, this turn, and what the tab keeps."""
        visit = _visit(told)
        if not (question or "").strip():
            yield gr.skip(), gr.skip(), gr.skip(), gr.skip()
            return
        for past, current, records in self._answer(question or "", course, visit, visit.turns):
            yield "", past, current, turns.dump(records)

    def clear(self, course: str | None, told: str) -> Update:
        """Return an empty conversation."""
        return "", self._welcome(_visit(told), course), "", turns.dump(())

    def turn_to(self, course: str | None, told: str) -> Any:  # noqa: ANN401 — a Gradio update
        """Return what a course covers, while nothing was asked yet."""
        visit = _visit(told)
        return gr.skip() if visit.turns else self._welcome(visit, course)

    def _welcome(self, visit: Visit, course: str | None) -> str:
        return chrome.welcome(self.assistant, visit.lang, course or None)

    def _answer(
        self, question: str, course: str | None, visit: Visit, before: Sequence[AnswerRecord]
    ) -> Iterator[tuple[Any, str, tuple[AnswerRecord, ...]]]:
        words = TEXTS[visit.lang]
        records = tuple(before)[1 - REMEMBERED :]
        number = len(records)
        past: Any = turns.conversation(records, words)
        yield past, turns.pending(question, number, words), records
        said = ""
        try:
            after = thread(question, [record.question for record in records])
            history = self.assistant.turns(after, course=course or None)
            for part in self.assistant.stream(question, course=course or None, history=history):
                if isinstance(part, Answer):
                    record = self._record(part, course or None, after, records)
                    self._keep(part, course or None, after, visit)
                    yield gr.skip(), turns.turn(record, number, words), (*records, record)
                else:
                    said += part
                    yield gr.skip(), turns.pending(question, number, words, said), records
        except CoursebotError as error:
            yield gr.skip(), turns.failed(question, number, words, str(error)), records

    def _record(
        self,
        answer: Answer,
        course: str | None,
        after: Sequence[str],
        before: Sequence[AnswerRecord],
    ) -> AnswerRecord:
        index = self.assistant.index
        asked = [*(record.question for record in before), answer.question]
        choose = suggestions.after if answer.state is State.ANSWERED else suggestions.near
        return answer_record(
            answer,
            index.sections,
            course=course,
            after=after,
            suggestions=choose(index, answer, asked, course),
            index=index.manifest.digest,
        )

    def _keep(self, answer: Answer, course: str | None, after: Sequence[str], visit: Visit) -> None:
        unanswered.keep(
            self.store,
            self.assistant.settings,
            answer,
            course=course,
            history=after,
            index=self.assistant.index.manifest.digest,
            allowed=visit.keep,
        )


def _visit(told: str) -> Visit:
    """Read what the tab sent; what is not understood counts as not sent."""
    if len(told or "") > LONGEST:
        return Visit()
    try:
        return Visit.model_validate_json(told or "{}")
    except ValidationError as error:
        LOGGED.info("what a tab sent was not understood: %s", error)
        return Visit()
