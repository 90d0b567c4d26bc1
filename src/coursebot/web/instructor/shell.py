"""What every page of the workbench stands in: the desk that it works on, and the frame around."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import urlencode
from weakref import WeakKeyDictionary

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from coursebot.assistant import Assistant
from coursebot.config import Settings
from coursebot.course.golden import GOLDEN
from coursebot.evaluation.golden import Material
from coursebot.evaluation.report.render import TEMPLATES, equip
from coursebot.feedback import Store
from coursebot.index import Searchable
from coursebot.people import Person, Role
from coursebot.types import Course, Language
from coursebot.web.document import other_language
from coursebot.web.instructor.words import Words
from coursebot.web.reader.languages import interface_language

ROOT = "/instructor"
FILES = Path(__file__).with_name("files")

NAVIGATION = (
    ("overview", ROOT),
    ("golden", f"{ROOT}/golden"),
    ("runs", f"{ROOT}/runs"),
    ("compare", f"{ROOT}/compare"),
    ("inbox", f"{ROOT}/inbox"),
    ("bench", f"{ROOT}/bench"),
)
"""Name of a page in the words, and its address."""

ENVIRONMENT = equip(
    Environment(
        loader=FileSystemLoader([Path(__file__).with_name("templates"), TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
)
"""Where all pages' templates are; those of a report can be imported."""


EVERYTHING = Person(role=Role.ADMIN)
"""Whoever has the workbench's password, or is let in without one."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """The instructor who sent a request."""

    name: str = ""
    """As the proxy names them; empty when nobody did."""
    leaves: bool = False
    """Whether there is something to log out of."""
    person: Person = EVERYTHING
    """What they may see: everything, unless they signed in by name."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What an instructor works on."""

    assistant: Assistant
    store: Store

    @property
    def settings(self) -> Settings:
        """The settings that the assistant was opened with."""
        return self.assistant.settings

    @property
    def runs(self) -> Path:
        """The folder that runs are kept in; may not be there yet."""
        return self.settings.runs

    @property
    def corpus(self) -> Path:
        """The folder of the courses; may not be there."""
        return self.settings.corpus

    @property
    def courses(self) -> Mapping[str, Course]:
        """The courses by name."""
        return self.assistant.courses

    def folder(self, course: str) -> Path:
        """Return the folder of a course, which need not be there."""
        if not course and self.assistant.index.hidden:
            return self.corpus / ".none"  # of who may see none, and not the folder of all
        if (self.corpus / "course.toml").exists() and self.corpus.resolve().name == course:
            return self.corpus
        return self.corpus / course

    def shows(self, course: str | None) -> bool:
        """Whether who is served may see what is of a course; None: of all courses."""
        index = self.assistant.index
        return not index.hidden or (course is not None and course in index.courses)

    def golden(self, course: str) -> Path:
        """Return a course's golden file, whether or not it is there."""
        return self.folder(course) / GOLDEN

    @property
    def material(self) -> Material:
        """What golden sources are placed in: the newest index's, read once."""
        return _material(self.assistant.index)

    def course(self, request: Request) -> str:
        """Return the name of the course that a request is about: ``?course=``, else the first."""
        asked = request.query_params.get("course", "")
        return asked if asked in self.courses else next(iter(self.courses), "")


_MATERIALS: WeakKeyDictionary[Searchable, Material] = WeakKeyDictionary()
"""By index: instructors who see other courses have others. Each goes with its index."""
_reading = Lock()


def _material(index: Searchable) -> Material:
    found = _MATERIALS.get(index)
    if found is None:
        # One at a time: the second who asks for the same finds it read.
        with _reading:
            found = _MATERIALS.get(index)
            if found is None:
                found = _MATERIALS[index] = Material.from_index(index)
    return found


def desk_of(request: Request) -> Desk:
    """Return the desk that a request is served from."""
    desk: Desk = request.state.desk
    return desk


def language_of(request: Request) -> Language:
    """Return the language of the interface: ``?lang=``, else what the browser prefers."""
    return interface_language(
        request.query_params.get("lang", ""), request.headers.get("accept-language", "")
    )


def words_of(request: Request) -> Words:
    """Return the texts of the interface."""
    return Words(language_of(request))


def address(request: Request, path: str, **query: str) -> str:
    """Return an address of the workbench that keeps the chosen course and language."""
    kept = {
        name: request.query_params[name]
        for name in ("course", "lang")
        if request.query_params.get(name)
    }
    said = {name: value for name, value in {**kept, **query}.items() if value}
    return f"{path}?{urlencode(said, errors='replace')}" if said else path


def render(
    request: Request,
    template: str,
    title: str,
    *,
    status: int = HTTPStatus.OK,
    headers: Mapping[str, str] | None = None,
    **context: Any,  # noqa: ANN401 — whatever the template shows
) -> HTMLResponse:
    """Return a page; ``template`` extends ``instructor/base.html`` and fills its block ``main``.

    Templates know ``w`` (the texts), ``language``, ``title``, ``course`` (name), ``courses``,
    ``visitor`` (None before the login), ``desk``, ``request`` and ``address(path, **query)``.
    """
    desk = desk_of(request)
    language = language_of(request)
    visitor = getattr(request.state, "visitor", None)
    other = other_language(language)
    path = request.url.path
    current = max(
        (where for _, where in NAVIGATION if path == where or path.startswith(f"{where}/")),
        key=len,
        default="",
    )
    query = [(k, v) for k, v in request.query_params.multi_items() if k != "lang"]
    # A page that answers a form has an address that cannot be asked for; its list can.
    here = path if request.method in ("GET", "HEAD") else current or ROOT
    known = {
        "w": Words(language),
        "language": language,
        "title": title,
        "desk": desk,
        "request": request,
        "visitor": visitor,
        "course": desk.course(request),
        "courses": desk.courses if visitor else {},
        "navigation": NAVIGATION if visitor else (),
        "current": current,
        "switch": f"{here}?{urlencode([*query, ('lang', other)], errors='replace')}",
        "other": other,
        "here": here,
        "address": lambda path, **query: address(request, path, **query),
    }
    html = ENVIRONMENT.get_template(template).render({**known, **context})
    return HTMLResponse(html.encode("utf-8", "replace"), int(status), headers=dict(headers or {}))
