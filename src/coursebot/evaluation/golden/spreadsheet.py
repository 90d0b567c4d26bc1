"""Golden items ▶ CSV for a spreadsheet, and back without loss.

A row is a question with one answer and one source. Rows that repeat the id and turn of the row
above them add an answer, a source or both to it; turn 2 is the first follow-up.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from itertools import zip_longest
from typing import Any

from coursebot.errors import GoldenError
from coursebot.evaluation.golden.checking import rows
from coursebot.evaluation.golden.files import repeated
from coursebot.evaluation.golden.problems import Problem
from coursebot.evaluation.golden.records import Asked, Expected, GoldenItem, Origin, Source, Status
from coursebot.evaluation.golden.validation import validate
from coursebot.spreadsheet import computed
from coursebot.terms import language_of
from coursebot.types import Language

COLUMNS = (
    *("id", "turn", "lang", "question", "answer", "aliases", "kind", "required"),
    *("path", "heading", "quote", "relevance", "unanswerable", "must_not", "tags"),
    *("difficulty", "cluster", "note", "origin", "status"),
)
SEPARATOR = "|"
"""Stands between aliases, headings, tags and what must not be said; ``\\|`` is the character."""

_NAMES = {
    **{"language": "lang", "answers": "answer", "alias": "aliases", "source": "path"},
    **{"source path": "path", "file": "path", "heading path": "heading", "headings": "heading"},
    **{"must not": "must_not", "tag": "tags"},
}
_NO_NAME = re.compile(r"[^\w.:-]+")
_SPACE = " \t\r\n\u3000\xa0"
_TRUE = frozenset({"true", "yes", "y", "1", "x", "はい", "○", "〇"})
_FALSE = frozenset({"", "false", "no", "n", "0", "いいえ", "×"})
_COLUMN_OF = {"text": "answer", "heading_path": "heading"}


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import found."""

    items: tuple[GoldenItem, ...]
    problems: tuple[Problem, ...]
    """What is wrong with the others, by line of the file that was read."""


