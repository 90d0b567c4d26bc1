"""A golden item ▶ the fields of its form; a form that was sent ▶ the item that it describes.

A field is named by its place, ``sources.0.quote``. Names in :data:`LINES` hold one text a line.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from coursebot.evaluation.golden import Problem, record
from coursebot.evaluation.golden.records import (
    AnswerKind,
    Difficulty,
    GoldenItem,
    Origin,
    Status,
)

Fields = dict[str, Any]
"""What was typed: texts, truth values, and lists of the same."""

LINES = ("aliases", "heading_path", "must_not", "tags")
PARTS = ("answers", "sources", "followups")
TRUTHS = ("unanswerable", "required")
MOST = 50
"""Parts of one kind."""

KINDS = tuple(kind.value for kind in AnswerKind)
DIFFICULTIES = tuple(one.value for one in Difficulty)
STATUSES = tuple(one.value for one in Status)


def fields_of(item: GoldenItem) -> Fields:
    """Return an item as its form shows it."""
    full = item.model_dump(mode="json")
    shown: Fields = _shown({**full, "cluster": full["cluster"] or ""})
    return shown


def blank(question: str = "", lang: str = "ja") -> Fields:
    """Return an empty form with one answer and one source."""
    return {
        **_asked(question),
        **{"id": "", "lang": lang, "tags": "", "difficulty": Difficulty.MEDIUM.value},
        **{"cluster": "", "status": Status.DRAFT.value, "origin": Origin.AUTHOR.value},
        "followups": [],
    }


def _asked(question: str = "") -> Fields:
    return {
        "question": question,
        "answers": [_part("answers")],
        "sources": [_part("sources")],
        **{"unanswerable": False, "must_not": "", "note": ""},
    }


def _part(name: str) -> Fields:
    if name == "answers":
        return {"text": "", "aliases": "", "kind": AnswerKind.SPAN.value, "required": True}
    if name == "sources":
        return {"path": "", "heading_path": "", "quote": "", "relevance": "1"}
    return _asked()


def _shown(value: Any, name: str = "") -> Any:  # noqa: ANN401 — whatever an item holds
    if name in LINES:
        return "\n".join(value)
    if isinstance(value, dict):
        return {key: _shown(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [_shown(inner) for inner in value]
    return value if isinstance(value, bool) else str(value)


def read(sent: Iterable[tuple[str, str]]) -> Fields:
    """Return what was typed into a form; what is no field of it is passed over."""
    tree: dict[str, Any] = {}
    for name, value in sent:
        *folders, leaf = name.split(".")
        at = tree
        for folder in folders:
            inner = at.setdefault(folder, {})
            at = inner if isinstance(inner, dict) else {}
        at[leaf] = value.replace("\r\n", "\n")
    typed = _typed(tree, _asked())
    own = blank()
    return {
        **typed,
        **{
            name: str(tree.get(name, own[name]))
            for name in ("id", "lang", "tags", "difficulty", "cluster", "status", "origin")
        },
        "followups": _list(tree, "followups"),
    }


def _typed(tree: Mapping[str, Any], like: Fields) -> Fields:
    found: Fields = {}
    for name, default in like.items():
        if name in PARTS:
            found[name] = _list(tree, name)
        elif name in TRUTHS:
            found[name] = bool(tree.get(name))
        else:
            value = tree.get(name, default)
            found[name] = value if isinstance(value, str) else default
    return found


def _list(tree: Mapping[str, Any], name: str) -> list[Fields]:
    parts = tree.get(name)
    if not isinstance(parts, dict):
        return []
    numbers = sorted(
        int(key) for key in parts if key.isascii() and key.isdecimal() and len(key) < 4
    )
    trees = [parts[str(number)] for number in numbers if str(number) in parts][:MOST]
    return [_typed(one, _part(name)) for one in trees if isinstance(one, dict)]


def changed(typed: Fields, do: str) -> Fields:
    """Return the form after ``add:answers`` or ``remove:followups.0.sources.1``."""
    what, _, where = do.partition(":")
    *folders, last = where.split(".")
    at: Any = typed
    try:
        for folder in folders:
            at = at[int(folder)] if isinstance(at, list) else at[folder]
        if what == "add" and last in PARTS and len(at[last]) < MOST:
            at[last].append(_part(last))
        elif what == "remove" and isinstance(at, list):
            del at[int(last)]
    except (KeyError, IndexError, TypeError, ValueError):
        pass  # the page was changed by hand, or is an old one
    return typed


def source_at(typed: Fields, where: str) -> Fields | None:
    """Return the source that ``sources.0`` or ``followups.1.sources.0`` names."""
    at: Any = typed
    try:
        for folder in where.split("."):
            at = at[int(folder)] if isinstance(at, list) else at[folder]
    except (KeyError, IndexError, TypeError, ValueError):
        return None
    return at if isinstance(at, dict) and "quote" in at else None


def value_of(typed: Fields) -> dict[str, Any]:
    """Return what ``validate`` reads: without parts that nothing was typed into."""
    made: dict[str, Any] = _value(typed)
    for name in ("id", "lang", "difficulty", "status", "origin"):
        made[name] = typed[name].strip()
    made["tags"] = _lines(typed["tags"].replace(",", "\n").replace("、", "\n"))
    if typed["cluster"].strip():
        made["cluster"] = typed["cluster"].strip()
    made["followups"] = [_value(one) for one in typed["followups"]]
    return made


def _value(asked: Fields) -> dict[str, Any]:
    return {
        "question": asked["question"],
        "answers": [
            {**one, "aliases": _lines(one["aliases"])}
            for one in asked["answers"]
            if one["text"].strip() or one["aliases"].strip()
        ],
        "sources": [
            {**one, "heading_path": _lines(one["heading_path"]), "relevance": _number(one)}
            for one in asked["sources"]
            if any(one[name].strip() for name in ("path", "heading_path", "quote"))
        ],
        "unanswerable": asked["unanswerable"],
        "must_not": _lines(asked["must_not"]),
        "note": asked["note"],
    }


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]


def _number(source: Fields) -> object:
    text = str(source["relevance"]).strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else text


def placed_problems(problems: Iterable[Problem], typed: Fields) -> dict[str, list[Problem]]:
    """Return problems by the name of the form's field; those of no field have an empty name.

    Parts that were left empty are not in what was checked, so positions are counted again.
    """
    found: dict[str, list[Problem]] = {}
    for one in problems:
        found.setdefault(_name(one, typed), []).append(one)
    return found


def _name(found: Problem, typed: Fields) -> str:
    name = ""
    at: Any = typed
    for part in found.field:
        if isinstance(part, int):
            if not isinstance(at, list):
                break  # one of several lines of a field
            kept = [n for n, one in enumerate(at) if _filled(one)]
            part = kept[part] if part < len(kept) else part
            at = at[part] if part < len(at) else None
        else:
            at = at.get(part) if isinstance(at, dict) else None
        if at is None:
            break
        name = f"{name}.{part}" if name else str(part)
    return "" if isinstance(at, list | dict) and not name else name


def _filled(part: Fields) -> bool:
    if "quote" in part:
        return any(part[name].strip() for name in ("path", "heading_path", "quote"))
    if "text" in part:
        return bool(part["text"].strip() or part["aliases"].strip())
    return True


def sides(mine: GoldenItem, theirs: GoldenItem | None) -> list[tuple[str, str, str]]:
    """Return the fields of two versions of an item that are in either: name, mine, theirs."""
    left, right = record(mine), record(theirs) if theirs else {}
    names = [*left, *(name for name in right if name not in left)]
    return [(name, _side(left.get(name)), _side(right.get(name))) for name in names]


def _side(value: object, indent: str = "") -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return "\n".join(_side(one, indent) for one in value)
    if isinstance(value, dict):
        return "\n".join(
            f"{indent}{key}: {_side(inner, indent + '  ')}" for key, inner in value.items()
        )
    return str(value)
