"""JSON lines ▶ entries with their lines; what is not JSON is named."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from coursebot.evaluation.golden.entries import Entry
from coursebot.evaluation.golden.problems import Field, Problem, problem

_ENDS = re.compile(r"[{\[,:]\s*$|^\s*[}\]]")


class _Object(dict[str, Any]):
    """An object that remembers which names it was given twice."""

    __slots__ = ("twice",)

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.twice = [] if len(self) == len(pairs) else _repeated(pairs)


class _NotANumberError(ValueError):
    """``NaN``, ``Infinity`` or ``-Infinity``."""


def entries(text: str) -> Iterator[Entry]:
    """Yield an entry for each line that is not blank; lines end at line feeds alone."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield _entry(number, line)


def _entry(number: int, line: str) -> Entry:
    try:
        value: object = json.loads(line, object_pairs_hook=_Object, parse_constant=_refuse)
        twice = tuple(found.at(number) for found in _twice(value, ()))
    except json.JSONDecodeError as error:
        return Entry(number, None, (_not_json(line, error).at(number),))
    except _NotANumberError as error:
        return Entry(number, None, (problem("not_a_number", line=number, given=error),))
    except RecursionError:
        return Entry(number, None, (problem("too_deep", line=number),))
    except ValueError:  # Python reads no integer of more than a few thousand digits
        return Entry(number, None, (problem("long_number", line=number),))
    if isinstance(value, list):
        return Entry(number, None, (problem("one_a_line", line=number),))
    return Entry(number, value, twice)


def _refuse(constant: str) -> None:
    raise _NotANumberError(constant)


def _not_json(line: str, error: json.JSONDecodeError) -> Problem:
    if line.strip() == "[":
        return problem("one_a_line")
    if error.pos >= len(line.rstrip()) and _ENDS.search(line):
        return problem("spread")
    what = error.msg[0].lower() + error.msg[1:]
    return problem("not_json", what=what, column=error.pos + 1)


def _twice(value: object, field: Field) -> Iterator[Problem]:
    if isinstance(value, _Object):
        for name in value.twice:
            yield problem("duplicate_key", (*field, name))
        for name, inner in value.items():
            yield from _twice(inner, (*field, name))
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from _twice(inner, (*field, position))


def _repeated(pairs: list[tuple[str, Any]]) -> list[str]:
    seen: set[str] = set()
    return [name for name, _ in pairs if name in seen or seen.add(name)]  # type: ignore[func-returns-value]
