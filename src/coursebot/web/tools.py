"""Assistant ▶ the tools that language models call over MCP, on Gradio's own MCP server."""

from __future__ import annotations

import json
import logging
from collections.abc import Generator, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any
from urllib.parse import urljoin, urlsplit

import gradio as gr
from gradio import Request

from coursebot.answer.wording import confidence_in_words
from coursebot.assistant import Assistant
from coursebot.errors import CoursebotError
from coursebot.types import Answer, Citation, Hit, Language
from coursebot.web.admission import Admission
from coursebot.web.api.problems import for_learners
from coursebot.web.visiting import person_of, serving
from coursebot.web.watch import Face, Watch, request_id_of, within
from coursebot.web.wire import citation_address, reader_address

_log = logging.getLogger(__name__)

PATH = "/gradio_api/mcp/"
MOST = 20
"""Passages that a search gives at most: a language model reads all of them."""


class ToolError(gr.Error):  # type: ignore[misc]
    """A failure that the calling language model is told."""

    def __init__(self, message: str) -> None:
        super().__init__(message, print_exception=False)

    def __str__(self) -> str:
        return str(self.message)


def register(
    assistant: Assistant, watch: Watch | None = None, admission: Admission | None = None
) -> None:
    """Offer ``ask_course`` and ``search_course`` of the Blocks that are being built.

    They are called in the server's own process: queued, Gradio would call itself over the network,
    at whatever address the first request named.
    """
    places = admission or Admission.of(assistant.settings)

    async def ask_course(question: str, course: str = "", request: Request | None = None) -> str:
        """Answer a question about course material, in the material's own words.

        The result is a JSON object. "state" is "answered" (the quotes answer the question),
        "unsure" (they come close and may not answer it: say so) or "not_covered" (the material
        does not say: tell that, and do not fill in from elsewhere). "text" is the whole answer,
        "short_answer" the answer in a word, number or list. "confidence" is "high", "medium" or
        "low". "citations" hold each quote with its headings, its lines and "address", where a
        person reads it in its place; "published" is the course's own page, if it has one. Every
        quote is verbatim, and no language model has touched it: hand quotes on as they are, with
        their addresses. "courses" maps the names of all courses to their titles.

        Args:
            question: One question, in Japanese or English, that stands by itself.
            course: Name of the course to ask; empty for all courses.
        """
        asked, named = _text(question), _text(course)

        def answered() -> str:
            (answer,) = within(request_id_of(request), answers(asked, named or None))
            return _json(_answer(answer, assistant, _base(request)))

        with _told(), serving(person_of(request)):
            return await places.within(Face.TOOL, answered)

    async def search_course(
        query: str, course: str = "", top_k: int = 5, request: Request | None = None
    ) -> str:
        """Find the passages of course material that fit a question or some words best.

        Use it to read what the material says around a topic, or when ask_course is unsure; a
        passage that is found need not answer the question. The result is a JSON object.
        "passages" are in order, best first: each with its verbatim text in Markdown, its headings,
        its lines, its score from 0 to 1 and "address", where a person reads it in its place.
        "courses" maps the names of all courses to their titles.

        Args:
            query: A question or words, in Japanese or English.
            course: Name of the course to search; empty for all courses.
            top_k: Passages at most, from 1 to 20.
        """
        asked, named = _text(query), _text(course)
        most = _count(top_k)
        base = _base(request)

        def found() -> str:
            hits = assistant.search(asked, course=named or None, top_k=most)
            return _json(
                {
                    "query": asked,
                    "passages": [_passage(hit, assistant, base) for hit in hits],
                    "courses": _titles(assistant),
                }
            )

        with _told(), serving(person_of(request)):
            return await places.within(Face.TOOL, found)

    def answers(asked: str, course: str | None) -> Generator[Answer, None, None]:
        with watch.question(asked, course, Face.TOOL) if watch else nullcontext() as watched:
            # Without a language model: the one that asks has words of its own.
            (turn,) = assistant.turns([asked], course=course)
            if watched is not None:
                watched.answer = turn.answer
            yield turn.answer

    for tool in (ask_course, search_course):
        gr.api(tool, queue=False)


@contextmanager
def _told() -> Iterator[None]:
    """Tell the caller of a failure; of one that nobody foresaw, only that there was one."""
    try:
        yield
    except CoursebotError as error:
        raise ToolError(str(for_learners(error))) from None
    except Exception as error:
        _log.error("A tool failed.", exc_info=error)
        raise ToolError("The server failed on this; its log has the reason.") from None


def _answer(answer: Answer, assistant: Assistant, base: str) -> dict[str, Any]:
    short = answer.short_answer
    return {
        "question": answer.question,
        "state": answer.state.value,
        "text": answer.text,
        "short_answer": {"text": short.text, "conversion": short.conversion} if short else None,
        # Tools are described in English, and so are their answers.
        "confidence": confidence_in_words(answer.confidence, Language.EN),
        "citations": [_citation(citation, answer, base) for citation in answer.citations],
        "courses": _titles(assistant),
    }


def _citation(citation: Citation, answer: Answer, base: str) -> dict[str, Any]:
    return {
        "number": citation.number,
        "quote": citation.quote,
        "course": citation.course,
        "path": citation.path,
        "headings": list(citation.heading_path),
        "lines": list(citation.lines),
        "address": urljoin(base, citation_address(citation, answer)),
        # Where the course itself is published; without such a place it is the reader again.
        "published": citation.url if citation.url.startswith(("http://", "https://")) else None,
    }


def _passage(hit: Hit, assistant: Assistant, base: str) -> dict[str, Any]:
    passage = hit.passage
    # A newer index may have come between the search and this.
    section = assistant.index.sections.get(passage.section)
    reader = reader_address(passage.path, anchor=section.reader_anchor if section else "")
    return {
        "text": passage.text,
        "course": passage.course,
        "path": passage.path,
        "headings": list(section.heading_path) if section else [],
        "lines": list(passage.lines),
        "score": round(hit.score, 4),
        "address": urljoin(base, reader),
    }


def _titles(assistant: Assistant) -> dict[str, str]:
    return {course.name: course.title for course in assistant.courses.values()}


def _base(request: Request | None) -> str:
    """Return the address that the client knows this host by; empty when nobody said it."""
    if request is None:
        return ""
    # Gradio passes its own request or, from its MCP server, Starlette's; both know the address.
    url = urlsplit(str(request.url))
    return f"{url.scheme}://{url.netloc}/"


def _text(value: object) -> str:
    # Over Gradio's plain HTTP API a value may be of any type.
    if not isinstance(value, str):
        raise ToolError("question, query and course must be text.")
    return value


def _count(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST:
        return value
    raise ToolError(f"top_k must be from 1 to {MOST}.")


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode("utf-8")
