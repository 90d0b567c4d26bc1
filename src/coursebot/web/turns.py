"""Answer records ▶ the conversation's HTML: one article a turn.

Everything of a course, a question or a language model is escaped; the only addresses that become
links are web addresses and those of the own reader.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape

from coursebot.answer.wording import confidence_in_words, confidence_level, wording
from coursebot.feedback import Reason
from coursebot.types import Kind, State
from coursebot.web.text import TEXTS
from coursebot.web.wire import COMMENT, AnswerRecord, CitationRecord, SectionRecord

Words = Mapping[str, str]
"""The interface's strings in one language."""

HEADLINE = 60
"""Characters of a short answer that is set as large as a headline."""

_CODE = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
_PIECES = re.compile(r"(?P<ticks>`+)(?P<code>[^`]+)(?P=ticks)|\[(?P<number>\d{1,4})\]")
_BULLET = re.compile(r"(?:[-*•]|\d{1,3}[.)])\s+")
_SAFE = re.compile(r"(?:https?://|/read/)", re.IGNORECASE)


def conversation(records: Sequence[AnswerRecord], words: Words) -> str:
    """Return the turns of a conversation, oldest first."""
    return "".join(turn(record, words) for record in records)


def turn(record: AnswerRecord, words: Words) -> str:
    """Return one turn; the record's id names it for the page's script."""
    return _article(
        record.question,
        record.id,
        record.state.value,
        f'<div class="reply" lang="{record.language.value}">{"".join(_reply(record, words))}</div>'
        f"{_actions(record, words)}{_next(record, words)}",
        words,
    )


def pending(question: str, words: Words, said: str = "") -> str:
    """Return the turn of a question that is being answered; ``said`` is what there is so far."""
    shown = f'<div class="generated">{_generated(said, {}, words)}</div>' if said else ""
    state = "answering" if said else "searching"
    busy = f'<p class="busy"><span class="spinner"></span>{escape(words["searching"])}</p>'
    return _article(question, "", state, f'<div class="reply">{shown or busy}</div>', words)


def failed(question: str, words: Words, message: str) -> str:
    """Return the turn of a question that could not be asked, and why."""
    return _article(
        question, "", "failed", f'<div class="reply"><p>{escape(message)}</p></div>', words
    )


def busy(question: str, words: Words, seconds: int) -> str:
    """Return the turn of a question that is asked again when there is time for it."""
    said = words["busy"].format(seconds=seconds)
    again = (
        f'<button type="button" data-action="retry" data-retry="{seconds}" '
        f'data-question="{escape(question)}">{escape(words["again"])}</button>'
    )
    return _article(
        question, "", "failed", f'<div class="reply"><p>{escape(said)}</p>{again}</div>', words
    )


def _article(question: str, name: str, state: str, body: str, words: Words) -> str:
    return (
        f'<article class="turn {state}" data-turn="{escape(name)}" data-state="{state}">'
        f'<h2 class="asked"><span class="unseen">{escape(words["asked"])}: </span>'
        f'<span class="text">{_visible(question)}</span></h2>{body}</article>'
    )


def _reply(record: AnswerRecord, words: Words) -> Iterator[str]:
    fixed = wording(record.language)
    if record.state is State.NOT_COVERED or not record.citations:
        yield f'<p class="verdict">{_icon("none")}<strong>{escape(fixed.not_covered)}</strong></p>'
        yield from _way_on(record, words)
        return
    if record.state is State.UNSURE:
        yield f'<p class="verdict">{_icon("unsure")}<strong>{escape(fixed.unsure)}</strong></p>'
    if record.short_answer is not None:
        yield _short(record, words)
    if record.generated:
        cited = {citation.number: citation for citation in record.citations}
        yield f'<div class="generated">{_generated(record.generated, cited, words)}</div>'
    heading = fixed.sources if record.generated else words["quotes"]
    yield f'<h3 class="unseen">{escape(heading)}</h3>'
    yield '<ol class="quotes">'
    yield from _quotes(record, words)
    yield "</ol>"
    sure = confidence_in_words(record.confidence, record.language)
    level = confidence_level(record.confidence)
    yield (
        f'<p class="confidence {level}"><span class="level" aria-hidden="true"></span>'
        f"{escape(fixed.confidence)}: {escape(sure)}</p>"
    )
    if record.notice:
        yield f'<p class="notice">{escape(record.notice)}</p>'
    if record.related:
        links = "".join(f"<li>{_link(r.url, r.text)}</li>" for r in record.related)
        yield f'<div class="related"><h3>{escape(fixed.read_on)}</h3><ul>{links}</ul></div>'
    if record.state is State.UNSURE:
        yield from _way_on(record, words)


