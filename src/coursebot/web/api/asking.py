"""Questions ▶ answers: as one JSON object, or as server-sent events while they are worded."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator, Sequence
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Query, Request
from fastapi.responses import Response
from fastapi.sse import EventSourceResponse, format_sse_event
from pydantic import BaseModel
from starlette.types import Receive, Scope, Send

from coursebot.assistant import Assistant
from coursebot.feedback import Store
from coursebot.web.admission import Admission, Seat, Ticket, closed, leaving
from coursebot.web.api.models import AFTER, Asked, Place, Text, TopK, Words
from coursebot.web.api.problems import documented, problem_of
from coursebot.web.exchange import Exchange
from coursebot.web.watch import Face, Watch
from coursebot.web.wire import AnswerRecord

EVENTS = "text/event-stream"
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_DESCRIPTION = """Answer a question in the material's own words, each quote with its place.

With `Accept: text/event-stream` the answer comes as server-sent events: `words` (a language
model's words as they come, `{"text": …}`; none without a language model), then `answer` (the same
object as without streaming, which replaces all words) and nothing after it; or `problem` (problem
details) in its place, when something fails after the start. Closing the connection stops the work.
"""
_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The answer.",
        "content": {
            EVENTS: {
                "schema": {"type": "string"},
                "example": 'event: words\ndata: {"text":"3 hours"}\n\nevent: answer\ndata: {…}\n\n',
            }
        },
    },
    **documented(
        HTTPStatus.NOT_FOUND,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.SERVICE_UNAVAILABLE,
    ),
}
_POSTED = documented(
    HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.REQUEST_ENTITY_TOO_LARGE
)
_ONE: dict[str, Any] = {
    "summary": "A question to one course",
    "value": {"question": "how long is an az acr login token valid?", "course": "az-500"},
}
_NEXT: dict[str, Any] = {
    "summary": "A follow-up",
    "value": {
        "question": "それを更新するには？",
        "course": "az-500",
        "after": ["how long is an az acr login token valid?"],
    },
}


def router(
    assistant: Assistant, store: Store, admission: Admission, watch: Watch | None = None
) -> APIRouter:
    """Return the routes of ``ask``."""
    routes = APIRouter(tags=["ask"])

    @routes.get(
        "/ask",
        summary="Ask a question",
        description=_DESCRIPTION,
        response_model=AnswerRecord,
        responses=_RESPONSES,
    )
    async def ask(
        request: Request, asked: Annotated[Asked, Depends(_from_query)]
    ) -> AnswerRecord | Response:
        return await answered(request, asked)

    @routes.post(
        "/ask",
        summary="Ask a question, or go on from earlier ones",
        description=_DESCRIPTION,
        response_model=AnswerRecord,
        responses={**_RESPONSES, **_POSTED},
    )
    async def ask_posted(
        request: Request,
        asked: Annotated[Asked, Body(openapi_examples={"one": _ONE, "next": _NEXT})],
    ) -> AnswerRecord | Response:
        return await answered(request, asked)

    def exchanged(request: Request, asked: Asked) -> Exchange:
        allowed = asked.keep and request.headers.get("sec-gpc") != "1"
        return Exchange(
            assistant,
            store,
            asked.question,
            course=asked.course,
            before=asked.after,
            top_k=asked.top_k,
            allowed=allowed,
            watch=watch,
        )

    async def answered(request: Request, asked: Asked) -> Response:
        ticket = await admission.enter(Face.API, closed(request))
        try:
            exchange = await admission.run(lambda: exchanged(request, asked))
        except BaseException:
            ticket.leave()
            raise
        if _takes_events(request.headers.get("accept", "")):
            return EventStream(admission.drive(_events(exchange), ticket=ticket), ticket)
        (body,) = [each async for each in admission.drive(_body(exchange), ticket=ticket)]
        return Response(body, media_type="application/json")

    return routes


def _body(exchange: Exchange) -> Generator[bytes | Seat, None, None]:
    """Yield the answer as JSON."""
    for part in leaving(Face.API, exchange.parts()):
        if isinstance(part, Seat):
            yield part
        elif isinstance(part, AnswerRecord):
            yield part.model_dump_json().encode()


def _events(exchange: Exchange) -> Generator[bytes | Seat, None, None]:
    """Yield the answer as server-sent events; closing the generator stops the work."""
    try:
        for part in leaving(Face.API, exchange.parts()):
            if isinstance(part, Seat):
                yield part
            elif isinstance(part, AnswerRecord):
                yield _event("answer", part)
            else:
                yield _event("words", Words(text=part))
    # The status was sent long ago: this is the only way left to tell.
    except Exception as error:
        yield _event("problem", problem_of(error))


class EventStream(EventSourceResponse):
    """Server-sent events whose source is closed as soon as nobody reads them any more."""

    def __init__(self, events: AsyncGenerator[bytes, None], ticket: Ticket) -> None:
        super().__init__(events, headers=_HEADERS)
        self._events, self._ticket = events, ticket

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events, and close their source."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._events.aclose()
            self._ticket.leave()  # of events that were never begun nobody else does


async def _from_query(
    question: Annotated[
        Text,
        Query(
            description="In Japanese or English; at most 2,000 characters, unless the server is "
            "set otherwise.",
            examples=["how long is an az acr login token valid?"],
        ),
    ],
    course: Annotated[
        Place, Query(description="Name of the course to ask; empty for all.", examples=["az-500"])
    ] = "",
    after: Annotated[
        Sequence[Text],
        Query(
            description="The questions before, oldest first.",
            max_length=AFTER,
            examples=[["what is Azure Container Registry?"]],
        ),
    ] = (),
    top_k: Annotated[
        TopK | None, Query(description="Passages that are looked at.", examples=[5])
    ] = None,
) -> Asked:
    """Read a question from the address; a GET never has anything kept."""
    return Asked(question=question, course=course, after=list(after), top_k=top_k)


def _takes_events(accept: str) -> bool:
    return any(part.split(";")[0].strip().casefold() == EVENTS for part in accept.split(","))


def _event(name: str, data: BaseModel) -> bytes:
    return format_sse_event(event=name, data_str=data.model_dump_json())
