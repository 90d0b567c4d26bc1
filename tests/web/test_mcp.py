"""The tools that language models call, with a real MCP client on the whole server."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeVar

import httpx
import pytest
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, TextContent

from coursebot.assistant import Assistant
from coursebot.web import tools
from coursebot.web.server import create
from tests.api_server import LONG, UNKNOWN, open_assistant
from tests.loops import run_apart
from tests.web.conftest import running

T = TypeVar("T")


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    """Return an assistant on the small course."""
    return open_assistant(tmp_path_factory.mktemp("mcp"), answered_above=0.05)


@pytest.fixture(scope="module")
def address(assistant: Assistant) -> Iterator[str]:
    """Return the address of the whole server."""

    async def build() -> Any:  # noqa: ANN401 — an application
        return create(assistant)

    # Outside of a running loop Gradio makes several of its own and never closes them.
    with running(in_a_thread(build)) as found:
        yield found


def in_a_thread(work: Callable[[], Awaitable[T]]) -> T:
    """Run a coroutine where no browser test has left a loop running."""

    async def done() -> T:
        return await work()

    return run_apart(done())


def with_session(address: str, work: Callable[[ClientSession], Awaitable[T]]) -> T:
    """Return what ``work`` makes of a session with the server."""

    async def connected() -> T:
        async with (
            httpx.AsyncClient(trust_env=False) as client,
            streamable_http_client(f"{address}{tools.PATH}", http_client=client) as (
                read,
                write,
                _,
            ),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            return await work(session)

    return in_a_thread(connected)


def call(address: str, name: str, **arguments: object) -> CallToolResult:
    """Call a tool."""
    return with_session(address, lambda session: session.call_tool(name, arguments))


def text(result: CallToolResult) -> str:
    """Return a result's one text."""
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


def test_two_tools_are_listed(address: str) -> None:
    """And nothing of the page's own; each says what it takes and returns."""
    listed = with_session(address, lambda session: session.list_tools()).tools
    assert [tool.name for tool in listed] == ["ask_course", "search_course"]
    asking, searching = listed
    assert asking.inputSchema["required"] == ["question"]
    assert list(asking.inputSchema["properties"]) == ["question", "course"]
    assert searching.inputSchema["required"] == ["query"]
    assert searching.inputSchema["properties"]["top_k"]["default"] == 5
    for word in ("answered", "unsure", "not_covered", "verbatim", "address"):
        assert word in (asking.description or "")
    for tool in listed:
        for field in tool.inputSchema["properties"].values():
            assert field["description"]


def test_ask_course_quotes_and_tells_where(address: str) -> None:
    """The address opens the reader at the quote."""
    result = call(address, "ask_course", question=LONG, course="kites")
    assert not result.isError
    answer = json.loads(text(result))
    assert answer["state"] == "answered"
    assert answer["confidence"] in ("high", "medium", "low")
    quote = "The main line of the kite is 30 metres long."
    assert quote in answer["text"]
    first = answer["citations"][0]
    assert (first["number"], first["quote"], first["headings"], first["lines"]) == (
        1,
        quote,
        ["Kites", "Lines"],
        [7, 7],
    )
    assert first["address"].startswith(f"{address}/read/kites/kites.md?marks=1:")
    assert answer["courses"] == {"kites": "Kites"}
    page = httpx.get(first["address"], trust_env=False)
    assert (page.status_code, quote in page.text) == (200, True)


def test_ask_course_says_what_is_not_covered(address: str) -> None:
    """With no quotes."""
    answer = json.loads(text(call(address, "ask_course", question=UNKNOWN)))
    assert (answer["state"], answer["citations"]) == ("not_covered", [])


def test_search_course_finds_passages(address: str, assistant: Assistant) -> None:
    """The assistant's own, in its order."""
    result = call(address, "search_course", query="sport kite lines", course="kites", top_k=2)
    found = json.loads(text(result))["passages"]
    expected = assistant.search("sport kite lines", course="kites", top_k=2)
    assert [each["text"] for each in found] == [hit.passage.text for hit in expected]
    assert found[0]["address"] == f"{address}/read/kites/kites.md#lines"


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        (
            "ask_course",
            {"question": "?!"},
            "The question has no words in it. Type a question in Japanese or English.",
        ),
        (
            "ask_course",
            {"question": "kite", "course": "no"},
            "There is no course 'no'. Courses: kites.",
        ),
        ("search_course", {"query": "kite", "top_k": 21}, "top_k must be from 1 to 20."),
        ("search_course", {"query": 7}, "Input validation error: 7 is not of type 'string'"),
    ],
)
def test_a_mistake_is_told_in_words(
    address: str, name: str, arguments: dict[str, object], message: str
) -> None:
    """As a tool's error, which a language model can act upon."""
    result = call(address, name, **arguments)
    assert (result.isError, text(result)) == (True, message)


def test_only_the_tools_can_be_called_from_outside(address: str) -> None:
    """Gradio's own list of endpoints has no other; nor does it describe anything else."""
    info = httpx.get(f"{address}/gradio_api/info", trust_env=False).json()
    assert list(info["named_endpoints"]) == ["/ask_course", "/search_course"]
    assert info["unnamed_endpoints"] == {}
    for path in ("/openapi.json", "/docs", "/redoc"):
        assert httpx.get(f"{address}{path}", trust_env=False).status_code == 404


def test_the_api_is_on_the_same_server(address: str) -> None:
    """Its problems are its own, not Gradio's."""
    answer = httpx.get(f"{address}/api/v1/ask", params={"question": LONG}, trust_env=False)
    assert answer.json()["state"] == "answered"
    missing = httpx.get(f"{address}/api/v1/nothing", trust_env=False)
    assert missing.headers["content-type"] == "application/problem+json"
