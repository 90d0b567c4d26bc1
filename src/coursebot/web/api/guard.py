"""Requests ▶ those that are let in; whatever happens to them is told in the API's own form."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from coursebot.web.api.problems import ProblemError, problem_of, response

LARGEST = 256 * 1024
"""Bytes of a body."""

_READING = ("GET", "HEAD", "OPTIONS")
_PORTS = {"http": ":80", "https": ":443"}


class Guard:
    """ASGI middleware that refuses before anything is read, or as soon as it is too much."""

    def __init__(self, application: ASGIApp, largest: int = LARGEST) -> None:
        self._application = application
        self._largest = largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through; answer with a problem what may not pass, or what fails."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        headers = Headers(scope=scope)
        begun = False

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            if scope["method"] not in _READING:
                check_origin(headers)
            body = await read_body(headers, receive, self._largest)
            await self._application(scope, replay(body, receive), noted)
        # Whatever it is, a client that was told nothing yet is told in the API's own form.
        except Exception as error:
            if begun:
                raise
            await response(problem_of(error))(scope, receive, send)


def check_origin(headers: Headers) -> None:
    """Raise ProblemError when a page of another site sent this."""
    origin = headers.get("origin")
    if origin is None:
        return
    # Where a proxy rewrites Host, it keeps the browser's in X-Forwarded-Host; no page of
    # another site can set that without being asked for leave first, which is never given.
    hosts = {headers.get("host", ""), headers.get("x-forwarded-host", "")} - {""}
    sent_by = _host(origin)
    if sent_by is None or sent_by not in {_host(f"//{host}", origin) for host in hosts}:
        raise ProblemError(
            HTTPStatus.FORBIDDEN,
            "A page of another site may not send this.",
            "Send it from a program, or from a page of this host.",
        )


def check_sender(headers: Headers) -> None:
    """Raise ProblemError unless a page of this site sent this.

    Browsers say so in ``Sec-Fetch-Site`` where the connection can be trusted, and in ``Origin``
    everywhere; what says neither is no browser and is refused as well, so that no token is needed.
    """
    site = headers.get("sec-fetch-site")
    if site not in (None, "same-origin") or (site is None and "origin" not in headers):
        raise ProblemError(
            HTTPStatus.FORBIDDEN,
            "A page of another site may not send this.",
            "Send it from a page of this site.",
        )
    if site is None or "origin" in headers:
        check_origin(headers)


def _host(address: str, like: str = "") -> str | None:
    """Return an address's host and port, without its scheme's own port; None if it has none."""
    try:
        parts = urlsplit(address)
        scheme = parts.scheme or urlsplit(like).scheme
    except ValueError:
        return None
    return parts.netloc.casefold().removesuffix(_PORTS.get(scheme, ":")) or None


async def read_body(headers: Headers, receive: Receive, largest: int) -> bytes:
    """Return the whole body; raises ProblemError when it is too large."""
    length = headers.get("content-length", "0")
    if length.isdecimal() and int(length[:12]) > largest:
        raise _too_large(largest)
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return bytes(body)
        body += message.get("body", b"")
        if len(body) > largest:
            raise _too_large(largest)
        if not message.get("more_body", False):
            return bytes(body)


def replay(body: bytes, receive: Receive) -> Receive:
    """Return a ``receive`` that gives the body once, and then what comes after it."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def _too_large(largest: int) -> ProblemError:
    return ProblemError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        f"The body is larger than {largest // 1024} kB.",
        "Shorten it and send it again.",
    )
