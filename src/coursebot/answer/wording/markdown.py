r"""Answer ▶ Markdown, for the page and for copying.

What comes from the course, a question or a language model is data: every character that Markdown,
HTML or link detection could act on is escaped, so the only active parts are those written here,
namely citations, links to read on, code and emphasis of the short answer. TeX is not switched
off by escaping: a page that renders ``$$`` must have that turned off.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote as percent

from coursebot.answer.wording.text import plain_quotes, render_text, short_line
from coursebot.answer.wording.words import confidence_in_words, wording
from coursebot.types import Answer, Citation, Kind, RelatedLink, State, Statement

_ACTIVE = re.compile(r"([\\`*_{}\[\]<>()#+\-.!|~$&:@^=])")
_PIECES = re.compile(
    r"(?<!`)(?P<ticks>`+)(?!`)(?P<code>.+?)(?<!`)(?P=ticks)(?!`)|\[(?P<number>\d{1,4})\]", re.DOTALL
)
_BULLET = re.compile(r"(?:[-*•]|\d{1,3}[.)])\s+")
_UNSAFE_IN_URL = re.compile(r"[\s<>()\[\]\\\"'`|*_~$]|[\x00-\x1f\x7f]")
_SCHEME = re.compile(r"(?:https?://|[/?#]|(?![^/?#]*:))", re.IGNORECASE)


def escape(text: str) -> str:
    """Return ``text`` as Markdown that shows it literally; line breaks become spaces."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    return _ACTIVE.sub(r"\\\1", " ".join(text.split()))


def render_markdown(answer: Answer) -> str:
    """Return the answer as Markdown: what is said, the quotes with their places, where to read on.

    A language model's wording comes first and the quotes it cites below it, as its sources.
    """
    words = wording(answer.language)
    covered = answer.state is not State.NOT_COVERED and bool(answer.citations)
    blocks: list[str] = []
    if not covered:
        blocks.append(f"**{escape(words.not_covered)}**")
    elif answer.generated:
        blocks += [render_generated(answer), f"**{escape(words.sources)}**"]
    elif answer.state is State.UNSURE:
        blocks.append(escape(words.unsure))
    if covered:
        if answer.short_answer is not None and not answer.generated:
            line = short_line(answer, answer.short_answer)
            # A short answer that only repeats the quotes is not part of the text.
            if answer.short_answer.conversion or line in render_text(answer).split("\n"):
                blocks.append(f"**{escape(line)}**")
        blocks += _quotes(answer)
    if answer.related:
        links = "\n".join(f"- {_related(link)}" for link in answer.related)
        blocks.append(f"{escape(words.read_on)}\n\n{links}")
    if covered:
        confidence = confidence_in_words(answer.confidence, answer.language)
        blocks.append(f"*{escape(f'{words.confidence}: {confidence}')}*")
    if answer.notice:
        blocks.append(f"*{escape(answer.notice)}*")
    return "\n\n".join(blocks)


def render_generated(answer: Answer) -> str:
    """Return ``answer.generated`` as Markdown: citations become links, code stays code.

    It may be a part of an answer that is still coming in.
    """
    urls = {citation.number: citation.url for citation in answer.citations}
    lines = []
    for line in answer.generated.splitlines():
        bullet = _BULLET.match(line.strip())
        start = bullet.group().strip() if bullet else ""
        body = _inline(line.strip()[bullet.end() if bullet else 0 :], urls)
        marker = start if start[:1].isdigit() else "-" * bool(start)
        lines.append(f"{marker} {body}" if marker else body + "  " * bool(body))
    return "\n".join(lines).rstrip()


def _inline(text: str, urls: Mapping[int, str]) -> str:
    """Escape all but code spans and the citations in ``urls``, which become links."""
    shown, end = [], 0
    for piece in _PIECES.finditer(text):
        shown.append(_escape_between(text[end : piece.start()]))
        end = piece.end()
        number = int(piece["number"] or 0)
        if piece["code"]:
            shown.append(_code(piece["code"]))
        else:
            shown.append(_cited(number, urls[number]) if number in urls else escape(piece.group()))
    shown.append(_escape_between(text[end:]))
    return "".join(shown)


def _escape_between(text: str) -> str:
    before = " " if text[:1].isspace() else ""
    after = " " if text[-1:].isspace() and text.strip() else ""
    return f"{before}{escape(text)}{after}"


def _quotes(answer: Answer) -> list[str]:
    """Return a block quote for each citation; neighbours in a section share its heading path."""
    statements = {statement.id: statement for statement in answer.statements}
    plain = plain_quotes(answer)
    following = [*(c.heading_path for c in answer.citations[1:]), None]
    blocks = []
    for citation, quote, after in zip(answer.citations, plain, following, strict=True):
        lines = _quote(citation, quote, statements.get(citation.statement))
        if citation.heading_path and citation.heading_path != after:
            lead = wording(answer.language).in_context
            path = " › ".join(escape(heading) for heading in citation.heading_path)
            lines += ["", f"*{escape(lead)}: {path}*"]
        blocks.append("\n".join(f"> {line}".rstrip() for line in lines))
    return blocks


def _quote(citation: Citation, plain: str, statement: Statement | None) -> list[str]:
    mark = _cited(citation.number, citation.url)
    if statement is None:
        return [f"{escape(plain)} {mark}"]
    if statement.kind is not Kind.CODE:
        return [f"{_with_code(plain, statement.text)} {mark}"]
    if "\n" not in plain:
        return [f"{_code(plain)} {mark}"]
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", plain)), default=0))
    return [fence, *plain.splitlines(), fence, mark]


def _with_code(plain: str, verbatim: str) -> str:
    """Return ``plain`` escaped, with what is inline code in ``verbatim`` shown as code."""
    shown, end = [], 0
    for piece in _PIECES.finditer(verbatim):
        code = " ".join((piece["code"] or "").split())
        start = plain.find(code, end) if code else -1
        if start >= 0:
            shown += [_escape_between(plain[end:start]), _code(code)]
            end = start + len(code)
    return "".join([*shown, _escape_between(plain[end:])])


def _code(text: str) -> str:
    text = " ".join(text.encode("utf-8", "replace").decode("utf-8").split())
    if not text:
        return ""
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    space = " " if text[0] == "`" or text[-1] == "`" else ""
    return f"{fence}{space}{text}{space}{fence}"


def _related(link: RelatedLink) -> str:
    # An address as a link's text would name the twin in the course's language.
    named = link.text and "://" not in link.text
    return _link(link.text if named else link.url, link.url)


def _cited(number: int, url: str) -> str:
    return _link(f"[{number}]", url)


def _link(text: str, url: str) -> str:
    """Return a link, or only its text when the address is none that a page should follow."""
    if not url or not _SCHEME.match(url):
        return escape(text)
    address = _UNSAFE_IN_URL.sub(lambda unsafe: percent(unsafe.group(), safe=""), url)
    return f"[{escape(text)}]({address})"
