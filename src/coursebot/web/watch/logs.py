"""What happens ▶ lines on stderr, for people or as JSON, each with its request's id.

Learners' words are in none of them unless a setting says so; an exception nobody foresaw may quote
them, so that of such a one the class and the place are logged, not the message.
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

import structlog
from structlog.stdlib import BoundLogger, ProcessorFormatter
from structlog.types import EventDict, Processor, WrappedLogger

from coursebot.errors import CoursebotError, QuestionError

if TYPE_CHECKING:
    from coursebot.config import Settings

OURS = "coursebot"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SHARED: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


def logger(name: str) -> BoundLogger:
    """Return a logger that writes to the standard library's of that name."""
    made: BoundLogger = structlog.wrap_logger(
        logging.getLogger(name),
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=BoundLogger,
        cache_logger_on_first_use=True,
    )
    return made


def configure(chosen: Settings, stream: TextIO | None = None) -> None:
    """Write all log lines of this process as the settings say.

    Other libraries are heard from warnings on: below that some of them log what was asked.
    """
    to = stream or sys.stderr
    as_json = chosen.log_format == "json"
    last: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=to.isatty(), sort_keys=False)
    )
    handler = logging.StreamHandler(to)
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=_SHARED,
            processors=[
                ProcessorFormatter.remove_processors_meta,
                _Exceptions(telling=chosen.log_questions),
                _printable,
                last,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger(OURS).setLevel(chosen.log_level.upper())
    # Where lines are read by a program, nothing stands between them.
    logging.captureWarnings(as_json)


def teller(chosen: Settings, say: Callable[[str], None]) -> Callable[[str], None]:
    """Return how a server tells that it is up, and that it ends; among JSON, as JSON."""
    if chosen.log_format != "json":
        return say
    server = logger(f"{OURS}.server")
    return lambda line: server.warning(line)


class _Exceptions:
    """A processor that puts an exception into words."""

    def __init__(self, *, telling: bool) -> None:
        self._telling = telling
        """Whether messages may be told whatever they hold."""

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        """Replace ``exc_info`` by the text of the exception."""
        found = event.pop("exc_info", None)
        if found is True:
            found = sys.exc_info()
        error = found[1] if isinstance(found, tuple) else found
        if isinstance(error, BaseException):
            event["exception"] = self._text(error)
        return event

    def _text(self, error: BaseException) -> str:
        if self._telling:
            return "".join(traceback.format_exception(error)).rstrip()
        place = "".join(traceback.format_tb(error.__traceback__))
        kind = type(error).__name__
        known = isinstance(error, OSError | CoursebotError) and not isinstance(error, QuestionError)
        return f"Traceback (most recent call last):\n{place}{kind}{f': {error}' if known else ''}"


def _printable(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Escape what would steer a terminal, or break a line in two."""
    for key, value in event.items():
        if isinstance(value, str) and key != "exception":
            event[key] = _CONTROL.sub(lambda found: ascii(found.group())[1:-1], value)
    return event
