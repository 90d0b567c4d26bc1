"""Assistant and machine ▶ what a run's answers depend on, without secrets and machine paths."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from coursebot.evaluation.run.records import Machine, RunInfo

if TYPE_CHECKING:
    from coursebot.assistant import Assistant
    from coursebot.index import Searchable

INPUTS = (
    "format",
    "golden_digest",
    "course",
    "tags",
    "corpus_digest",
    "index_digest",
    "model",
    "model_fingerprint",
    "settings",
    "code",
    "questions",
)
"""Fields of ``RunInfo`` that decide what comes of a run: equal ones, equal rows."""


def same_inputs(a: RunInfo, b: RunInfo) -> bool:
    """Whether two runs were made from the same."""
    return all(getattr(a, name) == getattr(b, name) for name in INPUTS)


def corpus_digest(index: Searchable) -> str:
    """Return the SHA-256 over path and text of every indexed file, in order of the paths.

    Not the manifest's digest of the corpus: that covers a course's golden set as well.
    """
    made = hashlib.sha256()
    for path in sorted({section.path for section in index.sections.values()}):
        for text in (path, index.source(path)):
            data = text.encode("utf-8", "surrogatepass")
            made.update(len(data).to_bytes(8, "big") + data)
    return made.hexdigest()


def model_name(assistant: Assistant) -> str:
    """Return the embedding model's name; of a model in a folder, the folder's."""
    return _unplaced(assistant.encoder.name)


def settings_of(assistant: Assistant) -> Mapping[str, object]:
    """Return the settings that an answer depends on."""
    chosen = assistant.settings
    return {
        "model": model_name(assistant),
        "passage_tokens": assistant.index.manifest.passage_tokens,
        "top_k": chosen.top_k,
        "answered_above": chosen.answered_above,
        "unsure_above": chosen.unsure_above,
        "llm_model": _unplaced(chosen.llm_model) if chosen.llm_url else "",
        "weights": str(assistant.weights),
        "reader": assistant.reader.fingerprint if assistant.reader else "",
    }


@lru_cache(maxsize=1)
def code() -> str:
    """Return coursebot's version; from a checkout also the commit, and whether it was changed."""
    number = version("coursebot")
    here = Path(__file__).parents[2]
    if not any((folder / ".git").exists() for folder in here.parents[:2]):
        return number  # installed; a repository further up would be somebody else's
    commit = _git(here, "rev-parse", "--short=12", "HEAD")
    if not commit:
        return number
    changed = ".changed" if _git(here, "status", "--porcelain", "--", ".") else ""
    return f"{number}+{commit}{changed}"


def machine() -> Machine:
    """Return what the run is made on."""
    return Machine(
        system=f"{platform.system()} {platform.release()}",
        processor=_processor(),
        cores=_cores(),
        python=platform.python_version(),
    )


def shown_path(path: Path) -> str:
    """Return a path as it may be kept: relative to the working folder, else its name alone."""
    if not path.is_absolute():
        return path.as_posix()
    try:
        return path.relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.name


def _unplaced(name: str) -> str:
    local = PurePath(name).is_absolute() or name.startswith((".", "~"))
    return PurePath(name).name or name if local else name


def _git(folder: Path, *arguments: str) -> str:
    """Return what git prints; nothing where there is no git or no repository."""
    try:
        made = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return made.stdout.strip() if made.returncode == 0 else ""


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _cores() -> int:
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1
