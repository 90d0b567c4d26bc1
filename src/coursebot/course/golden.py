"""A course's golden set ▶ its reviewed questions; bad lines are reported and passed over."""

from __future__ import annotations

import json
from pathlib import Path

from coursebot.types import Refusal

GOLDEN = "golden.jsonl"
"""The name of a course's own golden set; its reviewed questions are read from it."""


def read_questions(
    folder: Path, shown: str, largest: int
) -> tuple[tuple[str, ...], Refusal | None]:
    """Return the reviewed, answerable questions of ``folder``'s golden set, in their order.

    Of a cluster, the first in each language is taken: the others word the same question anew, some
    of them badly on purpose. A folder without a golden set has no questions. ``shown`` is the
    file's path for people, ``largest`` the bytes that are read at most. What cannot be read is one
    refusal, at the first such line.
    """
    path = folder / GOLDEN
    if path.is_symlink():
        return (), Refusal(shown, "a symbolic link; copy the file into the folder.")
    if not path.is_file():
        return (), None
    try:
        size = path.stat().st_size
        if size > largest:
            return (), Refusal(shown, f"{size / 1e6:.0f} MB; {largest / 1e6:.0f} MB are read.")
        lines = path.read_bytes().removeprefix(b"\xef\xbb\xbf").split(b"\n")
    except OSError as error:
        reason = f"cannot be read ({error.strerror or error}). Check its permissions."
        return (), Refusal(shown, reason)
    found: dict[str, None] = {}
    clusters: set[tuple[str, str]] = set()
    bad: list[tuple[int, str]] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            question, cluster = _question(line)
        except ValueError as error:
            bad.append((number, str(error)))
            continue
        if question and cluster not in clusters:
            found.setdefault(question)
            if cluster is not None:
                clusters.add(cluster)
    return tuple(found), _refusal(shown, bad)


def _question(line: bytes) -> tuple[str, tuple[str, str] | None]:
    """Return the question of one line, empty when it is not to be offered, and its cluster.

    Raises ValueError saying what is wrong.
    """
    try:
        row = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON ({error.msg})") from None
    except RecursionError:
        raise ValueError("not JSON (too deep)") from None
    if not isinstance(row, dict):
        raise ValueError("not a JSON object")
    question = row.get("question")
    if not isinstance(question, str) or not question.strip():
        raise ValueError("has no 'question'")
    if row.get("status") != "reviewed" or row.get("unanswerable"):
        return "", None
    cluster = (str(row["cluster"]), str(row.get("lang"))) if row.get("cluster") else None
    # A lone surrogate, which JSON can spell, is no text that could be shown.
    return question.strip().encode("utf-8", "replace").decode("utf-8"), cluster


def _refusal(shown: str, bad: list[tuple[int, str]]) -> Refusal | None:
    if not bad:
        return None
    line, what = bad[0]
    more = f", and {len(bad) - 1} more" if len(bad) > 1 else ""
    return Refusal(shown, f"line {line}{more}: {what}. Correct it; the others count.", line)
