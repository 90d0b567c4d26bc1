"""Courses, search results and files ▶ HTML fragments, the same in the pane and in a page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import urlencode

from coursebot.index import Searchable
from coursebot.types import Course, Language, Section
from coursebot.web.reader.catalog import File, files, neighbours
from coursebot.web.reader.results import Result
from coursebot.web.text import TEXTS
from coursebot.web.wire import reader_address

MANY = 2000
"""Sections above which only files are listed."""
OPEN = 3
"""Files up to which their sections are shown at once."""


@dataclass(frozen=True, slots=True)
class View:
    """How something is shown."""

    index: Searchable
    language: Language
    """Of the interface."""
    pane: bool
    """Inside the page, whose script knows the language; otherwise a page of its own."""
    chosen: str = ""
    """The language, if the address says it: its links keep it."""

    def text(self, key: str, **values: object) -> str:
        """Return a string of the interface; ``key`` is without its prefix."""
        return TEXTS[self.language][f"reader_{key}"].format(**values)

    def say(self, key: str, **values: object) -> str:
        """Return a string of the interface as HTML."""
        return escape(self.text(key, **values))

    def address(self, path: str = "", *, anchor: str = "", **query: str) -> str:
        """Return where something stands in the reader."""
        page, hash_, fragment = reader_address(path, anchor=anchor).partition("#")
        asked = {**query, "lang": "" if self.pane else self.chosen}
        said = urlencode({name: value for name, value in asked.items() if value}, errors="replace")
        return f"{page}?{said}{hash_}{fragment}" if said else f"{page}{hash_}{fragment}"


@dataclass(frozen=True, slots=True)
class Fragment:
    """What stands in the pane, or in the page's ``<main>``."""

    title: str
    html: str
    course: str = ""
    """Name of the course that it belongs to."""


def framed(
    view: View, title: str, parts: Iterable[str], *, path: str = "", course: str = "", kind: str
) -> Fragment:
    """Return ``parts`` in the element that carries path and title; ``kind`` is its second class."""
    html = (
        f'<div class="reader {kind}" lang="{view.language}" data-path="{escape(path)}" '
        f'data-title="{escape(title)}">\n{"".join(parts)}</div>\n'
    )
    return Fragment(title, html, course)


def overview(view: View, course: str | None, notice: str = "") -> Fragment:
    """Return all courses, or one of them, with their files and sections; ``notice`` is HTML."""
    courses = view.index.courses
    shown = [courses[course]] if course is not None else list(courses.values())
    title = shown[0].title if course is not None else view.text("courses")
    held: dict[str, list[File]] = {one.name: [] for one in shown}
    for file in files(view.index).values():
        if file.course.name in held:
            held[file.course.name].append(file)
    count = sum(len(own) for own in held.values())
    brief = sum(len(file.sections) for own in held.values() for file in own) > MANY
    parts = [_crumbs(view, [shown[0]] if course is not None else []), _search(view, course)]
    parts.append(notice)
    if course is None:
        parts.append(f"<h1>{escape(title)}</h1>\n")
    level = 1 if course is not None else 2
    for one in shown:
        own = held[one.name]
        parts.append(_course(view, one, own, level=level, brief=brief, unfold=count <= OPEN))
    if not count:
        parts.append(f'<p class="notice">{view.say("none")}</p>\n')
    return framed(view, title, parts, course=course or "", kind="overview")


def found(view: View, query: str, course: str | None, given: Sequence[Result]) -> Fragment:
    """Return a search's results."""
    title = view.text("results_of", query=query)
    said = view.say("count", n=len(given)) if given else view.say("nothing", query=query)
    if given and not any(result.has_words for result in given):
        said = view.say("near")
    own = [view.index.courses[course]] if course is not None else []
    parts = [
        _crumbs(view, own, view.text("results")),
        _search(view, course, query),
        f'<h1>{escape(title)}</h1>\n<p class="count" role="status">{said}</p>\n',
    ]
    if given:
        parts.append(f'<ol class="results">\n{"".join(_result(view, one) for one in given)}</ol>\n')
    return framed(view, title, parts, course=course or "", kind="found")


def file_page(
    view: View, file: File, article: str, *, lost: Sequence[int], lines: bool
) -> Fragment:
    """Return a whole file; ``lost`` are the quotes that are not in it any more.

    ``lines``: what is marked are lines, which have no number.
    """
    notices = [f'<p class="notice">{view.say("lost", n=number)}</p>\n' for number in lost]
    headed = [section for section in file.sections if section.reader_anchor]
    parts = [_crumbs(view, [file.course], file.title), _search(view, file.course.name), *notices]
    if len(headed) > 1:
        links = [
            (section, f"#{escape(_fragment(section.reader_anchor))}", section.heading_path[-1])
            for section in headed
        ]
        label = view.say("contents")
        # In the pane the text itself comes first.
        parts.append(
            f'<details class="toc"{"" if view.pane else " open"}><summary>{label}</summary>'
            f'<nav class="outline" aria-label="{label}"{_lang(file.course)}>{_nested(links)}</nav>'
            "</details>\n"
        )
    kind = "file lines" if lines else "file"
    parts += [article, _neighbours(view, file)]
    return framed(view, file.title, parts, path=file.path, course=file.course.name, kind=kind)


