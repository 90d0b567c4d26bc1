"""Exceptions ▶ one line on stderr and an exit code; no traceback reaches a user."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from typer.core import TyperGroup

from coursebot.errors import CoursebotError

FAILED = 1
"""Refused or failed; the line on stderr says why."""
UNMEASURED = 2
"""``eval`` and ``sweep`` could not measure: 1 is kept for what the gate says no to."""
INTERRUPTED = 130
"""Ctrl-C."""
PIPE_CLOSED = 141
"""Whoever read the output has seen enough; the code that other Unix filters end with."""


class Commands(TyperGroup):
    """The commands, with every failure put into words."""

    def make_context(self, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 — Typer's own affair
        """Read the arguments, where ``--help`` and ``--version`` write already."""
        with _in_words():
            return super().make_context(*arguments, **options)

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 — the context's class is Typer's own affair
        """Run a command; raises typer.Exit with the code that its failure stands for."""
        with _in_words():
            result = super().invoke(ctx)
            sys.stdout.flush()
            return result


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        say("Stopped.")
        raise typer.Exit(INTERRUPTED) from None
    except BrokenPipeError:
        _discard_output()
        raise typer.Exit(PIPE_CLOSED) from None
    except CoursebotError as error:
        if debugging():
            raise
        fail(str(error))
        raise typer.Exit(FAILED) from None
    except Exception as error:
        # Typer's own exceptions (usage, exit) carry their code and are Typer's to report.
        if hasattr(error, "exit_code") or isinstance(error, typer.Abort) or debugging():
            raise
        fail(unexpected(error))
        raise typer.Exit(FAILED) from None


def debugging() -> bool:
    """Whether tracebacks are wanted (``COURSEBOT_DEBUG=1``)."""
    return os.environ.get("COURSEBOT_DEBUG", "") not in ("", "0")


def say(line: str) -> None:
    """Write one line to stderr."""
    print(" ".join(line.split()), file=sys.stderr, flush=True)  # noqa: T201 — a line for people


def fail(message: str) -> None:
    """Write ``Error: …`` to stderr, on one line whatever ``message`` holds."""
    say(f"Error: {message}")


def make_output_safe() -> None:
    """Let output that the terminal's encoding cannot show be escaped instead of failing.

    Where a stream is closed, what would be written to it is dropped.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def unexpected(error: Exception) -> str:
    """Return what is said of an error that nobody foresaw."""
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror}. Set COURSEBOT_DEBUG=1 to see where."
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return f"something unexpected happened ({text}). Set COURSEBOT_DEBUG=1 to see where."


def _discard_output() -> None:
    """Point stdout at nothing, so that the interpreter's last flush does not fail again."""
    with open(os.devnull, "w", encoding="utf-8") as nothing:  # noqa: PTH123 — a device, not a file
        os.dup2(nothing.fileno(), sys.stdout.fileno())
