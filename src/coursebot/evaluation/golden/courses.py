"""A golden set's path ▶ the course that it is about."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from coursebot.course.golden import GOLDEN

_SUFFIXES = {".md", ".markdown"}


def course_of(path: Path, corpus: Path) -> str | None:
    """Return the course whose folder a golden set lies in; None when it lies in no course.

    A folder directly in ``corpus`` with Markdown in it is a course, and ``corpus`` itself is one
    when it has a ``course.toml``.
    """
    root = corpus.resolve()
    folder = path.resolve().parent
    if not folder.is_relative_to(root):
        return None
    if (root / "course.toml").exists():
        return root.name
    parts = folder.relative_to(root).parts
    return parts[0] if parts and _has_markdown(root / parts[0]) else None


def own_sets(corpus: Path) -> Iterator[Path]:
    """Yield the golden sets of the courses in ``corpus``, in order."""
    for path in (corpus / GOLDEN, *sorted(corpus.glob(f"*/{GOLDEN}"))):
        if path.is_file() or path.is_symlink():
            yield path


def _has_markdown(folder: Path) -> bool:
    return any(path.suffix.lower() in _SUFFIXES for path in folder.rglob("*"))