def refused(view: View, said: str) -> Fragment:
    """Return what is shown in place of something that is not there; ``said`` is HTML."""
    title = view.text("not_found")
    parts = [_crumbs(view, [], title), _search(view, None), f'<p class="notice">{said}</p>\n']
    return framed(view, title, parts, kind="refused")


def _lang(course: Course) -> str:
    return f' lang="{escape(course.language)}"' if course.language else ""


def _fragment(anchor: str) -> str:
    return reader_address("", anchor=anchor).partition("#")[2]


def _crumbs(view: View, courses: Sequence[Course], last: str = "") -> str:
    steps = [(view.address(), view.text("courses"), "")]
    steps += [(view.address(course=course.name), course.title, _lang(course)) for course in courses]
    if last:
        steps.append(("", last, _lang(courses[0]) if courses else ""))
    if len(steps) == 1:
        return ""
    items = [
        f'<li><a href="{escape(address)}"{lang}>{escape(name)}</a></li>'
        for address, name, lang in steps[:-1]
    ]
    _, name, lang = steps[-1]
    items.append(f'<li aria-current="page"{lang}>{escape(name)}</li>')
    label = view.say("crumbs")
    return f'<nav class="crumbs" aria-label="{label}"><ol>{"".join(items)}</ol></nav>\n'


def _search(view: View, course: str | None, query: str = "") -> str:
    label = view.say("search")
    choice = ""
    if len(view.index.courses) > 1:
        options = "".join(
            f'<option value="{escape(one.name)}"{_lang(one)}'
            f"{' selected' if one.name == course else ''}>{escape(one.title)}</option>"
            for one in view.index.courses.values()
        )
        choice = (
            f'<select name="course" aria-label="{view.say("course")}">'
            f'<option value="">{view.say("all")}</option>{options}</select>'
        )
    kept = ""
    if view.chosen and not view.pane:
        kept = f'<input type="hidden" name="lang" value="{view.language}">'
    return (
        f'<form class="search" action="/read/" method="get" role="search">'
        f'<input type="search" name="q" value="{escape(query)}" aria-label="{label}" '
        f'placeholder="{label}" autocomplete="off">{choice}{kept}'
        f'<button type="submit">{view.say("go")}</button></form>\n'
    )


def _course(
    view: View, course: Course, own: Sequence[File], *, level: int, brief: bool, unfold: bool
) -> str:
    about = f"<p>{escape(course.description)}</p>\n" if course.description else ""
    heading = escape(course.title)
    if level > 1:
        heading = f'<a href="{escape(view.address(course=course.name))}">{heading}</a>'
    items = "".join(f"<li>{_file(view, file, brief=brief, unfold=unfold)}</li>\n" for file in own)
    return (
        f'<section class="course"{_lang(course)}>\n<h{level}>{heading}</h{level}>\n{about}'
        f'<ul class="files">\n{items}</ul>\n</section>\n'
    )


def _file(view: View, file: File, *, brief: bool, unfold: bool) -> str:
    headed = [section for section in file.sections if section.reader_anchor]
    if brief or len(headed) < 2:
        return f'<a href="{escape(view.address(file.path))}">{escape(file.title)}</a>'
    links = [
        (
            section,
            escape(view.address(file.path, anchor=section.reader_anchor)),
            section.heading_path[-1],
        )
        for section in headed
    ]
    return (
        f"<details{' open' if unfold else ''}><summary>{escape(file.title)}</summary>"
        f'<div class="outline">{_nested(links)}</div></details>'
    )


def _nested(links: Sequence[tuple[Section, str, str]]) -> str:
    """Return a nested list: section, address (escaped), text."""
    parts: list[str] = []
    depth = 0
    for section, address, text in links:
        # No list opens two levels at once, whatever the headings skip.
        wanted = min(max(len(section.heading_path), 1), depth + 1)
        if wanted > depth:
            parts.append("<ul>")
        else:
            parts.append("</li></ul>" * (depth - wanted) + "</li>")
        depth = wanted
        parts.append(f'<li><a href="{address}">{escape(text)}</a>')
    return "".join(parts) + "</li></ul>" * depth


def _result(view: View, result: Result) -> str:
    section = result.section
    first, last = result.lines
    address = view.address(section.path, anchor="c1", lines=f"{first}-{last}")
    course = view.index.courses[section.course]
    trail = " › ".join(section.heading_path) or files(view.index)[section.path].title
    where = f'<p class="from">{escape(course.title)}</p>' if len(view.index.courses) > 1 else ""
    return (
        f'<li{_lang(course)}><a href="{escape(address)}">{escape(trail)}</a>{where}'
        f'<p class="excerpt">{result.excerpt}</p></li>\n'
    )


def _neighbours(view: View, file: File) -> str:
    links = [
        f'<a rel="{rel}" href="{escape(view.address(other.path))}">'
        f"<span>{view.say(rel)}</span> <b{_lang(other.course)}>{escape(other.title)}</b></a>"
        for rel, other in zip(("prev", "next"), neighbours(view.index, file), strict=True)
        if other is not None
    ]
    if not links:
        return ""
    return f'<nav class="neighbours" aria-label="{view.say("files")}">{"".join(links)}</nav>\n'
