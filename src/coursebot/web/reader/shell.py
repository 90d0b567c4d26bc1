"""Fragment ▶ a whole page without a script, or the fragment alone, and its headers."""

from __future__ import annotations

from html import escape
from urllib.parse import urlencode

from fastapi.responses import HTMLResponse

from coursebot.types import Language
from coursebot.web import visiting
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

_PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<link rel="stylesheet" href="/reader.css">
</head>
<body class="reader-page">
<header class="reader-bar"><a href="{ask}">{ask_text}</a>{visitor}{switch}</header>
<main>
{body}</main>
</body>
</html>
"""


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
    other = Language.EN if view.language is Language.JA else Language.JA
    switch = f"{here}{'&' if '?' in here else '?'}lang={other}"
    course = f"?{urlencode({'course': fragment.course})}" if fragment.course else ""
    return _PAGE.format(
        language=view.language,
        title=escape(fragment.title),
        ask=escape(f"/{course}"),
        visitor=_visitor(view, here),
        ask_text=view.say("ask"),
        switch=(
            f'<a href="{escape(switch)}" lang="{other}" hreflang="{other}">'
            f"{escape(TEXTS[view.language]['other_language'])}</a>"
        ),
        body=fragment.html,
    )


def _visitor(view: View, here: str) -> str:
    """Return who is signed in, or the way to sign in and back to here, where there is one."""
    name = visiting.current().name
    if not name and not visiting.offered():
        return ""
    address = f"/sign-in?{urlencode({'next': here or '/read/'}, errors='replace')}"
    said = escape(name or TEXTS[view.language]["sign_in"])
    return f'<a href="{escape(address)}">{said}</a>'
