"""The material by itself: passages by search, courses, the outline, and sections as written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from itertools import groupby
from typing import Annotated
from weakref import WeakKeyDictionary

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from coursebot import suggestions
from coursebot.assistant import Assistant
from coursebot.errors import UnknownCourseError
from coursebot.index import Searchable
from coursebot.types import Course, Hit, Language, Section, Statement
from coursebot.web.admission import Admission, closed
from coursebot.web.api.models import (
    Counts,
    CourseRecord,
    Courses,
    FileRecord,
    Found,
    LegRecord,
    Outline,
    OutlineRecord,
    PassageRecord,
    Place,
    SourceRecord,
    StatementRecord,
    Text,
    TopK,
)
from coursebot.web.api.problems import ProblemError, documented
from coursebot.web.watch import Face
from coursebot.web.wire import reader_address

_SEARCHED = documented(
    HTTPStatus.NOT_FOUND,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
_READ = documented(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY)
_LISTED = documented(HTTPStatus.UNPROCESSABLE_ENTITY)

OneCourse = Annotated[
    Place, Query(description="Name of the course; empty for all.", examples=["az-500"])
]


def router(assistant: Assistant, admission: Admission) -> APIRouter:
    """Return the routes of ``search``, ``courses`` and ``sections``."""
    routes = APIRouter(tags=["material"])

    @routes.get("/search", summary="Find passages", response_model=Found, responses=_SEARCHED)
    async def search(
        request: Request,
        q: Annotated[
            Text, Query(description="A question, or words.", examples=["az acr login の有効期間"])
        ],
        course: OneCourse = "",
        top_k: Annotated[
            TopK | None,
            Query(
                description="Passages at most; the server's setting when it is left out.",
                examples=[5],
            ),
        ] = None,
    ) -> Response:
        """Return the passages that fit best, with what each way of searching says of them."""

        def found() -> str:
            index = assistant.index
            hits = assistant.search(q, course=course or None, top_k=top_k)
            return Found(
                query=q,
                course=course or None,
                passages=tuple(_passage(hit, index) for hit in hits),
                index=index.manifest.digest,
            ).model_dump_json()

        told = await admission.within(Face.API, found, closed(request))
        return Response(told, media_type="application/json")

    @routes.get("/courses", summary="List the courses", responses=_LISTED)
    def courses(
        language: Annotated[
            Language | None,
            Query(
                description="Language of the starters; each course's own when it is left out.",
                examples=["en"],
            ),
        ] = None,
    ) -> Courses:
        """Return what can be asked: each course, how much it holds, and questions to begin with."""
        index = assistant.index
        counts = _counts(index)
        return Courses(
            courses=tuple(
                CourseRecord(
                    name=course.name,
                    title=course.title,
                    language=course.language,
                    description=course.description,
                    counts=counts[course.name],
                    starters=suggestions.starters(
                        index, language or _language(course), course=course.name
                    ),
                )
                for course in index.courses.values()
            ),
            index=index.manifest.digest,
        )

    @routes.get("/sections", summary="Read the outline", responses=_READ)
    def outline(
        course: OneCourse = "",
        path: Annotated[
            Place,
            Query(
                description="A file, relative to the corpus folder; empty for all.",
                examples=["az-500/mod02/mod02-04.md"],
            ),
        ] = "",
    ) -> Outline:
        """Return the files and their sections, in the order of the course."""
        index = assistant.index
        if course and course not in index.courses:
            raise UnknownCourseError.among(course, index.courses)
        wanted = [
            section
            for section in index.sections.values()
            if section.course == (course or section.course)
            and section.path == (path or section.path)
        ]
        if path and not wanted:
            raise _no_file(path)
        return Outline(files=_files(wanted), index=index.manifest.digest)

    @routes.get("/sections/{path:path}", summary="Read a section", responses=_READ)
    def section(
        path: Annotated[
            str,
            Path(
                description="A file, relative to the corpus folder.",
                examples=["az-500/mod02/mod02-04.md"],
            ),
        ],
        anchor: Annotated[
            Place | None,
            Query(
                description="A section's anchor, as the outline names it; empty for what stands "
                "before the first heading. The whole file when it is left out."
            ),
        ] = None,
    ) -> SourceRecord:
        """Return a section, or a whole file, in Markdown, and the statements in it."""
        index = assistant.index
        of_file = [found for found in index.sections.values() if found.path == path]
        if not of_file:
            raise _no_file(path)
        if anchor is None:
            return _source(of_file, (), "", index)
        for found in of_file:
            if found.reader_anchor == anchor:
                return _source([found], found.heading_path, anchor, index)
        raise ProblemError(
            HTTPStatus.NOT_FOUND,
            f"There is no section {anchor[:200]!r} in {path[:200]!r}.",
            "/api/v1/sections?path=… lists the anchors.",
        )

    return routes


def _passage(hit: Hit, index: Searchable) -> PassageRecord:
    passage = hit.passage
    # A newer index may have come between the search and this.
    section = index.sections.get(passage.section)
    return PassageRecord(
        id=passage.id,
        course=passage.course,
        path=passage.path,
        heading_path=section.heading_path if section else (),
        line_start=passage.lines[0],
        line_end=passage.lines[1],
        text=passage.text,
        score=round(hit.score, 6),
        legs={
            name: LegRecord(rank=leg.rank, score=round(leg.score, 6))
            for name, leg in hit.legs.items()
        },
        reader=reader_address(passage.path, anchor=section.reader_anchor if section else ""),
    )


_known: WeakKeyDictionary[Searchable, Mapping[str, Counts]] = WeakKeyDictionary()


def _counts(index: Searchable) -> Mapping[str, Counts]:
    """Return how much each course holds; remembered, as all of it is read for that."""
    kept = _known.get(index)
    if kept is None:
        kept = _known[index] = _counted(index)
    return kept


def _counted(index: Searchable) -> Mapping[str, Counts]:
    sections = Counter(section.course for section in index.sections.values())
    statements = Counter(statement.course for statement in index.statements)
    passages = Counter(passage.course for passage in index.passages)
    files = Counter(
        course for course, _ in {(found.course, found.path) for found in index.sections.values()}
    )
    return {
        name: Counts(
            files=files[name],
            sections=sections[name],
            statements=statements[name],
            passages=passages[name],
        )
        for name in index.courses
    }


def _language(course: Course) -> Language:
    """Return the language that a course's learners most likely ask in."""
    return Language.JA if course.language.casefold().startswith("ja") else Language.EN


