"""Assistant ▶ the Gradio page: conversation on one side, the course on the other."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Callable, Generator, Iterator, Sequence
from contextlib import aclosing
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

from coursebot.assistant import Assistant
from coursebot.conversation import THREAD
from coursebot.errors import BusyError, CoursebotError, QuestionError, UnknownCourseError
from coursebot.feedback import Store
from coursebot.types import Language
from coursebot.web import chrome, tools, turns, visiting
from coursebot.web.admission import Admission, Seat, placed
from coursebot.web.api.problems import for_learners
from coursebot.web.exchange import Exchange
from coursebot.web.sessions import forget, gone
from coursebot.web.text import TEXTS, i18n
from coursebot.web.visiting import person_of, serving, stepwise
from coursebot.web.watch import Face, Watch, request_id_of, within
from coursebot.web.wire import AnswerRecord

FILES = Path(__file__).with_name("page_files")
PATHS = ("/", "/embed")
HEAD = (
    '<link rel="stylesheet" href="/reader.css"><link rel="stylesheet" href="/page/page.css">'
    '<script src="/page/visit.js"></script>'
    '<script type="module" src="/page/page.js"></script>'
)
WAITING = 512
"""Events that are open at a time; Gradio refuses more. Questions among them wait for a place."""
REMEMBERED = 30
"""Turns that a conversation holds."""
LONGEST = 2_000_000
"""Characters that a tab may send along."""
SHARED = THREAD + 1
"""Questions that a shared link may ask."""
LOGGED = logging.getLogger(__name__)

Update = tuple[Any, ...]


class Visit(BaseModel):
    """What a browser's tab sends along: its language, its consent and its conversation."""

    lang: Language = Language.EN
    keep: bool = False
    search: Annotated[str, Field(max_length=20_000)] = ""
    """The page's query string, once, when it is opened."""
    course: Annotated[str, Field(max_length=2_000)] = ""
    """The course that is asked; empty for all."""
    who: Annotated[str, Field(max_length=200)] = ""
    """Who was signed in when the tab asked last; empty for nobody."""
    turns: tuple[AnswerRecord, ...] = ()
    understood: bool = True
    """False when what was sent could not be read: then nothing that the tab has is replaced."""

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


def build(
    assistant: Assistant,
    store: Store,
    watch: Watch | None = None,
    signs_in: Callable[[], bool] = lambda: False,
    admission: Admission | None = None,
) -> gr.Blocks:
    """Return the page at ``/`` and, without what stands around it, at ``/embed``."""
    courses = list(assistant.courses.values())
    title = courses[0].title if len(courses) == 1 else "coursebot"
    admission = admission or Admission.of(assistant.settings)
    desk = Desk(assistant, store, watch, signs_in, admission)
    with gr.Blocks(title=title, analytics_enabled=False, fill_height=True) as page:
        gr.Navbar(visible=False)
        _compose(desk, title, focused=True)
        tools.register(assistant, watch, admission)
    with page.route("embed", "/embed", show_in_navbar=False):
        _compose(desk, title, focused=False)  # a frame may not take its page's focus
    return page


