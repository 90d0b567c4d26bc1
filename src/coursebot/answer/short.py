"""Question and statement ▶ short answer: the verbatim words that answer, or none."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from coursebot.answer import pieces
from coursebot.answer.concepts import of_line
from coursebot.answer.conversion import convert
from coursebot.answer.polarity import decide
from coursebot.answer.question import Question, Wanted
from coursebot.answer.units import Bound, Dimension
from coursebot.answer.values import Quantity, quantities
from coursebot.terms import terms
from coursebot.types import Kind, Span, Statement

SEPARATOR = "、"
"""Between the items of a list."""

LEAST_CERTAIN = 0.5
"""A short answer less certain than this is not given."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A short answer, and where it stands."""

    spans: tuple[tuple[str, Span, str], ...]
    """Id of the statement, offsets within its text, and the verbatim words."""
    kind: str
    """A value of ``Wanted``."""
    conversion: str = ""
    """The same in the question's language, by rule; empty when it reads alike."""
    certainty: float = 0.8
    """How sure the rule is, 0 to 1, given that the statement is the right one."""

    @property
    def text(self) -> str:
        """The words, a list's items joined."""
        words = [text for _, _, text in self.spans]
        japanese = any(re.search("[\u3041-\u30ff\u4e00-\u9fff]", word) for word in words)
        return (SEPARATOR if japanese else ", ").join(words)


def short_answer(
    question: Question, best: Statement, block: Sequence[Statement]
) -> Candidate | None:
    """Return the short answer that ``best`` holds; None where no rule is sure enough.

    ``block`` holds the statements of its section, or some of them, in document order.
    """
    rule = _RULES.get(question.wanted)
    if rule is None or (best.kind is Kind.HEADING and question.wanted is not Wanted.LIST):
        return None
    found = rule(question, best, block)
    return found if found is not None and found.certainty >= LEAST_CERTAIN else None


def _one(statement: Statement, span: Span, kind: Wanted, certainty: float) -> Candidate | None:
    start, end = span
    if end <= start:
        return None
    text = statement.text[start:end]
    return Candidate(((statement.id, span, text),), str(kind), "", certainty)


def _quantity(question: Question, best: Statement, _: Sequence[Statement]) -> Candidate | None:
    text = best.text
    asked = {quantity.values for quantity in quantities(question.text)}
    fitting = [q for q in quantities(text) if _fits(question, q) and q.values not in asked]
    if not fitting:
        return None
    scored = sorted(
        ((_score(question, best, q), -at, q) for at, q in enumerate(fitting)), reverse=True
    )
    score, _at, chosen = scored[0]
    rivals = [other for other, _, q in scored[1:] if q.values != chosen.values]
    margin = score - rivals[0] if rivals else 2.0
    certainty = min(0.95, 0.4 + 0.25 * margin)
    if question.dimension is None and chosen.dimension is Dimension.NUMBER and rivals:
        certainty -= 0.1
    kind = Wanted.DURATION if chosen.dimension is Dimension.DURATION else Wanted.NUMBER
    if chosen.dimension in (Dimension.DATE, Dimension.TIME):
        kind = Wanted.DATE
    return Candidate(
        ((best.id, chosen.span, chosen.text),),
        str(kind),
        convert(chosen, question.language),
        max(certainty, 0.0),
    )


_KIN = {
    Dimension.COUNT: {Dimension.COUNT, Dimension.NUMBER},
    Dimension.PORT: {Dimension.PORT, Dimension.NUMBER},
    Dimension.SPEED: {
        Dimension.SPEED,
        Dimension.NUMBER,
        Dimension.SIZE,
        Dimension.COUNT,
        Dimension.DURATION,
    },
    Dimension.SIZE: {Dimension.SIZE, Dimension.PIXELS, Dimension.COUNT, Dimension.LENGTH},
    Dimension.VERSION: {Dimension.VERSION, Dimension.NUMBER},
    Dimension.TEMPERATURE: {Dimension.TEMPERATURE, Dimension.ANGLE},
    Dimension.ANGLE: {Dimension.TEMPERATURE, Dimension.ANGLE},
    Dimension.DATE: {Dimension.DATE, Dimension.TIME, Dimension.DURATION},
    Dimension.TIME: {Dimension.TIME, Dimension.DATE},
    Dimension.LENGTH: {Dimension.LENGTH, Dimension.PIXELS},
    Dimension.WEIGHT: {Dimension.WEIGHT},
    Dimension.PERCENT: {Dimension.PERCENT},
}


