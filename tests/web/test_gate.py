"""Gradio's own endpoints, as far as they are needed."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

Serve = Callable[[object], str]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/gradio_api/upload"),
        ("GET", "/gradio_api/upload_progress?upload_id=x"),
        ("GET", "/gradio_api/file=/etc/passwd"),
        ("GET", "/gradio_api/file/etc/passwd"),
        ("GET", "/gradio_api/proxy=https://example.org/"),
        ("GET", "/gradio_api/dev/reload"),
        ("GET", "/gradio_api/deep_link"),
        ("GET", "/gradio_api/monitoring"),
        ("POST", "/gradio_api/queue/joint"),
    ],
)
def test_what_the_page_does_not_need_is_not_there(
    serve: Serve, scripted: object, method: str, path: str
) -> None:
    """No uploads, no files, no other hosts."""
    answer = httpx.request(method, serve(scripted) + path, files={"files": b"x"})
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_other_sites_and_great_bodies_are_refused(serve: Serve, scripted: object) -> None:
    """Before Gradio reads them."""
    address = f"{serve(scripted)}/gradio_api/queue/join"
    foreign = httpx.post(address, json={}, headers={"Origin": "http://example.org"})
    assert foreign.status_code == 403
    great = httpx.post(address, content=b"x" * 3_000_001)
    assert great.status_code == 413


def test_the_tools_are_described(serve: Serve, scripted: object) -> None:
    """Programs may ask what there is, and find the two tools alone."""
    told = httpx.get(f"{serve(scripted)}/gradio_api/info").json()
    assert set(told["named_endpoints"]) == {"/ask_course", "/search_course"}
