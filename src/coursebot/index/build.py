"""Corpus folder ▶ index folder: what changed is embedded, the rest is taken over."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import numpy as np

from coursebot.course import cut, embedding, read_corpus
from coursebot.errors import (
    IndexDamagedError,
    IndexMismatchError,
    IndexMissingError,
    ModelError,
)
from coursebot.index import lexical, records, store
from coursebot.index.dense import Dense
from coursebot.index.lexical import LexicalLeg
from coursebot.index.loaded import Index
from coursebot.index.manifest import FORMAT, Manifest, entry_of, now
from coursebot.index.records import Records
from coursebot.index.shelf import shelf_of
from coursebot.places import Place
from coursebot.types import Corpus, Encoder, Floats, Passage, Suggestion

Texts = Mapping[str, Sequence[str]]

_BATCH = 256
"""Texts between two steps of the progress bar."""


class Progress(Protocol):
    """Is told how far a build has come."""

    def start(self, total: int, what: str) -> None:
        """Begin a step of ``total`` units; ``what`` names it for people."""

    def advance(self, n: int) -> None:
        """Count ``n`` units as done."""

    def done(self) -> None:
        """End the step."""


class Suggester(Protocol):
    """Index ▶ questions that it answers."""

    @property
    def version(self) -> str:
        """Changes with everything but corpus and model that decides what is suggested."""

    def __call__(self, index: Index, progress: Progress) -> Sequence[Suggestion]:
        """Return the suggestions for ``index``, those of a course together."""


class _Silent:
    def start(self, total: int, what: str) -> None:
        pass

    def advance(self, n: int) -> None:
        pass

    def done(self) -> None:
        pass


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
) -> BuildReport:
    """Index the courses below ``corpus_folder`` into ``out``, in one step as others see it.

    Vectors are taken over from the version before, and from the index at ``beside``.
    ``suggest`` is asked for questions to offer when all else of the new version is made.
    Raises CorpusError, ModelError, IndexBusyError when another build is under way, or
    IndexWriteError; whatever happens, the index that was there before still loads.
    """
    started = time.perf_counter()
    report = progress or _Silent()
    shelf = shelf_of(out)
    with shelf.writing():
        corpus = read_corpus(corpus_folder)
        version = suggest.version if suggest else ""
        recipe = _recipe(corpus, encoder.fingerprint, encoder.dimension, passage_tokens, version)
        before = shelf.before()
        if before is not None and before.manifest.made_like(recipe):
            there = before.manifest
            return _report(there, 0, _vectors(there), started, unchanged=True)
        passages = _passages(corpus, encoder, passage_tokens, report)
        contents = records.collect(corpus.courses, corpus.documents, passages, corpus.refusals)
        texts = _texts(contents)
        keys = {unit: _keys(encoder.fingerprint, texts[unit]) for unit in lexical.UNITS}
        known = before.vectors() if before is not None else {}
        if beside is not None and (other := shelf_of(beside).before()) is not None:
            known = other.vectors() | known
        embedded = _embed(encoder, texts, keys, known, report)
        data = _data(contents, texts, keys, known, encoder.dimension, report)
        manifest = _finished(recipe, encoder.name, contents, data)
        if suggest:
            found = tuple(suggest(Index.from_data(manifest, data), report))
            contents = replace(contents, suggestions=found)
            data.update(records.dump(contents))
            manifest = _finished(recipe, encoder.name, contents, data)
        shelf.write(manifest, data)
    return _report(manifest, embedded, _vectors(manifest) - embedded, started, unchanged=False)


def copy(source: Path, out: Place, progress: Progress | None = None) -> BuildReport:
    """Make the version in the folder ``source`` the one that counts at ``out``, as it is.

    Nothing is embedded, and neither courses nor a model are needed. Raises an IndexError_.
    """
    started = time.perf_counter()
    report = progress or _Silent()
    _, manifest, data = store.read(source)
    shelf = shelf_of(out)
    with shelf.writing():
        before = shelf.before()
        if before is not None and before.manifest.digest == manifest.digest:
            return _report(manifest, 0, _vectors(manifest), started, unchanged=True)
        report.start(1, "index copied")
        shelf.write(manifest, data)
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
    recipe = _recipe(read_corpus(corpus_folder), wanted, found.dimension, passage_tokens, suggested)
    return Freshness.CURRENT if found.made_like(recipe) else Freshness.STALE


def _recipe(
    corpus: Corpus, fingerprint: str, dimension: int, passage_tokens: int, suggester: str
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


def _passages(
    corpus: Corpus, encoder: Encoder, limit: int, progress: Progress
) -> tuple[Passage, ...]:
    progress.start(len(corpus.documents), "files cut into passages")
    found: list[Passage] = []
    for document in corpus.documents:
        found.extend(cut(document, encoder.count_tokens, limit))
        progress.advance(1)
    progress.done()
    return tuple(found)


def _texts(contents: Records) -> Texts:
    """Return what is embedded and indexed lexically for each passage and statement."""
    sections = {section.id: section for section in contents.sections}
    return {
        "passages": [embedding.passage_text(sections[p.section], p) for p in contents.passages],
        "statements": [
            embedding.statement_text(sections[s.section], s) for s in contents.statements
        ],
    }


def _keys(fingerprint: str, texts: Sequence[str]) -> list[bytes]:
    model = hashlib.sha256(fingerprint.encode("utf-8", "surrogatepass"))
    keys = []
    for text in texts:
        digest = model.copy()
        digest.update(b"\0" + text.encode("utf-8", "surrogatepass"))
        keys.append(digest.digest())
    return keys


def _embed(
    encoder: Encoder,
    texts: Texts,
    keys: Mapping[str, Sequence[bytes]],
    known: dict[bytes, Floats],
    progress: Progress,
) -> int:
    """Add the vectors that are missing to ``known``; return how many texts were embedded."""
    missing: dict[bytes, str] = {}
    for unit in lexical.UNITS:
        for key, text in zip(keys[unit], texts[unit], strict=True):
            if key not in known:
                missing.setdefault(key, text)
    progress.start(len(missing), "texts embedded")
    waiting = list(missing.items())
    for at in range(0, len(waiting), _BATCH):
        batch = waiting[at : at + _BATCH]
        vectors = np.asarray(encoder.encode_passages([text for _, text in batch]), np.float32)
        if vectors.shape != (len(batch), encoder.dimension) or not np.isfinite(vectors).all():
            raise ModelError(
                f"The model {encoder.name!r} gave no usable vectors.", "Try: coursebot doctor."
            )
        known.update(zip((key for key, _ in batch), vectors, strict=True))
        progress.advance(len(batch))
    progress.done()
    return len(missing)


def _data(
    contents: Records,
    texts: Texts,
    keys: Mapping[str, Sequence[bytes]],
    known: Mapping[bytes, Floats],
    dimension: int,
    progress: Progress,
) -> dict[str, bytes]:
    """Return the bytes of every file of the version but the manifest."""
    progress.start(len(lexical.LEGS) + len(lexical.UNITS), "indexes made")
    data = records.dump(contents)
    for name, tokenise in lexical.LEGS.items():
        leg = LexicalLeg.build(tokenise, texts["passages"], texts["statements"])
        data.update(leg.dump(name))
        progress.advance(1)
    for unit in lexical.UNITS:
        vectors = np.zeros((len(keys[unit]), dimension), dtype=np.float32)
        for at, key in enumerate(keys[unit]):
            vectors[at] = known[key]
        data[f"{unit}.faiss"] = Dense.build(vectors).to_bytes()
        data[f"{unit}.keys"] = b"".join(keys[unit])
        progress.advance(1)
    progress.done()
    return data


def _finished(
    recipe: Manifest, model: str, contents: Records, data: Mapping[str, bytes]
) -> Manifest:
    counts = {
        "courses": len(contents.courses),
        "files": len(contents.sources),
        "sections": len(contents.sections),
        "statements": len(contents.statements),
        "passages": len(contents.passages),
        "refusals": len(contents.refusals),
        "suggestions": len(contents.suggestions),
    }
    files = {name: entry_of(data[name]) for name in sorted(data)}
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
