"""Language ▶ what stands around the conversation: welcome, the reader's frame, dialogs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape

from coursebot import suggestions
from coursebot.assistant import Assistant
from coursebot.people import Person
from coursebot.types import Course, Language
from coursebot.web.text import TEXTS
from coursebot.web.turns import Words, chips
from coursebot.web.wire import reader_address

HEADINGS = 12
"""Headings of a course that are named on the empty page."""
COURSES = 30
"""Courses that are named on the empty page."""

KEYS = (
    ("Alt+Q", "keys_question"),
    ("Enter", "keys_send"),
    ("↑", "keys_last"),
    ("Alt+A", "keys_answer"),
    ("Enter", "keys_cite"),
    ("Alt+R", "keys_reader"),
    ("Alt+K", "keys_help"),
    ("Esc", "keys_close"),
)
"""Shortcuts and what they do; page.js acts on them."""


def welcome(assistant: Assistant, language: Language, course: str | None) -> str:
    """Return the empty page: what the courses cover, and questions to begin with."""
    words = TEXTS[language]
    index = assistant.index
    courses = [index.courses[course]] if course in index.courses else list(index.courses.values())
    offered = suggestions.starters(index, language, course)
    parts = [f'<div class="welcome"><p class="lead">{escape(words["welcome"])}</p>']
    if offered:
        parts.append(f"<h2>{escape(words['starters'])}</h2>{chips(offered)}")
    if len(courses) == 1:
        parts.extend(_contents(assistant, courses[0], words))
    elif courses:
        listed = "".join(f"<li>{_named(one)}</li>" for one in courses[:COURSES])
        parts.append(f'<h2>{escape(words["courses"])}</h2><ul class="courses">{listed}</ul>')
    return "".join([*parts, "</div>"])


def _named(course: Course) -> str:
    about = f"<br><small>{escape(course.description)}</small>" if course.description else ""
    lang = f' lang="{escape(course.language)}"' if course.language else ""
    return f"<span{lang}><strong>{escape(course.title)}</strong>{about}</span>"


def _contents(assistant: Assistant, course: Course, words: Words) -> Iterator[str]:
    lang = f' lang="{escape(course.language)}"' if course.language else ""
    yield f"<h2>{escape(words['covers'])}</h2>"
    if course.description:
        yield f"<p{lang}>{escape(course.description)}</p>"
    yield f'<ul class="contents"{lang}>'
    shown: dict[str, str] = {}
    for section in assistant.index.sections.values():
        if section.course == course.name and section.level == 1 and section.heading_path:
            address = reader_address(section.path, anchor=section.reader_anchor)
            shown.setdefault(section.heading_path[-1], address)
    for heading, address in list(shown.items())[:HEADINGS]:
        yield f'<li><a class="place-link" href="{escape(address)}">{escape(heading)}</a></li>'
    yield "</ul>"


def reader(words: Words) -> str:
    """Return the reader's frame; page's script fills it."""
    return (
        f'<div class="pane" role="region" aria-label="{escape(words["reader"])}">'
        f'<div class="pane-bar"><button type="button" class="act back" data-action="back" '
        f'aria-label="{escape(words["back"])}" hidden>←</button><strong class="pane-title">'
        f"{escape(words['reader'])}</strong>"
        f'<button type="button" class="act close" data-action="close-reader" '
        f'aria-label="{escape(words["close_reader"])}">✕</button></div>'
        '<div class="pane-body" tabindex="-1"></div></div>'
    )


def visitor(person: Person, words: Words, *, offered: bool) -> str:
    """Return who is signed in, or the way to sign in where there is one."""
    if not person.name and not offered:
        return ""
    said = person.name or words["sign_in"]
    label = ""
    if person.name:
        told = escape(words["signed_in"].format(name=said))
        label = f' aria-label="{told}" data-name="{escape(said)}"'
    return f'<a class="visitor" href="/sign-in"{label}>{escape(said)}</a>'


def dialogs(assistant: Assistant, language: Language) -> str:
    """Return the dialogs, the strings that the page's script says, and where it says them."""
    words = TEXTS[language]
    told = {
        **words,
        "ask_about_in": {other.value: TEXTS[other]["ask_about_question"] for other in Language},
        "courses": {course.name: course.title for course in assistant.courses.values()},
    }
    spoken = escape(json.dumps(told, ensure_ascii=False))
    keys = "".join(
        f"<tr><th><kbd>{escape(key)}</kbd></th><td>{escape(words[does])}</td></tr>"
        for key, does in KEYS
    )
    return (
        f'<div id="words" hidden data-words="{spoken}"></div>'
        '<div id="live" class="unseen" role="status" aria-live="polite"></div>'
        + _dialog("help", words, f'<table class="keys">{keys}</table>')
        + _dialog("privacy", words, "".join(_kept(assistant, words)))
        + _dialog(
            "embed",
            words,
            f"<p>{escape(words['embed_how'])}</p><pre><code class='iframe'></code></pre>"
            f"<p><button type='button' data-action='copy-embed'>{escape(words['copy'])}</button>"
            ' <span class="said-back" role="status"></span></p>',
        )
    )


def _kept(assistant: Assistant, words: Words) -> Iterator[str]:
    if assistant.settings.keep_unanswered:
        yield f"<p>{escape(words['kept_unanswered'])}</p>"
        yield (
            '<p><label><input type="checkbox" data-action="object"> '
            f"{escape(words['kept_object'])}</label></p>"
        )
    else:
        yield f"<p>{escape(words['kept_none'])}</p>"
    yield f"<p>{escape(words['kept_feedback'])}</p><p>{escape(words['kept_browser'])}</p>"


def _dialog(name: str, words: Words, body: str) -> str:
    return (
        f'<dialog id="{name}-dialog" aria-labelledby="{name}-title">'
        f'<form method="dialog"><h2 id="{name}-title">{escape(words[name])}</h2>'
        f'<button class="act" aria-label="{escape(words["close"])}">✕</button></form>'
        f"{body}</dialog>"
    )
