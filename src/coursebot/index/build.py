"""Corpus folder ▶ index folder: what changed is embedded, the rest is taken over."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import astuple, dataclass, replace
from enum import StrEnum
from pathlib import Path

from coursebot import course
from coursebot.errors import (
    IndexDamagedError,
    IndexMismatchError,
    IndexMissingError,
)
from coursebot.index import asked, dense, embedded, lexical, store
from coursebot.index.asked import Suggester
from coursebot.index.cutting import CountTokens, Cut, Cutter, cut_up
from coursebot.index.embedded import Embedder, Here
from coursebot.index.kept import Kept, Log, Places, keys_of
from coursebot.index.manifest import FORMAT, Manifest, now
from coursebot.index.many import processes, processes_for
from coursebot.index.progress import Progress, Silent
from coursebot.index.records import Records
from coursebot.index.shelf import Before, shelf_of
from coursebot.index.staged import Staged
from coursebot.places import Place
from coursebot.types import Encoder, Floats


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build found and did."""

    courses: int
    files: int
    sections: int
    statements: int
    passages: int
    embedded: int
    """Texts that went through the model."""
    reused: int
    """Vectors of passages and statements taken over, or made for an identical text."""
    refusals: int
    """Files that were not indexed."""
    suggestions: int
    """Questions that were seen to be answered."""
    seconds: float
    unchanged: bool
    """Nothing had changed; the version before still counts."""


class Freshness(StrEnum):
    """How an index stands to its corpus."""

    CURRENT = "current"
    MISSING = "missing"
    STALE = "stale"
    """Made from another corpus, model, format or settings."""
    DAMAGED = "damaged"


def build(
    corpus_folder: Path,
    out: Place,
    encoder: Encoder,
    *,
    passage_tokens: int,
    progress: Progress | None = None,
    suggest: Suggester | None = None,
    beside: Place | None = None,
    workers: int = 1,
    counter: CountTokens | None = None,
    embedder: Embedder | None = None,
) -> BuildReport:
    """Index the courses below ``corpus_folder`` into ``out``, in one step as others see it.

    Vectors are taken over from the version before, from the index at ``beside``, and from a build
    that was killed. ``suggest`` is asked for questions to offer when all else of the new version
    is made. ``workers`` processes read and cut the files (0: as many as is best), if there is a
    ``counter`` of tokens that can be sent to them. ``embedder`` embeds in the place of ``encoder``.
    Raises CorpusError, ModelError, IndexBusyError when another build is under way, or
    IndexWriteError; whatever happens, the index that was there before still loads.
    """
    started = time.perf_counter()
    report = progress or Silent()
    shelf = shelf_of(out)
    with shelf.writing(), ExitStack() as stack:
        found = course.find(corpus_folder)
        count = processes_for(found.size, workers) if counter else 1
        many = stack.enter_context(processes(count))
        survey = course.survey(found, many)
        version = suggest.version if suggest else ""
        recipe = _recipe(survey, encoder.fingerprint, encoder.dimension, passage_tokens, version)
        before = shelf.before()
        if before is not None and before.manifest.made_like(recipe):
            there = before.manifest
            shelf.forget()
            return _report(there, 0, _vectors(there), started, unchanged=True)
        folder = stack.enter_context(shelf.staging())
        with Staged(folder, encoder.fingerprint) as staged, ExitStack() as files:
            _cut(survey, staged, many, counter or encoder.count_tokens, passage_tokens, report)
            staged.end(Records(survey.courses, (), (), (), (), survey.refusals))
            sources = _sources(before, beside, folder, files)
            log = files.enter_context(closing(Log(shelf.log(folder), encoder.dimension)))
            made = embedded.embed(staged, sources, log, embedder or Here(encoder), encoder, report)
            if len(log):
                sources.append(files.enter_context(closing(log.kept())))
            places = {unit: Places(keys_of(staged.keys(unit)), sources) for unit in lexical.UNITS}
            _write_indexes(staged, places, encoder.dimension, report, side_by_side=workers != 1)
            manifest = _finished(recipe, encoder.name, survey, staged)
            if suggest:
                named = {one.name: one for one in survey.courses}
                offered = asked.suggestions(suggest, staged, manifest, named, places, report)
                staged.suggest(offered)
                manifest = _finished(recipe, encoder.name, survey, staged, len(offered))
        shelf.write(manifest, folder)
        shelf.forget()
    return _report(manifest, made, _vectors(manifest) - made, started, unchanged=False)


def copy(source: Path, out: Place, progress: Progress | None = None) -> BuildReport:
    """Make the version in the folder ``source`` the one that counts at ``out``, as it is.

    Nothing is embedded, and neither courses nor a model are needed. Raises an IndexError_.
    """
    started = time.perf_counter()
    report = progress or Silent()
    version, manifest = store.check(source)
    shelf = shelf_of(out)
    with shelf.writing():
        before = shelf.before()
        if before is not None and before.manifest.digest == manifest.digest:
            return _report(manifest, 0, _vectors(manifest), started, unchanged=True)
        report.start(1, "index copied")
        with shelf.staging() as folder:
            for name in store.LAYOUT:
                shutil.copyfile(version / name, folder / name)
            shelf.write(manifest, folder)
        report.advance(1)
        report.done()
    return _report(manifest, 0, _vectors(manifest), started, unchanged=False)