def _compose(desk: Desk, title: str, *, focused: bool) -> None:
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
        visitor = gr.HTML(elem_id="visitor", apply_default_css=False)
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
                    autofocus=focused,
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

    # Gradio would give each event that waits a thread: who waits for a place needs none.
    async def opened(told: str, request: gr.Request) -> AsyncGenerator[Update, None]:
        async with aclosing(desk.driven(desk.open(told, request), context, request)) as updates:
            async for update in updates:
                yield update

    async def asks(
        question: str | None, told: str, request: gr.Request
    ) -> AsyncGenerator[Update, None]:
        async with aclosing(
            desk.driven(desk.ask(question, told, request), context, request)
        ) as updates:
            async for update in updates:
                yield update

    # Gradio runs events outside of their requests: each says whom it serves.
    def cleared(told: str, request: gr.Request) -> Update:
        with serving(person_of(request)):
            return desk.clear(told)

    def turned(told: str, request: gr.Request) -> Any:  # noqa: ANN401 — a Gradio update
        with serving(person_of(request)):
            return desk.turn_to(told)

    context.load(
        opened,
        [visit],
        [course, reader, around, visitor, *shown],
        js="() => [coursebot.visit(true)]",
        concurrency_limit=None,
        **quiet,
    ).then(**save)
    asked = gr.on(
        [question.submit, send.click],
        asks,
        [question, visit],
        [question, *shown],
        js="async question => { await coursebot.emptied; coursebot.sent(question); "
        "await coursebot.opened; "
        "return [question, coursebot.visit()]; }",
        concurrency_limit=None,
        **quiet,
    )
    asked.success(**save)
    asked.failure(None, js="() => coursebot.lost()", **quiet)
    # A button's events come one after the other: to stop is the first, to clear waits for the end.
    clear.click(None, cancels=[asked], queue=False, **quiet)
    emptied = clear.click(
        cleared,
        [visit],
        shown,
        js="async () => [await coursebot.clear()]",
        queue=False,
        **quiet,
    )
    emptied.success(None, [kept], js="kept => coursebot.cleared(kept)", **quiet)
    emptied.failure(None, js="() => coursebot.cleared()", **quiet)
    # The choice is the tab's to tell: courses come and go while the page is open.
    course.input(None, [course], js="course => coursebot.turnTo(course)", **quiet).then(
        turned, [visit], [past], js="() => [coursebot.visit()]", queue=False, **quiet
    )


