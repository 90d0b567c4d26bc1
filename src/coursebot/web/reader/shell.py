"""Fragment ▶ a whole page without a script, or the fragment alone, and its headers."""

from __future__ import annotations

from html import escape
from urllib.parse import urlencode

from fastapi.responses import HTMLResponse

from coursebot.web import visiting
from coursebot.web.document import document, other_language, switch
from coursebot.web.reader.fragments import Fragment, View
from coursebot.web.text import TEXTS

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'self'"
)
"""No script, nothing from elsewhere: a course is data."""

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept-Language",
    "Cache-Control": "no-cache",
}


def response(
    view: View, fragment: Fragment, *, status: int = 200, tag: str = "", here: str = ""
) -> HTMLResponse:
    """Return the answer to a request; ``tag`` is its ETag.

    ``here`` is the page's own address without a language, for the link to the other one.
    """
    html = fragment.html if view.pane else _page(view, fragment, here)
    headers = {**HEADERS, "ETag": tag} if tag else HEADERS
    return HTMLResponse(html.encode("utf-8", "replace"), status_code=status, headers=headers)


def _page(view: View, fragment: Fragment, here: str) -> str:
    other = other_language(view.language)
    address = f"{here}{'&' if '?' in here else '?'}lang={other}"
    course = f"?{urlencode({'course': fragment.course})}" if fragment.course else ""
    ask = f'<a href="{escape(f"/{course}")}">{view.say("ask")}</a>'
    there = switch(other, address, TEXTS[view.language]["other_language"])
    return document(
        view.language,
        fragment.title,
        bar=f"{ask}{_visitor(view, here)}{there}",
        main=fragment.html,
    )


def _visitor(view: View, here: str) -> str:
    """Return who is signed in, or the way to sign in and back to here, where there is one."""
    name = visiting.current().name
    if not name and not visiting.offered():
        return ""
    address = f"/sign-in?{urlencode({'next': here or '/read/'}, errors='replace')}"
    said = escape(name or TEXTS[view.language]["sign_in"])
    return f'<a href="{escape(address)}">{said}</a>'