def _files(sections: Iterable[Section]) -> tuple[FileRecord, ...]:
    return tuple(
        FileRecord(
            course=course,
            path=path,
            sections=tuple(
                OutlineRecord(
                    heading_path=section.heading_path,
                    level=section.level,
                    line_start=section.lines[0],
                    line_end=section.lines[1],
                    anchor=section.reader_anchor,
                    reader=reader_address(path, anchor=section.reader_anchor),
                )
                for section in of_file
            ),
        )
        for (course, path), of_file in groupby(sections, lambda found: (found.course, found.path))
    )


def _source(
    sections: list[Section], heading_path: tuple[str, ...], anchor: str, index: Searchable
) -> SourceRecord:
    """Return what stands from the first of these neighbouring sections to the last."""
    first, last = sections[0], sections[-1]
    return SourceRecord(
        course=first.course,
        path=first.path,
        heading_path=heading_path,
        anchor=anchor,
        line_start=first.lines[0],
        line_end=last.lines[1],
        source=index.source(first.path)[first.span[0] : last.span[1]],
        statements=tuple(
            _statement(statement)
            for section in sections
            for statement in index.statements_of(section.id)
        ),
        reader=reader_address(first.path, anchor=anchor),
        index=index.manifest.digest,
    )


def _statement(statement: Statement) -> StatementRecord:
    return StatementRecord(
        id=statement.id,
        kind=statement.kind,
        text=statement.text,
        plain=statement.plain,
        line_start=statement.lines[0],
        line_end=statement.lines[1],
        start=statement.span[0],
        end=statement.span[1],
        context=statement.context,
        url=statement.url,
    )


def _no_file(path: str) -> ProblemError:
    return ProblemError(
        HTTPStatus.NOT_FOUND,
        f"There is no file {path[:200]!r} in the index.",
        "/api/v1/sections lists the files.",
    )