def _short(record: AnswerRecord, words: Words) -> str:
    short = record.short_answer
    assert short is not None
    text, conversion = escape(short.text), escape(short.conversion)
    if conversion and conversion != text:
        converted = f'<span class="conversion" title="{escape(words["conversion"])}">'
        pair = (f'<span class="said">{text}</span>', f"{converted}{conversion}</span>")
        text = " · ".join(reversed(pair) if short.kind == "yesno" else pair)
    else:
        text = f'<span class="said">{text}</span>'
    long = " long" if len(short.text) > HEADLINE else ""
    lead = f'<span class="unseen">{escape(words["short"])}: </span>'
    return f'<p class="short kind-{escape(short.kind)}{long}">{lead}{text}</p>'


def _quotes(record: AnswerRecord, words: Words) -> Iterator[str]:
    following = [*record.citations[1:], None]
    for citation, after in zip(record.citations, following, strict=True):
        shared = after is not None and after.heading_path == citation.heading_path
        yield f'<li value="{citation.number}"><blockquote>{_quote(citation, words)}</blockquote>'
        if citation.heading_path and not shared:
            yield _place(record, citation)
        yield "</li>"


def _quote(citation: CitationRecord, words: Words) -> str:
    mark = _cite(citation, words)
    if citation.kind is Kind.CODE:
        return f"<pre><code>{escape(citation.text)}</code></pre>{mark}"
    return f"<p>{_with_code(citation.text, citation.quote)} {mark}</p>"


def _cite(citation: CitationRecord, words: Words) -> str:
    label = words["cited"].format(n=citation.number)
    return (
        f'<a class="cite" href="{escape(_address(citation.reader))}" '
        f'data-number="{citation.number}" aria-label="{escape(label)}" title="{escape(label)}">'
        f"{citation.number}</a>"
    )


def _place(record: AnswerRecord, citation: CitationRecord) -> str:
    path = " › ".join(escape(heading) for heading in citation.heading_path)
    published = ""
    if citation.url.startswith(("http://", "https://")):
        published = f" {_link(citation.url, TEXTS[record.language]['published'])}"
    lead = escape(wording(record.language).in_context)
    return f'<p class="place">{lead}: <cite>{path}</cite>{published}</p>'


def _way_on(record: AnswerRecord, words: Words) -> Iterator[str]:
    """Yield what a learner may do when there is no answer, or none that is sure."""
    yield '<div class="way-on">'
    if record.unknown:
        unknown = words["listed"].join(words["word"].format(word=w) for w in record.unknown)
        yield f"<p>{escape(words['unknown'].format(words=unknown))}</p>"
    if record.closest:
        places = "".join(f"<li>{_section(section)}</li>" for section in record.closest)
        yield f'<h3>{escape(words["closest"])}</h3><ul class="closest">{places}</ul>'
    if record.suggestions:
        yield f"<h3>{escape(words['near'])}</h3>{chips(record.suggestions)}"
    yield (
        '<p><button type="button" class="report" data-action="report" aria-pressed="false">'
        f"{_icon('send')}{escape(words['report'])}</button></p></div>"
    )


def _section(section: SectionRecord) -> str:
    name = " › ".join(section.heading_path) or section.path
    return f'<a class="place-link" href="{escape(_address(section.reader))}">{escape(name)}</a>'


def chips(questions: Sequence[str]) -> str:
    """Return questions that are asked by a click on them."""
    listed = "".join(
        f'<li><button type="button" class="chip" data-action="ask">{escape(question)}</button></li>'
        for question in questions
    )
    return f'<ul class="chips">{listed}</ul>'


def _next(record: AnswerRecord, words: Words) -> str:
    if record.state is not State.ANSWERED or not record.suggestions:
        return ""
    return f'<div class="next"><h3>{escape(words["next"])}</h3>{chips(record.suggestions)}</div>'