@dataclass(frozen=True, slots=True)
class Desk:
    """What the page's events do; nothing of a learner is kept between two of them."""

    assistant: Assistant
    store: Store
    watch: Watch | None = None
    signs_in: Callable[[], bool] = lambda: False
    """Whether anybody can sign in by name."""
    admission: Admission | None = None
    """Where questions get their place; None to answer them where one stands."""

    async def driven(
        self, steps: Generator[Update | Seat, None, None], page: gr.Blocks, request: gr.Request
    ) -> AsyncGenerator[Update, None]:
        """Yield an event's updates, made in threads and, where it asks, in a place."""
        assert self.admission is not None
        try:
            driven = self.admission.drive(steps, gone=lambda: gone(page, request))
            async with aclosing(driven) as updates:
                async for update in updates:
                    yield update
        finally:
            forget(page, request)

    def open(
        self, told: str, request: gr.Request | None = None
    ) -> Generator[Update | Seat, None, None]:
        """Yield courses, reader, dialogs, the conversation so far, and the link's questions."""
        yield from _served(request, lambda: self._open(told))

    def ask(
        self, question: str | None, told: str, request: gr.Request | None = None
    ) -> Generator[Update | Seat, None, None]:
        """Yield the form's text, the turns before, this turn, and what the tab keeps."""
        yield from _served(request, lambda: self._ask(question, told))

    def _open(self, told: str) -> Generator[Update | Seat, None, None]:
        visit = _visit(told)
        words = TEXTS[visit.lang]
        courses = self.assistant.courses
        course = visit.course if visit.course in courses else ""
        frame: Update = (
            gr.update(
                choices=[
                    (words["all_courses"], ""),
                    *((c.title, c.name) for c in courses.values()),
                ],
                value=course,
                visible=len(courses) > 1,
            ),
            chrome.reader(words),
            chrome.dialogs(self.assistant, visit.lang),
            chrome.visitor(visiting.current(), words, offered=self.signs_in()),
        )
        records = visit.turns
        if not (linked := _linked(visit.search)):
            past = turns.conversation(records, words) or self._welcome(visit)
            yield (*frame, past, "", turns.dump(records) if visit.understood else gr.skip())
            return
        for question in linked:
            for step in self._answer(question, course, visit, records):
                if isinstance(step, Seat):
                    yield step
                    continue
                past, current, so_far = step
                yield (*frame, past, current, gr.skip() if so_far is None else turns.dump(so_far))
                frame = (gr.skip(),) * 4
                records = so_far or records

    def _ask(self, question: str | None, told: str) -> Generator[Update | Seat, None, None]:
        visit = _visit(told)
        if not (question or "").strip():
            yield gr.skip(), gr.skip(), gr.skip(), gr.skip()
            return
        form: Any = ""
        for step in self._answer(question or "", visit.course, visit, visit.turns):
            if isinstance(step, Seat):
                yield step
                continue
            past, current, kept = step
            yield form, past, current, gr.skip() if kept is None else turns.dump(kept)
            form = gr.skip()  # the next question may be typed while this one is answered

    def clear(self, told: str) -> Update:
        """Return an empty conversation."""
        return self._welcome(_visit(told)), "", turns.dump(())

    def turn_to(self, told: str) -> Any:  # noqa: ANN401 — a Gradio update
        """Return what a course covers, while nothing was asked yet."""
        visit = _visit(told)
        return gr.skip() if visit.turns else self._welcome(visit)

    def _welcome(self, visit: Visit) -> str:
        return chrome.welcome(self.assistant, visit.lang, visit.course or None)

    def _answer(
        self, question: str, course: str, visit: Visit, before: Sequence[AnswerRecord]
    ) -> Iterator[tuple[Any, str, tuple[AnswerRecord, ...] | None] | Seat]:
        """Yield the turns before, this turn, and what is kept of both, as far as each changes."""
        words = TEXTS[visit.lang]
        records = tuple(before)[1 - REMEMBERED :]
        yield turns.conversation(records, words), turns.pending(question, words), None
        said = ""

        def parts() -> Generator[str | AnswerRecord, None, None]:
            yield from Exchange(
                self.assistant,
                self.store,
                question,
                course=course,
                before=[record.question for record in records],
                allowed=visit.keep,
                watch=self.watch,
                face=Face.PAGE,
            ).parts()

        try:
            for part in placed(Face.PAGE, parts) if self.admission else parts():
                if isinstance(part, Seat):
                    yield part
                elif isinstance(part, AnswerRecord):
                    yield gr.skip(), turns.turn(part, words), (*records, part)
                elif part:
                    said += part
                    yield gr.skip(), turns.pending(question, words, said), None
        except BusyError as error:
            yield gr.skip(), turns.busy(question, words, error.seconds), None
        except CoursebotError as error:
            yield (
                gr.skip(),
                turns.failed(question, words, self._refusal(error, question, words)),
                None,
            )
        except Exception as error:
            LOGGED.error("A question from the page failed.", exc_info=error)
            # Gradio would print it once more, with whatever it quotes of the learner's words.
            raise gr.Error("", print_exception=False, visible=False) from None

    def _refusal(self, error: CoursebotError, question: str, words: turns.Words) -> str:
        """Return why a question could not be asked, in the page's language."""
        longest = self.assistant.settings.question_characters
        if isinstance(error, UnknownCourseError):
            return words["no_such_course"]
        if isinstance(error, QuestionError) and len(question) > longest:
            return words["too_long"].format(most=f"{longest:,}")
        return words["no_words"] if isinstance(error, QuestionError) else str(for_learners(error))


def _linked(search: str) -> list[str]:
    """Return the questions of an address; none of one that is no learner's."""
    try:
        asked = parse_qs(search.removeprefix("?"), max_num_fields=50).get("q", [])
    except ValueError:
        return []
    return [text for text in asked if text.strip()][-SHARED:]


def _served(
    request: gr.Request | None, make: Callable[[], Generator[Update | Seat, None, None]]
) -> Iterator[Update | Seat]:
    """Yield what an event's generator does, for the person of its request and under its id."""
    return stepwise(person_of(request), lambda: within(request_id_of(request), make()))


def _visit(told: str) -> Visit:
    """Read what the tab sent; what is not understood counts as not sent."""
    if len(told or "") > LONGEST:
        return Visit(understood=False)
    try:
        visit = Visit.model_validate_json(told or "{}")
    except ValidationError as error:
        # Not the error itself: it quotes what was sent.
        LOGGED.info("what a tab sent was not understood (%d faults)", error.error_count())
        return Visit(understood=False)
    if visit.who and visit.who != visiting.current().name:
        # The next one at the same screen: what the one before was answered is not for them.
        return visit.model_copy(update={"turns": ()})
    return visit
