"""A reading-comprehension set ▶ a course whose files are its contexts."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from pathlib import Path

from coursebot.errors import GoldenError
from coursebot.evaluation.golden.squad import Squad, context_of

_NO_FILE_NAME = re.compile(r"[\W_]+")


def write_course(squad: Squad, folder: Path, title: str, language: str) -> int:
    """Write each context as a Markdown file below its article's title; return how many.

    ``folder`` must be empty or not there; it is complete or not made at all. The same context
    twice in an article is one file. Raises GoldenError.
    """
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise GoldenError(
                f"{folder}: there is something already.", "Name a folder that is not there yet."
            )
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            count = _write(squad, made, title, language)
            made.chmod(0o755)
            if folder.exists():
                folder.rmdir()
            made.replace(folder)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    except OSError as error:
        raise GoldenError(f"{folder}: cannot be written ({error.strerror or error}).") from None
    return count


def _write(squad: Squad, folder: Path, title: str, language: str) -> int:
    described = {"title": title, "language": language}
    lines = [f"{k} = {json.dumps(v, ensure_ascii=False)}\n" for k, v in described.items() if v]
    (folder / "course.toml").write_text("".join(lines), encoding="utf-8")
    count = 0
    names: set[str] = set()
    for number, article in enumerate(squad.data, 1):
        name = _NO_FILE_NAME.sub("-", article.title.lower()).strip("-")[:60]
        name = name or f"article-{number}"
        if name in names:
            name = f"{name}-{number}"
        names.add(name)
        contexts = dict.fromkeys(context_of(paragraph)[0] for paragraph in article.paragraphs)
        (folder / name).mkdir()
        heading = " ".join(article.title.replace("_", " ").split()) or name
        for position, context in enumerate(contexts, 1):
            text = f"# {heading}\n\n{context.strip()}\n"
            (folder / name / f"{position:03}.md").write_text(text, encoding="utf-8", newline="\n")
            count += 1
    return count
