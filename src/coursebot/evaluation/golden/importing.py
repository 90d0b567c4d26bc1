"""Files of other forms ▶ items added to a golden set, and a golden set ▶ other forms."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from coursebot.course import read_corpus
from coursebot.errors import GoldenError
from coursebot.evaluation.golden import contexts, spreadsheet, squad
from coursebot.evaluation.golden.editing import GoldenFile
from coursebot.evaluation.golden.files import GoldenSet, parse, repeated, text_of
from coursebot.evaluation.golden.material import Material
from coursebot.evaluation.golden.records import GoldenItem, Status
from coursebot.evaluation.golden.spreadsheet import Imported
from coursebot.types import Language

LARGEST = 200_000_000
"""Bytes of the largest file that is imported."""


@dataclass(frozen=True, slots=True)
class Options:
    """What items get that do not say it themselves."""

    lang: str | None = None
    """None: as the question looks."""
    status: str = Status.DRAFT.value
    encoding: str = "utf-8"
    """Of a CSV file."""

    @property
    def language(self) -> Language | None:
        """The language, when one was chosen."""
        return Language(self.lang) if self.lang else None


@dataclass(frozen=True, slots=True)
class Written:
    """A golden set in another form."""

    data: bytes
    count: int
    """Items in it."""
    left_out: tuple[tuple[str, str], ...] = ()
    """Ids of items that the form cannot carry, and why."""


def read(
    file: Path,
    format: str,
    options: Options,
    material: Callable[[], Material],
    course: str | None,
) -> Imported:
    """Return the items of a file in ``csv``, ``squad``, ``jsonl`` or ``yaml`` form.

    ``material`` is asked for only when contexts must be found in it. Raises GoldenError when the
    file as a whole cannot be read.
    """
    if format in ("jsonl", "yaml"):
        return _golden(file, Status(options.status))
    data = _bytes(file)
    try:
        if format == "squad":
            return squad.items_of(
                squad.parse(data),
                material(),
                course,
                lang=options.language,
                status=Status(options.status),
            )
        return spreadsheet.parse(
            data,
            name=file.stem,
            lang=options.language,
            status=Status(options.status),
            encoding=options.encoding,
        )
    except GoldenError as error:
        raise GoldenError(f"{file}: {error.message}", error.hint) from None


def _golden(file: Path, status: Status) -> Imported:
    """Return the items of a golden set; of those that it has twice, the first."""
    parsed = parse(file)
    items: list[GoldenItem] = []
    for entry, item in zip(parsed.entries, parsed.items, strict=True):
        if item is not None:
            silent = isinstance(entry.value, dict) and "status" not in entry.value
            items.append(item.model_copy(update={"status": status}) if silent else item)
    twice = {one.line for one in repeated([(n, n, i.id, i) for n, i in enumerate(items)])}
    kept = tuple(item for n, item in enumerate(items) if n not in twice)
    return Imported(kept, parsed.problems)


def as_course(
    file: Path, folder: Path, options: Options, *, skip_bad: bool
) -> tuple[Imported, int]:
    """Make a course of a SQuAD file's contexts; return its questions and how many files it has.

    Unless ``skip_bad``, there is no course when something is wrong with a question. Raises
    GoldenError.
    """
    data = _bytes(file)
    try:
        read_set = squad.parse(data)
    except GoldenError as error:
        raise GoldenError(f"{file}: {error.message}", error.hint) from None
    count = contexts.write_course(read_set, folder, file.stem, options.lang or "")
    material = Material.from_corpus(read_corpus(folder))
    found = squad.items_of(
        read_set, material, None, lang=options.language, status=Status(options.status)
    )
    if found.problems and not skip_bad:
        shutil.rmtree(folder)
    return found, count


def add(path: Path, found: Imported) -> None:
    """Add what was imported to a golden set, made when there is none; raises GoldenError."""
    if not found.items:
        raise GoldenError("There is nothing to import.")
    GoldenFile(path).extend(found.items)


def written(
    golden: GoldenSet, format: str, material: Callable[[], Material], course: str | None
) -> Written:
    """Return a golden set in ``csv``, ``squad``, ``jsonl`` or ``yaml`` form."""
    if format == "squad":
        made = squad.text_of(golden.items, material(), course, golden.path.stem)
        return Written(made.text.encode(), made.count, made.left_out)
    if format == "csv":
        return Written(spreadsheet.data_of(golden.items), len(golden.items))
    return Written(text_of(golden.items, f".{format}").encode(), len(golden.items))


def _bytes(file: Path) -> bytes:
    try:
        if file.stat().st_size > LARGEST:
            raise GoldenError(f"{file}: more than {LARGEST / 1e6:.0f} MB.", "Split it.")
        return file.read_bytes()
    except OSError as error:
        raise GoldenError(f"{file}: cannot be read ({error.strerror or error}).") from None
