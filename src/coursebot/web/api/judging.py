"""A learner's word on an answer ▶ the store of feedback."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import Response

from coursebot.assistant import Assistant
from coursebot.errors import UnknownCourseError
from coursebot.feedback import Feedback, Store
from coursebot.web.api.models import Amended, Judged, Kept
from coursebot.web.api.problems import ProblemError, documented
from coursebot.web.unanswered import settings_of

_WRITTEN = documented(
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
_CHANGED = {**_WRITTEN, **documented(HTTPStatus.NOT_FOUND)}

Id = Annotated[
    str,
    Path(
        description="What the feedback was given when it was sent.",
        max_length=200,
        examples=["3f2a9c0d4b5e6f708192a3b4c5d6e7f8"],
    ),
]


def router(assistant: Assistant, store: Store) -> APIRouter:
    """Return the routes of ``feedback``."""
    routes = APIRouter(prefix="/feedback", tags=["feedback"])

    @routes.post("", summary="Judge an answer", status_code=HTTPStatus.CREATED, responses=_CHANGED)
    def judge(judged: Judged) -> Kept:
        """Keep a learner's word with question, answer, index and settings, and nothing else."""
        answer = judged.answer
        if answer.course and answer.course not in assistant.courses:
            raise UnknownCourseError.among(answer.course, assistant.courses)
        return Kept(
            id=store.add(
                Feedback(
                    verdict=judged.verdict,
                    question=answer.question,
                    course=answer.course,
                    language=answer.language.value,
                    state=answer.state.value,
                    confidence=answer.confidence,
                    answer=answer.model_dump(mode="json"),
                    index=answer.index,
                    settings=settings_of(assistant.settings),
                    history=tuple(judged.after or answer.after),
                    reason=judged.reason,
                    comment=judged.comment,
                )
            )
        )

    @routes.patch(
        "/{id}",
        summary="Give a reason or a comment",
        status_code=HTTPStatus.NO_CONTENT,
        responses=_CHANGED,
    )
    def amend(id: Id, amended: Amended) -> Response:
        """Put reason and comment in the place of those given before; left out, they are empty."""
        return _done(store.amend(id, reason=amended.reason, comment=amended.comment))

    @routes.delete(
        "/{id}",
        summary="Withdraw feedback",
        status_code=HTTPStatus.NO_CONTENT,
        responses=_CHANGED,
    )
    def withdraw(id: Id) -> Response:
        """Delete feedback for good."""
        return _done(store.withdraw(id))

    return routes


def _done(found: bool) -> Response:
    if not found:
        raise ProblemError(
            HTTPStatus.NOT_FOUND, "There is no such feedback.", "It may have been withdrawn."
        )
    return Response(status_code=HTTPStatus.NO_CONTENT)