def manifest_of(place: Place) -> Manifest:
    """Return the manifest of the index at ``place``, checked; raises an IndexError_."""
    return shelf_of(place).manifest()


def status(
    corpus_folder: Path,
    out: Place,
    *,
    fingerprint: str | None = None,
    passage_tokens: int,
    suggester: str | None = None,
) -> Freshness:
    """Return how the index in ``out`` stands to the corpus; ``fingerprint`` None: any model.

    ``suggester`` is the version of what would suggest questions; None: any, as with
    ``fingerprint``.

    Raises CorpusError.
    """
    try:
        found = shelf_of(out).manifest()
    except IndexMissingError:
        return Freshness.MISSING
    except IndexMismatchError:
        return Freshness.STALE
    except IndexDamagedError:
        return Freshness.DAMAGED
    wanted = found.fingerprint if fingerprint is None else fingerprint
    suggested = found.suggester if suggester is None else suggester
    survey = course.survey(course.find(corpus_folder))
    recipe = _recipe(survey, wanted, found.dimension, passage_tokens, suggested)
    return Freshness.CURRENT if found.made_like(recipe) else Freshness.STALE


def _recipe(
    corpus: course.Survey, fingerprint: str, dimension: int, passage_tokens: int, suggester: str
) -> Manifest:
    """Return a manifest with all that decides what an index holds, before it is made."""
    described = json.dumps([corpus.digest, [astuple(refusal) for refusal in corpus.refusals]])
    return Manifest(
        format=FORMAT,
        model="",
        fingerprint=fingerprint,
        dimension=dimension,
        passage_tokens=passage_tokens,
        corpus_digest=hashlib.sha256(described.encode("ascii")).hexdigest(),
        lexical=lexical.VERSION,
        suggester=suggester,
        counts={},
        files={},
        built_at="",
    )


def _cut(
    survey: course.Survey,
    staged: Staged,
    many: course.Many,
    count_tokens: CountTokens,
    limit: int,
    progress: Progress,
) -> None:
    """Write rows, keys, texts and terms of every file, in document order."""
    progress.start(len(survey.files), "files cut into passages")

    def here() -> Iterator[Cut]:
        for file in survey.files:
            document = survey.kept.get(file.path) or file.read()
            yield cut_up(document, count_tokens, limit)

    found = here() if many is map else many(Cutter(count_tokens, limit), survey.files)
    for file, cut in zip(survey.files, found, strict=True):
        staged.add(file.course, cut)
        progress.advance(1)
    progress.done()


def _sources(
    before: Before | None, beside: Place | None, folder: Path, stack: ExitStack
) -> list[Kept]:
    """Return the vectors that there are already; those of the version before come first."""
    there = [before] if before is not None else []
    if beside is not None and (other := shelf_of(beside).before()) is not None:
        there.append(other)
    found = [kept for one in there for kept in one.vectors(folder)]
    return [stack.enter_context(closing(kept)) for kept in found]


def _write_indexes(
    staged: Staged,
    places: Mapping[str, Places],
    dimension: int,
    progress: Progress,
    *,
    side_by_side: bool,
) -> None:
    """Write vectors and scores; with graphs ``side_by_side``, both are in memory at a time."""
    progress.start(len(lexical.LEGS) + len(lexical.UNITS), "indexes made")

    def vectors(unit: str) -> None:
        def read(first: int, last: int) -> Floats:
            return places[unit].read(first, last, dimension)

        count = staged.count(f"{unit}.json")
        dense.Dense.write(staged.folder / f"{unit}.faiss", count, dimension, read)

    graphs = [unit for unit in lexical.UNITS if staged.count(f"{unit}.json") > dense.EXACT_UP_TO]
    apart = graphs if side_by_side else []
    with ThreadPoolExecutor(max(len(apart), 1)) as threads:
        waiting = [threads.submit(vectors, unit) for unit in apart]
        for leg in lexical.LEGS:
            staged.write_leg(leg)
            progress.advance(1)
        for unit in lexical.UNITS:
            if unit not in apart:
                vectors(unit)
                progress.advance(1)
        for made in waiting:
            made.result()
            progress.advance(1)
    progress.done()


def _finished(
    recipe: Manifest, model: str, survey: course.Survey, staged: Staged, suggestions: int = 0
) -> Manifest:
    counts = {
        "courses": len(survey.courses),
        "files": staged.count("sources.json"),
        "sections": staged.count("sections.json"),
        "statements": staged.count("statements.json"),
        "passages": staged.count("passages.json"),
        "refusals": len(survey.refusals),
        "suggestions": suggestions,
    }
    files = store.Files(staged.folder).entries()
    return replace(recipe, model=model, counts=counts, files=files, built_at=now()).sealed()


def _vectors(manifest: Manifest) -> int:
    return sum(manifest.counts[unit] for unit in lexical.UNITS)


def _report(
    manifest: Manifest, embedded: int, reused: int, started: float, *, unchanged: bool
) -> BuildReport:
    return BuildReport(
        **manifest.counts,
        embedded=embedded,
        reused=reused,
        seconds=time.perf_counter() - started,
        unchanged=unchanged,
    )