_MOMENTS = {Dimension.VERSION, Dimension.DURATION, Dimension.DATE, Dimension.TIME, Dimension.PORT}


_OPEN = re.compile(
    r"くらい|ぐらい|上限|最大|最小|longest|shortest|maximum|minimum|interval|notice|limit",
    re.IGNORECASE,
)
"""Leaves open whether a time or another measure is asked for."""


def _fits(question: Question, quantity: Quantity) -> bool:
    if question.dimension is None:
        if question.wanted is Wanted.NUMBER:
            may_last = (
                quantity.dimension is Dimension.DURATION and _OPEN.search(question.text) is not None
            )
            return may_last or quantity.dimension not in _MOMENTS
        return quantity.dimension is not Dimension.VERSION
    return quantity.dimension in _KIN.get(question.dimension, {question.dimension})


def _score(question: Question, best: Statement, quantity: Quantity) -> float:
    around = _clause(best, quantity.span)
    shared = question.terms & frozenset(terms(around))
    score = 0.5 * min(len(shared), 6) + 0.9 * len(question.concepts & of_line(around))
    score += 1.0 * (quantity.dimension is question.dimension)
    score += 1.0 * (bool(question.unit) and quantity.unit == question.unit)
    score -= 0.4 * (quantity.dimension is Dimension.NUMBER)
    # "1" is mostly what something is counted per: 1人あたり, 1つのリソースに.
    score -= 1.5 * (
        quantity.values == (1.0,) and _PER_ONE.match(best.text, quantity.span[1]) is not None
    )
    if "maximum" in question.concepts:
        score += 0.6 * (quantity.bound in (Bound.UP_TO, Bound.WITHIN))
    if "minimum" in question.concepts:
        score += 0.6 * (quantity.bound is Bound.AT_LEAST)
    return score


def _clause(best: Statement, span: Span) -> str:
    """Return the clause or the table cell around ``span``, with the cell's column heading."""
    text = best.text
    if best.kind is Kind.ROW:
        row = pieces.cells(text)
        heads = best.context[-1].split(" | ") if best.context else []
        for number, (start, end) in enumerate(row):
            if start <= span[0] < end + 1:
                head = heads[number] if number < len(heads) else ""
                return f"{head} {text[start:end]}"
    edges = [match.end() for match in _BREAK.finditer(text)]
    start = max((edge for edge in edges if edge <= span[0]), default=0)
    end = min((edge for edge in edges if edge > span[1]), default=len(text))
    return text[start:end]


_PER_ONE = re.compile(r"\s?(?:の|につき|あたり|に|で|は|[一-龯ァ-ヶ])")
_BREAK = re.compile(r"[。、；;，\n]|,\s|\.\s|（|\(|\band\b|\bbut\b")


def _command(question: Question, best: Statement, block: Sequence[Statement]) -> Candidate | None:
    if best.kind is Kind.CODE:
        lines = [
            pieces.trim(best.text, match.span()) for match in re.finditer(r"[^\n]+", best.text)
        ]
        lines = [line for line in lines if not best.text[slice(*line)].startswith(("```", "#"))]
        if not lines:
            return None
        ranked = sorted(lines, key=lambda line: -_shared(question, best.text[slice(*line)]))
        return _one(best, ranked[0], Wanted.COMMAND, _surer(question, best, ranked))
    found = pieces.codes(best.text)
    if not found:
        below = [
            s
            for s in block
            if s.parent == best.id and (s.kind is Kind.CODE or pieces.codes(s.text))
        ]
        alone = [s for s in below if s.kind is Kind.CODE or s.text[0] == s.text[-1] == "`"]
        hanging = below if len(below) == 1 else alone
        return _command(question, hanging[0], ()) if len(hanging) == 1 else None
    if len(found) == 1:
        return _one(best, found[0], Wanted.COMMAND, 0.85)
    wants_option = re.search(r"オプション|option|flag|switch", question.text, re.IGNORECASE)
    options = [span for span in found if best.text[span[0]] in "-+/"]
    pool = options if wants_option and options else found
    if not wants_option and len(options) < len(found):
        pool = [span for span in found if span not in options]
    ranked = sorted(pool, key=lambda span: -_shared(question, _clause(best, span)))
    first, second = (_shared(question, _clause(best, span)) for span in (*ranked, *ranked)[:2])
    sure = 0.85 if len(pool) == 1 else 0.55 + 0.1 * (first - second)
    return _one(best, ranked[0], Wanted.COMMAND, min(sure, 0.85))


