"""Texts ▶ the sign-in page: a form without a script."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from http import HTTPStatus
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse

from coursebot.types import Language
from coursebot.web.document import document, other_language, switch
from coursebot.web.reader.languages import interface_language
from coursebot.web.signin.words import TEXTS

PATH = "/sign-in"
OUT = "/sign-out"

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Frame-Options": "DENY",
    # A browser would otherwise send the form without the origin that it is checked by.
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def language_of(request: Request) -> Language:
    """Return the page's language: ``?lang=``, else what the browser prefers."""
    return interface_language(
        request.query_params.get("lang", ""), request.headers.get("accept-language", "")
    )


def form(
    request: Request,
    *,
    way: str,
    name: str = "",
    notice: str = "",
    passwords: bool,
    openid: bool,
    status: int = HTTPStatus.OK,
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """Return the page with the ways in that there are; ``notice`` says why it came to nothing."""
    words = TEXTS[language_of(request)]
    parts = [f'<p class="notice" role="alert">{escape(notice)}</p>\n'] if notice else []
    lang = request.query_params.get("lang", "")
    here = f"{PATH}?{urlencode({'lang': lang})}" if lang else PATH
    if openid:
        address = f"{PATH}/openid?{urlencode({'next': way})}"
        parts.append(f'<p><a href="{escape(address)}">{escape(words["openid"])}</a></p>\n')
    if passwords:
        parts.append(
            f'<form class="search" method="post" action="{escape(here)}">'
            f'<input type="hidden" name="next" value="{escape(way)}">'
            f'<label>{escape(words["name"])} <input name="name" value="{escape(name[:64])}" '
            'autocomplete="username" autocapitalize="none" spellcheck="false" required></label>'
            f'<label>{escape(words["password"])} <input name="password" type="password" '
            'autocomplete="current-password" required></label>'
            f"<button>{escape(words['send'])}</button></form>\n"
        )
    if not openid and not passwords:
        parts.append(f"<p>{escape(words['closed'])} {escape(words['closed_hint'])}</p>\n")
    return _page(request, words["title"], "".join(parts), status, headers)


def known(request: Request, name: str, *, way: str, leaves: bool) -> HTMLResponse:
    """Return the page of who is signed in already; ``leaves``: and can sign out."""
    words = TEXTS[language_of(request)]
    body = f"<p>{escape(words['done'].format(name=name))}</p>\n"
    body += f'<p><a href="{escape(way)}">{escape(words["on"])}</a></p>\n'
    if leaves:
        body += (
            f'<form class="search" method="post" action="{OUT}">'
            f"<button>{escape(words['out'])}</button></form>\n"
        )
    return _page(request, words["title"], body, HTTPStatus.OK, None)


def _page(
    request: Request, title: str, body: str, status: int, headers: Mapping[str, str] | None
) -> HTMLResponse:
    language = language_of(request)
    other = other_language(language)
    query = [(k, v) for k, v in request.query_params.multi_items() if k != "lang"]
    address = f"{PATH}?{urlencode([*query, ('lang', str(other))], errors='replace')}"
    there = switch(other, address, TEXTS[language]["other"])
    html = document(
        language,
        title,
        bar=f'<a href="/">coursebot</a>{there}',
        main=f'<div class="reader sign-in"><h1>{escape(title)}</h1>\n{body}</div>',
    )
    return HTMLResponse(
        html.encode("utf-8", "replace"), status, headers={**HEADERS, **(headers or {})}
    )
