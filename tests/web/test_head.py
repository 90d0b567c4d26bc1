"""Gradio's HTML ▶ the same with our head first."""

from __future__ import annotations

import re

import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from coursebot.web.head import Head

PAGE = "<html><head><title>日本</title></head><body><head></body></html>"


async def _page(_request: object) -> Response:
    return HTMLResponse(PAGE)


async def _pieces(_request: object) -> Response:
    return StreamingResponse(iter([PAGE[:9], PAGE[9:]]), media_type="text/html; charset=utf-8")


async def _data(_request: object) -> Response:
    return JSONResponse({"is": "<head>"})


@pytest.fixture
def client() -> TestClient:
    """Return a client of an application whose page, pieces and data get the head."""
    routes = [
        Route("/", _page),
        Route("/pieces", _pieces),
        Route("/data", _data),
        Route("/other", _page),
    ]
    return TestClient(
        Head(Starlette(routes=routes), "<script>前</script>", ["/", "/pieces", "/data"])
    )


@pytest.mark.parametrize("path", ["/", "/pieces"])
def test_the_head_comes_first(client: TestClient, path: str) -> None:
    """Once, and the length is told right."""
    answer = client.get(path)
    nonce = re.search('nonce="([^"]+)"', answer.text)
    assert nonce
    script = f'<script nonce="{nonce[1]}">前</script>'
    assert answer.text == PAGE.replace("<head>", f"<head>{script}", 1)
    assert f"'nonce-{nonce[1]}'" in answer.headers["content-security-policy"]
    assert client.get(path).text != answer.text  # a nonce is for once
    assert answer.headers["content-length"] == str(len(answer.content))


@pytest.mark.parametrize("path", ["/data", "/other", "/missing"])
def test_all_else_passes_through(client: TestClient, path: str) -> None:
    """Other paths and other kinds are not touched."""
    assert "<script>" not in client.get(path).text


def test_asking_for_the_head_alone(client: TestClient) -> None:
    """A HEAD request is answered without a body."""
    assert client.head("/").status_code == 200
