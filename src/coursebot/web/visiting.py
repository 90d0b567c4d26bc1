"""Who the request at hand is from; whatever runs without being told serves nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from typing import Any, TypeVar

from coursebot.people import NOBODY, Person
from coursebot.types import Course

T = TypeVar("T")

KEY = "coursebot.person"
"""In an ASGI scope: the person, put there by the first middleware alone."""

OPEN_KEY = "coursebot.signin"
"""In an ASGI scope: whether anybody can sign in by name."""

_current: ContextVar[Person] = ContextVar("person", default=NOBODY)


_offered: ContextVar[bool] = ContextVar("offered", default=False)


def offered() -> bool:
    """Return whether anybody can sign in by name, so that a page may lead there."""
    return _offered.get()


def current() -> Person:
    """Return who is served now."""
    return _current.get()


def sees(course: Course) -> bool:
    """Whether who is served now may see a course."""
    return current().sees(course)


@contextmanager
def serving(person: Person, *, offered: bool = False) -> Iterator[None]:
    """Serve ``person`` inside, in this thread or task and what it starts."""
    tokens = _current.set(person), _offered.set(offered)
    try:
        yield
    finally:
        _current.reset(tokens[0])
        _offered.reset(tokens[1])


def person_of(request: Any) -> Person:  # noqa: ANN401 — Starlette's request, or Gradio's around it
    """Return who sent a request; nobody when that was never found out."""
    inner = getattr(request, "request", request)
    scope = getattr(inner, "scope", None)
    found = scope.get(KEY) if isinstance(scope, dict) else None
    return found if isinstance(found, Person) else NOBODY


def stepwise(person: Person, make: Callable[[], Iterator[T]]) -> Iterator[T]:
    """Yield what a generator does, each step of it serving ``person``.

    Gradio takes every step in another thread, whose context is not that of the request.
    """
    context = copy_context()
    context.run(_current.set, person)
    steps = context.run(make)
    try:
        while True:
            try:
                step = context.run(next, steps)
            except StopIteration:
                return
            yield step
    finally:
        close = getattr(steps, "close", None)
        if close is not None:
            context.run(close)