def _actions(record: AnswerRecord, words: Words) -> str:
    def button(action: str, icon: str, **more: str) -> str:
        listed = "".join(f' {name}="{escape(value)}"' for name, value in more.items())
        label = escape(words[action])
        return (
            f'<button type="button" class="act" data-action="{action}" aria-label="{label}" '
            f'title="{label}"{listed}>{_icon(icon)}</button>'
        )

    pressed = {"aria-pressed": "false"}
    return (
        '<div class="actions">'
        + button("good", "up", **pressed)
        + button("bad", "down", **pressed)
        + '<span class="gap"></span>'
        + button("copy", "copy")
        + button("copy_markdown", "markdown")
        + button("copy_link", "link")
        + f'<span class="said-back" role="status"></span></div>{_form(words)}'
    )


def _form(words: Words) -> str:
    reasons = "".join(
        f'<label><input type="radio" name="reason" value="{reason}">'
        f"{escape(words[f'reason_{reason}'])}</label>"
        for reason in Reason
    )
    return (
        '<form class="feedback" hidden><fieldset>'
        f"<legend>{escape(words['why'])}</legend><div class='reasons'>{reasons}</div></fieldset>"
        f'<label class="comment">{escape(words["comment"])}'
        f'<textarea name="comment" rows="2" maxlength="{COMMENT}"></textarea></label>'
        f'<p><button type="submit" class="primary">{escape(words["send"])}</button> '
        f'<button type="button" data-action="withdraw">{escape(words["withdraw"])}</button> '
        f'<button type="button" class="plain" data-action="privacy">{escape(words["privacy"])}'
        "</button></p></form>"
    )


def _generated(text: str, cited: Mapping[int, CitationRecord], words: Words) -> str:
    """Return a language model's wording: paragraphs, list items, code and citations."""
    blocks: list[tuple[str, str]] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        bullet = _BULLET.match(line)
        tag = "" if bullet is None else "ol" if line[0].isdigit() else "ul"
        body = line[bullet.end() :] if bullet else line
        blocks.append((tag, _spoken(body, cited, words)))
    shown, open_list = [], ""
    for tag, body in blocks:
        if tag != open_list:
            shown.append(f"</{open_list}>" if open_list else "")
            shown.append(f"<{tag}>" if tag else "")
            open_list = tag
        shown.append(f"<li>{body}</li>" if tag else f"<p>{body}</p>")
    shown.append(f"</{open_list}>" if open_list else "")
    return "".join(shown)


def _spoken(text: str, cited: Mapping[int, CitationRecord], words: Words) -> str:
    shown, end = [], 0
    for piece in _PIECES.finditer(text):
        shown.append(escape(text[end : piece.start()]))
        end = piece.end()
        citation = cited.get(int(piece["number"] or 0))
        if piece["code"]:
            shown.append(f"<code>{escape(piece['code'])}</code>")
        else:
            shown.append(_cite(citation, words) if citation else escape(piece.group()))
    return "".join([*shown, escape(text[end:])])


def _with_code(plain: str, verbatim: str) -> str:
    """Return ``plain`` escaped, with what is inline code in ``verbatim`` shown as code."""
    shown, end = [], 0
    for piece in _CODE.finditer(verbatim):
        code = " ".join(piece[2].split())
        start = plain.find(code, end) if code else -1
        if start >= 0:
            shown += [escape(plain[end:start]), f"<code>{escape(code)}</code>"]
            end = start + len(code)
    return "".join([*shown, escape(plain[end:])])


def _icon(name: str) -> str:
    """Return a picture in the text's colour; what it means is said in words beside it."""
    return f'<svg class="icon" aria-hidden="true"><use href="/page/icons.svg#{name}"/></svg>'


def _visible(text: str) -> str:
    return escape(text).replace("\n", "<br>")


def _address(url: str) -> str:
    return url if _SAFE.match(url) else "#"


def _link(url: str, text: str) -> str:
    shown = escape(text if text and "://" not in text else url)
    if not _SAFE.match(url):
        return shown
    away = "" if url.startswith("/") else ' target="_blank" rel="noopener noreferrer"'
    return f'<a href="{escape(url)}"{away}>{shown}</a>'


def dump(records: Sequence[AnswerRecord]) -> str:
    """Return the records as the JSON that the browser's tab keeps."""
    return json.dumps([record.model_dump(mode="json") for record in records], ensure_ascii=False)