def _surer(question: Question, best: Statement, ranked: list[Span]) -> float:
    """Return how sure the first of several code lines is, by what only it shares."""
    if len(ranked) == 1:
        return 0.85
    first, second = (_shared(question, best.text[slice(*line)]) for line in ranked[:2])
    return min(0.4 + 0.15 * (first - second), 0.8)


def _shared(question: Question, text: str) -> int:
    return len(question.terms & frozenset(terms(text))) + len(question.concepts & of_line(text))


def _howto(question: Question, best: Statement, block: Sequence[Statement]) -> Candidate | None:
    if menu := pieces.menus(best.text):
        return _one(best, menu[0], Wanted.PLACE, 0.8) if len(menu) == 1 else None
    if best.kind is Kind.CODE or len(pieces.codes(best.text)) == 1:
        return _command(question, best, block)
    return None


def _place(question: Question, best: Statement, _: Sequence[Statement]) -> Candidate | None:
    text = best.text
    for found, certainty in (
        (pieces.menus(text), 0.9),
        ([s for s in pieces.codes(text) if _is_path(text[slice(*s)])], 0.85),
        (pieces.files(text), 0.85),
    ):
        if len(found) == 1:
            return _one(best, found[0], Wanted.PLACE, certainty)
        if found:
            ranked = sorted(found, key=lambda span: -_shared(question, _clause(best, span)))
            return _one(best, ranked[0], Wanted.PLACE, certainty - 0.25)
    sides = pieces.label_and_value(text)
    if sides and re.search(
        r"場所|置き場|保存先|出力先|集合|会場|location|place|where|stored|room|venue",
        text[slice(*sides[0])],
        re.IGNORECASE,
    ):
        stop = re.compile(r"。|\.\s|、").search(text, *sides[1])
        end = stop.start() if stop else sides[1][1]
        return _one(best, (sides[1][0], end), Wanted.PLACE, 0.75)
    return None


def _is_path(code: str) -> bool:
    return (
        " " not in code
        and re.search(r"[/\\]|\.(?:conf|cfg|ya?ml|json|toml|ini|log|txt|env|md)$", code) is not None
    )


def _yesno(question: Question, best: Statement, _: Sequence[Statement]) -> Candidate | None:
    verdict = decide(question.text, best.text, question.language)
    if verdict is None:
        return None
    text = best.text[slice(*verdict.span)]
    return Candidate(((best.id, verdict.span, text),), "yesno", verdict.answer, verdict.certainty)


def _list(question: Question, best: Statement, block: Sequence[Statement]) -> Candidate | None:
    below = [s for s in block if s.parent == best.id and s.kind is Kind.ITEM]
    if best.kind is Kind.HEADING and not below:
        below = [s for s in block if not s.parent and s.kind is Kind.ITEM]
    if len(below) > 1:
        return _items(below, question, 0.85)
    inside = _enumeration(question, best)
    beside = [s for s in block if best.parent and s.parent == best.parent and s.kind is Kind.ITEM]
    if inside is not None and (question.count in (None, len(inside.spans)) or len(beside) < 2):
        return inside
    if len(beside) > 1 and question.count in (None, len(beside)):
        return _items(beside, question, 0.7 if question.count else 0.55)
    return None


