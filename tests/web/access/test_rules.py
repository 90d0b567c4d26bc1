"""Every route of the real application, and who may call it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from coursebot.web.access.rules import TABLE, Who, there
from tests.web.access.conftest import WORD, School


def routes(router: Any, before: str = "") -> Iterator[tuple[str, tuple[str, ...]]]:  # noqa: ANN401
    """Yield path and methods of all routes, those of included and mounted parts too."""
    for route in router.routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from routes(inner, before)
            continue
        path = before + getattr(route, "path", "")
        below = getattr(getattr(route, "app", None), "routes", None)
        if below is not None and not getattr(route, "methods", None):
            yield from routes(route.app, path)
        elif path:
            yield path, tuple(getattr(route, "methods", None) or ("GET",))


@pytest.fixture(scope="module")
def all_routes(school_in_folders: School) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return every route of the application that the school is served with."""
    found = tuple(routes(school_in_folders.application))
    assert len(found) > 120
    return found


def concrete(path: str) -> str:
    """Return an address that a path's pattern fits."""
    path = path.replace("{path:path}", "vault/vault.md").replace("{api_name}", "search_course")
    return re.sub(r"{(\w+)(:path)?}", "x", path)


def test_every_route_is_in_the_table(all_routes: tuple[tuple[str, tuple[str, ...]], ...]) -> None:
    """Whoever adds one says who may call it."""
    assert sorted({path for path, _ in all_routes} - TABLE.keys()) == []


def test_what_nobody_may_call_is_not_there(
    member: httpx.Client, all_routes: tuple[tuple[str, tuple[str, ...]], ...]
) -> None:
    """With any of its methods, for somebody who is signed in too."""
    closed = [(path, how) for path, how in all_routes if TABLE.get(path) is Who.NOBODY]
    assert len(closed) > 30
    for path, methods in closed:
        for method in methods:
            assert member.request(method, concrete(path)).status_code == 404, (method, path)


def test_the_workbench_is_for_those_who_teach(
    member: httpx.Client, all_routes: tuple[tuple[str, tuple[str, ...]], ...]
) -> None:
    """A learner gets nothing of it but the style of its door."""
    for path, methods in all_routes:
        if TABLE.get(path) is Who.TEACHERS:
            for method in methods:
                answer = member.request(method, concrete(path))
                assert answer.status_code == 403, (method, path)


def test_no_address_tells_of_a_restricted_course(
    outsider: httpx.Client, all_routes: tuple[tuple[str, tuple[str, ...]], ...]
) -> None:
    """Whatever is asked of it: not a word of its text, and not its name."""
    asked = {"q": WORD, "question": WORD, "course": "vault", "path": "vault/vault.md"}
    streams = re.compile("/gradio_api/(mcp/sse|queue/data|heartbeat|startup-events|call)")
    for path, methods in all_routes:
        if TABLE.get(path) is not Who.ANYONE or "GET" not in methods or streams.match(path):
            continue
        for query in ({}, asked, {"q": "vault"}):
            text = outsider.get(concrete(path), params=query).text
            text = text.replace("vault/vault.md", "").replace("course=vault", "")
            assert "combination of" not in text, path
            assert "Vault Course" not in text, path
            if query is not asked:
                assert WORD not in text, path


@pytest.mark.parametrize(
    "path", ["/nothing", "/loginx", "/gradio_api/queue/join/x", "/x/instructor", "/__routes__"]
)
def test_what_is_not_in_the_table_is_not_there(member: httpx.Client, path: str) -> None:
    """Whatever a library adds behind our back."""
    assert not there(path)
    assert member.get(path).status_code == 404