def text_of(items: Iterable[GoldenItem]) -> str:
    """Return items as CSV with a header; cells that a spreadsheet would run begin with ``'``."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for item in items:
        for turn, (_, asked) in enumerate(rows(item), 1):
            for cells in _rows(item, asked, turn):
                writer.writerow([_safe(str(cells.get(name, ""))) for name in COLUMNS])
    return out.getvalue()


def data_of(items: Iterable[GoldenItem]) -> bytes:
    """Return items as a CSV file: UTF-8 with the mark by which Excel knows it."""
    return codecs.BOM_UTF8 + text_of(items).encode()


def _rows(item: GoldenItem, asked: Asked, turn: int) -> Iterator[dict[str, object]]:
    first: dict[str, object] = {"question": asked.question, "note": asked.note}
    first["unanswerable"] = "true" if asked.unanswerable else ""
    first["must_not"] = _joined(asked.must_not)
    if turn == 1:
        first |= {
            "lang": item.lang.value,
            "tags": _joined(item.tags),
            "difficulty": item.difficulty.value,
            "cluster": item.cluster or "",
            "origin": item.origin.value,
            "status": item.status.value,
        }
    parts = list(zip_longest(asked.answers, asked.sources)) or [(None, None)]
    for number, (answer, source) in enumerate(parts):
        cells: dict[str, object] = {"id": item.id, "turn": turn, **(first if not number else {})}
        if answer is not None:
            cells |= _answer(answer)
        if source is not None:
            cells |= _source(source)
        yield cells


def _answer(answer: Expected) -> dict[str, object]:
    return {
        "answer": answer.text,
        "aliases": _joined(answer.aliases),
        "kind": answer.kind.value,
        "required": "" if answer.required else "false",
    }


def _source(source: Source) -> dict[str, object]:
    return {
        "path": source.path,
        "heading": _joined(source.heading_path),
        "quote": source.quote,
        "relevance": source.relevance,
    }


def _joined(texts: Sequence[str]) -> str:
    escaped = (text.replace("\\", "\\\\").replace(SEPARATOR, "\\|") for text in texts)
    return SEPARATOR.join(escaped)


def _parts(cell: str) -> list[str]:
    """Return the parts of a cell, as ``_joined`` writes them."""
    parts = [""]
    for piece in re.findall(r"\\[\\|]|[^|\\]+|\\|\|", cell):
        if piece == SEPARATOR:
            parts.append("")
        else:
            parts[-1] += piece[1:] if len(piece) == 2 and piece in ("\\\\", "\\|") else piece
    return [part for part in (part.strip(_SPACE) for part in parts) if part]


def _safe(cell: str) -> str:
    return f"'{cell}" if computed(cell) or cell.startswith("'") else cell


def _unsafe(cell: str) -> str:
    rest = cell[1:]
    quoted = cell.startswith("'") and (computed(rest) or rest.startswith("'"))
    return rest if quoted else cell


def _cell(column: str, cell: str) -> str:
    # A note is kept as it is; around everything else white space does not count.
    text = _unsafe(cell)
    return text if column == "note" else text.strip(_SPACE)


def parse(
    data: bytes,
    *,
    name: str,
    lang: Language | None = None,
    status: Status = Status.DRAFT,
    encoding: str = "utf-8",
) -> Imported:
    """Return the items of a CSV file, and what is wrong with its other rows.

    Commas, semicolons and tabs may separate the cells. ``name`` begins the ids of rows without
    one; ``lang`` and ``status`` are for rows without one, the language being that of the question
    when ``lang`` is None. Raises GoldenError when the file as a whole cannot be read.
    """
    reader, columns = _opened(_decoded(data, encoding))
    found: list[tuple[int, dict[str, Any]]] = []
    problems: list[Problem] = []
    line = reader.line_num + 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                row = {c: _cell(c, v) for c, v in zip(columns, cells, strict=False)}
                if len(cells) > len(columns) and any(c.strip() for c in cells[len(columns) :]):
                    problems.append(Problem(line, "", "has more cells than the header."))
                else:
                    problems += _add(found, row, line, name)
            line = reader.line_num + 1
    except csv.Error as error:
        raise GoldenError(f"line {line}: not CSV ({error}).", "Save it as CSV again.") from None
    return _validated(found, problems, lang, status)


def _decoded(data: bytes, encoding: str) -> str:
    if data.startswith(codecs.BOM_UTF8):
        encoding = "utf-8-sig"
    try:
        return data.decode(encoding)
    except LookupError:
        raise GoldenError(f"There is no encoding {encoding!r}.", "Such as: cp932.") from None
    except UnicodeError as error:
        at = getattr(error, "start", 0)
        line = data.count(b"\n", 0, at) + 1
    hint = "Save it as “CSV UTF-8” or name its encoding with --encoding."
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        hint = "It is UTF-16: save it as “CSV UTF-8” or give --encoding utf-16."
    else:
        try:
            data.decode("cp932")
        except UnicodeDecodeError:
            pass
        else:
            hint = (
                "It looks like the encoding that Excel uses in Japan: save it as “CSV UTF-8” or "
                "give --encoding cp932."
            )
    raise GoldenError(f"line {line}: not {encoding.upper()}.", hint)


def _opened(text: str) -> tuple[Any, list[str]]:
    """Return a reader past the header, and the columns; raises GoldenError naming a bad one."""
    best: tuple[int, Any, list[str]] | None = None
    for delimiter in ",;\t":
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        try:
            header = next(reader, [])
        except csv.Error:
            continue
        columns = [_column(cell) for cell in header]
        known = len(set(columns) & set(COLUMNS))
        if best is None or known > best[0]:
            best = (known, reader, columns)
    if best is None or "question" not in best[2]:
        raise GoldenError(
            "The first line must name the columns, “question” among them.",
            f"There are: {', '.join(COLUMNS)}.",
        )
    _, reader, columns = best
    while columns and not columns[-1]:
        columns.pop()
    for column in columns:
        if column not in COLUMNS:
            near = get_close_matches(column, COLUMNS, 1)
            hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(COLUMNS)}."
            raise GoldenError(f"line 1: there is no column {column!r}.", hint)
        if columns.count(column) > 1:
            raise GoldenError(f"line 1: the column {column!r} is there twice.", "Remove one.")
    return reader, columns


def _column(cell: str) -> str:
    name = " ".join(cell.strip().lower().replace("_", " ").split())
    return _NAMES.get(name, name)


def _add(
    found: list[tuple[int, dict[str, Any]]], row: dict[str, str], line: int, name: str
) -> list[Problem]:
    """Add a row's values to the item that it belongs to, or as a new one."""
    wrong: list[Problem] = []
    turn = row.get("turn", "") or "1"
    id = row.get("id", "") or _id(name, line)
    part = _asked(row, line, wrong)
    if wrong:
        found.append((line, {"bad": True, "id": id}))
        return wrong
    last = found[-1][1] if found else {}
    same = last.get("id") == id
    if same and last.get("bad"):
        return []
    target = last["followups"][-1] if last.get("followups") else last
    turns = 1 + len(last.get("followups", ()))
    if same and turn == str(turns) and row.get("question", "") in ("", target.get("question")):
        for name in ("answers", "sources"):
            if name in part:
                target.setdefault(name, []).extend(part[name])
    elif same and turn == str(turns + 1):
        last.setdefault("followups", []).append(part)
    elif turn == "1":
        item: dict[str, Any] = {key: row[key].lower() for key in _CHOICES if row.get(key)}
        item |= {"cluster": row["cluster"]} if row.get("cluster") else {}
        tags = [tag for cell in _parts(row.get("tags", "")) for tag in re.split(r"[,、\s]+", cell)]
        item |= {"tags": [tag for tag in tags if tag]} if tags else {}
        found.append((line, {"id": id, **item, **part}))
    else:
        wrong.append(
            Problem(
                line,
                "turn",
                f"{turn} does not follow the row above; number the"
                " follow-ups of an item 2, 3, …, below it.",
                item=id,
            )
        )
    return wrong