def _items(items: Sequence[Statement], question: Question, certainty: float) -> Candidate:
    spans = []
    for item in items:
        start, end = pieces.trim(item.text, (0, len(item.text)))
        spans.append((item.id, (start, end), item.text[start:end]))
    if question.count not in (None, len(items)):
        certainty -= 0.2
    return Candidate(tuple(spans), str(Wanted.LIST), "", certainty)


def _enumeration(question: Question, best: Statement) -> Candidate | None:
    text = best.text
    if best.kind is Kind.ROW:
        return None
    sides = pieces.label_and_value(text)
    spans = pieces.enumerated(text, sides[1] if sides else (0, len(text)))
    if (
        len(spans) < 2
        or any(_TOLD.search(text[slice(*span)]) for span in spans)
        or (question.count is not None and question.count != len(spans))
    ):
        return None
    certainty = 0.85 if sides else 0.6
    if question.count == len(spans):
        certainty += 0.1
    return Candidate(
        tuple((best.id, (start, end), text[start:end]) for start, end in spans),
        str(Wanted.LIST),
        "",
        certainty,
    )


_TOLD = re.compile(
    r"[：…]|は.*[るすいたん]$|(?:ない|ません|ます|です|できる|する)$|\b(?:is|are|was|can|must|we|you)\b"
)
"""Marks an item that tells something rather than names it."""


def _link(_question: Question, best: Statement, _: Sequence[Statement]) -> Candidate | None:
    found = pieces.urls(best.text)
    return _one(best, found[0], Wanted.LINK, 0.9) if found else None


def _name(question: Question, best: Statement, _: Sequence[Statement]) -> Candidate | None:
    text = best.text
    if question.dimension is not None:
        return _quantity(question, best, ())
    if best.kind is Kind.ROW:
        return _cell(question, best)
    sides = pieces.label_and_value(text)
    if sides is None:
        named = pieces.quoted(text)
        calls = _CALLED.search(question.text) or _CALLED.search(text)
        return _one(best, named[0], Wanted.NAME, 0.75) if len(named) == 1 and calls else None
    label, value = sides
    by_label, by_value = (_shared(question, text[slice(*side)]) for side in sides)
    if by_label > by_value + 1 and not _CALLED.search(question.text) and value[1] - value[0] <= 40:
        stop = re.compile(r"。|\.\s").search(text, *value)
        return _one(best, (value[0], stop.start() if stop else value[1]), Wanted.NAME, 0.7)
    if by_value > by_label or (_CALLED.search(question.text) and not by_label):
        return _one(best, label, Wanted.NAME, 0.75)
    return None


_CALLED = re.compile(
    r"呼|名前|名称|何という|なんという|called|\bname\b|\bterm\b|known as|stand for", re.IGNORECASE
)


def _cell(question: Question, best: Statement) -> Candidate | None:
    """Return the cell whose column the question names, else the row's name."""
    row = pieces.cells(best.text)
    heads = best.context[-1].split(" | ") if best.context else []
    if len(row) < 2 or len(heads) != len(row):
        return None
    by_head = [_shared(question, head) for head in heads]
    top = max(range(1, len(row)), key=lambda at: by_head[at])
    if by_head[top] and by_head.count(by_head[top]) == 1 and by_head[top] >= by_head[0]:
        return _one(best, row[top], Wanted.NAME, 0.7)
    first, *rest = (_shared(question, best.text[slice(*cell)]) for cell in row)
    if not first and max(rest):
        return _one(best, row[0], Wanted.NAME, 0.7)
    return None


_RULES: dict[Wanted, Callable[[Question, Statement, Sequence[Statement]], Candidate | None]] = {
    Wanted.DURATION: _quantity,
    Wanted.NUMBER: _quantity,
    Wanted.DATE: _quantity,
    Wanted.COMMAND: _command,
    Wanted.HOWTO: _howto,
    Wanted.PLACE: _place,
    Wanted.YESNO: _yesno,
    Wanted.LIST: _list,
    Wanted.LINK: _link,
    Wanted.NAME: _name,
}
