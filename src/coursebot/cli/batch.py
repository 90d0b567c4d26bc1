"""Lines of questions ▶ lines of answers, in the same order, each written as soon as it is known."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from math import isfinite
from typing import BinaryIO, NoReturn

from coursebot.cli.records import Record, answer_record, json_text
from coursebot.errors import QuestionError, UnknownCourseError
from coursebot.types import Answer

Ask = Callable[[str], Answer]

_BLANK = b" \t\r\n"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class BadLineError(ValueError):
    """A line that holds no question."""

    def __init__(self, message: str, record: Record | None = None) -> None:
        super().__init__(message)
        self.record = record or {}


def answer_lines(lines: Iterable[bytes], out: BinaryIO, ask: Ask) -> tuple[int, int]:
    """Answer each line of ``lines`` with one line on ``out``; return how many were read and bad.

    A line is ``{"id": …, "question": "…"}`` in UTF-8; blank lines are passed over. A bad one gives
    ``{"id", "line", "error"}`` in its place. Raises UnknownCourseError: no line can be answered.
    """
    read = bad = 0
    for number, line in enumerate(lines, 1):
        if number == 1:
            line = line.removeprefix(_BYTE_ORDER_MARK)
        if not line.strip(_BLANK):
            continue
        read += 1
        record: Record
        try:
            asked = _parse(line)
            record = {"id": asked.get("id"), **answer_record(ask(_question(asked)))}
        except UnknownCourseError:
            raise
        except BadLineError as error:
            bad += 1
            record = {"id": error.record.get("id"), "line": number, "error": str(error)}
        except QuestionError as error:
            bad += 1
            record = {"id": asked.get("id"), "line": number, "error": str(error)}
        out.write(json_text(record).encode() + b"\n")
        out.flush()
    return read, bad


def _parse(line: bytes) -> Record:
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadLineError(f"Not UTF-8: byte {error.start + 1} of the line.") from None
    try:
        value = json.loads(text, parse_constant=_no_constant, parse_float=_finite)
    except json.JSONDecodeError as error:
        raise BadLineError(f"Not JSON: {error.msg} (column {error.colno}).") from None
    except (ValueError, RecursionError):
        raise BadLineError("Not JSON that can be read: too deep, or a number too large.") from None
    if not isinstance(value, dict):
        raise BadLineError('Not an object such as {"id": 1, "question": "…"}.')
    return value


def _no_constant(name: str) -> NoReturn:
    raise json.JSONDecodeError(f"{name} is not JSON", name, 0)


def _finite(number: str) -> float:
    value = float(number)
    if not isfinite(value):
        raise ValueError(number)
    return value


def _question(asked: Record) -> str:
    if "question" not in asked:
        raise BadLineError('There is no "question".', asked)
    question = asked["question"]
    if not isinstance(question, str):
        raise BadLineError('"question" is not a text.', asked)
    return question