_CHOICES = ("lang", "difficulty", "origin", "status")


def _asked(row: dict[str, str], line: int, wrong: list[Problem]) -> dict[str, Any]:
    asked: dict[str, Any] = {name: row[name] for name in ("question", "note") if row.get(name)}
    if _truth(row, "unanswerable", False, line, wrong):
        asked["unanswerable"] = True
    if row.get("must_not"):
        asked["must_not"] = _parts(row["must_not"])
    if row.get("answer"):
        answer: dict[str, Any] = {"text": row["answer"]}
        answer |= {"kind": row["kind"].lower()} if row.get("kind") else {}
        answer |= {"aliases": _parts(row["aliases"])} if row.get("aliases") else {}
        answer["required"] = _truth(row, "required", True, line, wrong)
        asked["answers"] = [answer]
    if row.get("path"):
        source: dict[str, Any] = {"path": row["path"], "quote": row.get("quote", "")}
        source["heading_path"] = _parts(row.get("heading", ""))
        if row.get("relevance"):
            text = row["relevance"]
            source["relevance"] = int(text) if re.fullmatch("[0-9]{1,9}", text) else text
        asked["sources"] = [source]
    elif row.get("quote") or row.get("heading"):
        wrong.append(Problem(line, "path", "is empty; name the file that the quote stands in."))
    return asked


def _truth(row: dict[str, str], name: str, default: bool, line: int, wrong: list[Problem]) -> bool:
    cell = row.get(name, "").lower()
    if not cell:
        return default
    if cell not in _TRUE | _FALSE:
        wrong.append(Problem(line, name, f"must be true, false or empty, not {cell!r}."))
    return cell in _TRUE


def _id(name: str, line: int) -> str:
    word = _NO_NAME.sub("-", name)[:80].strip("-")
    return f"{word or 'row'}-{line}"


def _validated(
    found: Sequence[tuple[int, dict[str, Any]]],
    problems: list[Problem],
    lang: Language | None,
    status: Status,
) -> Imported:
    items: list[tuple[int, GoldenItem]] = []
    for line, values in found:
        if values.get("bad"):
            continue
        values.setdefault("origin", Origin.IMPORT.value)
        values.setdefault("status", status.value)
        values.setdefault("lang", (lang or language_of(values.get("question", ""))).value)
        item, wrong = validate(values)
        if item is None:
            problems += [_by_column(one).at(line, values["id"]) for one in wrong]
        else:
            items.append((line, item))
    twice = repeated([(line, line, item.id, item) for line, item in items])
    problems += twice
    bad = {one.line for one in twice}
    good = tuple(item for line, item in items if line not in bad)
    return Imported(good, tuple(sorted(problems, key=lambda one: one.line)))


def _by_column(found: Problem) -> Problem:
    """Return a problem as it is told to somebody who looks at columns."""
    names = [part for part in found.field if isinstance(part, str) and part != "followups"]
    if not names:
        return found
    name = names[-1]
    return replace(found, where=_COLUMN_OF.get(name, name))
