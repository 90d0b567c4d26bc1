"""What stands around a page of plain HTML: the reader's, and the one to sign in."""

from __future__ import annotations

from html import escape

from coursebot.types import Language

_DOCUMENT = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<link rel="stylesheet" href="/reader.css">
</head>
<body class="reader-page">
<header class="reader-bar">{bar}</header>
<main>
{main}</main>
</body>
</html>
"""


def document(language: Language, title: str, *, bar: str, main: str) -> str:
    """Return a whole page; ``bar`` and ``main`` are HTML, ``title`` is text."""
    return _DOCUMENT.format(language=language, title=escape(title), bar=bar, main=main)


def other_language(language: Language) -> Language:
    """Return the interface's other language."""
    return Language.EN if language is Language.JA else Language.JA


def switch(to: Language, address: str, text: str) -> str:
    """Return the link to a page in its other language."""
    return f'<a href="{escape(address)}" lang="{to}" hreflang="{to}">{escape(text)}</a>'
