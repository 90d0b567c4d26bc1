"""Assistant ▶ the Gradio page: question in, cited answer out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from coursebot.answer.wording import render_markdown
from coursebot.assistant import Assistant
from coursebot.errors import CoursebotError
from coursebot.types import Answer, Turn
from coursebot.web.examples import examples
from coursebot.web.text import i18n, literal

CSS = Path(__file__).with_name("page.css")
CONCURRENT = 8
"""Questions answered at one time; more wait in the queue."""
TURNS = 8
"""Turns that a conversation remembers."""
FORGET_AFTER = 3600
"""Seconds without a question after which a conversation's turns are forgotten."""

Messages = list[dict[str, Any]]
ALL = ""
"""The course choice that searches every course."""


def theme() -> gr.themes.Base:
    """Return the page's theme; its fonts are the system's own, none is fetched."""
    sans = ["system-ui", "Hiragino Sans", "Yu Gothic UI", "Noto Sans CJK JP", "sans-serif"]
    mono = ["ui-monospace", "Consolas", "Noto Sans Mono CJK JP", "monospace"]
    return gr.themes.Soft(
        primary_hue="blue",
        font=[gr.themes.Font(name) for name in sans],
        font_mono=[gr.themes.Font(name) for name in mono],
    )


def build(assistant: Assistant) -> gr.Blocks:
    """Return the page."""
    courses = list(assistant.courses.values())
    title = courses[0].title if len(courses) == 1 else "coursebot"

    def ask(
        question: str | None, course: str, messages: Messages | None, turns: list[Turn]
    ) -> Iterator[tuple[str, Messages, list[Turn]]]:
        # Nothing holds a program that calls the API to what the form sends.
        yield from answer(assistant, question or "", course, messages or [], turns or [])

    with gr.Blocks(title=title, analytics_enabled=False, fill_height=True) as page:
        turns = gr.State([], time_to_live=FORGET_AFTER)
        with gr.Column(elem_id="column"):
            gr.Markdown(f"# {literal(title)}", elem_id="title")
            course = gr.Dropdown(
                choices=[(i18n("all_courses"), ALL), *((c.title, c.name) for c in courses)],
                value=ALL,
                label=i18n("course"),
                visible=len(courses) > 1,
                elem_id="course",
            )
            conversation = gr.Chatbot(
                label=i18n("conversation"),
                show_label=False,
                placeholder=i18n("welcome"),
                elem_id="conversation",
                height="60vh",
                layout="bubble",
                buttons=[],
                allow_tags=False,
                latex_delimiters=[],
                group_consecutive_messages=False,
            )
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
                    max_lines=4,
                    elem_id="question",
                )
                send = gr.Button(
                    i18n("ask"), variant="primary", scale=1, min_width=110, elem_id="ask"
                )
            samples = [[text] for text in examples(assistant)]
            offered = gr.Dataset(
                components=[question],
                samples=samples,
                label=i18n("examples"),
                elem_id="examples",
                visible=bool(samples),
            )
            clear = gr.Button(i18n("clear"), size="sm", elem_id="clear")

        inputs = [question, course, conversation, turns]
        outputs = [question, conversation, turns]
        gr.on(
            [question.submit, send.click],
            ask,
            inputs,
            outputs,
            api_name="ask",
            concurrency_limit=CONCURRENT,
            show_progress="hidden",
        )
        offered.click(
            lambda sample: sample[0], offered, question, queue=False, api_visibility="private"
        ).then(
            ask,
            inputs,
            outputs,
            concurrency_limit=CONCURRENT,
            show_progress="hidden",
            api_visibility="private",
        )
        # The conversation's own bin empties what is seen; the turns must go with it.
        gr.on(
            [clear.click, conversation.clear],
            lambda: ("", [], []),
            None,
            outputs,
            queue=False,
            api_visibility="private",
        )
    return page


def answer(
    assistant: Assistant, question: str, course: str, messages: Messages, turns: Sequence[Turn]
) -> Iterator[tuple[str, Messages, list[Turn]]]:
    """Yield the form's text, the messages and the turns: as an answer is worded, then with it."""
    kept = list(turns)
    if not question.strip():
        yield "", messages, kept
        return
    shown = [*messages, {"role": "user", "content": literal(question)}]
    yield "", shown, kept
    words = ""
    try:
        for part in assistant.stream(question, course=course or None, history=kept):
            if isinstance(part, Answer):
                kept = [*kept, Turn(question, part)][-TURNS:]
                yield "", [*shown, _said(render_markdown(part))], kept
            else:
                words += part
                yield "", [*shown, _said(literal(words))], kept
    except CoursebotError as error:
        yield "", [*shown, _said(literal(str(error)))], kept


def _said(content: str) -> dict[str, Any]:
    return {"role": "assistant", "content": content}
