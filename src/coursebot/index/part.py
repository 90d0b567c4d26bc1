"""An index ▶ the same with some of its courses alone, as if the others had never been indexed.

Records are shared and vectors are looked up where they are; only the lexical scores are copied.
Whatever is counted (how rare a word is, whether it stands anywhere) is counted in these courses.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from itertools import groupby
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from coursebot.index.dense import Nearest
from coursebot.index.interface import Positions, Searchable
from coursebot.index.manifest import Manifest
from coursebot.index.records import Records
from coursebot.types import Course, Floats, Passage, Statement

if TYPE_CHECKING:
    from coursebot.index.loaded import Index

T = TypeVar("T", bound=Searchable)
Range = tuple[int, int]
Document = tuple[str, str, str]
"""A file: its course, path and digest."""

PARTS = 32
"""Sets of courses whose index is remembered: as many as there are kinds of learners."""


class Parts(Generic[T]):
    """The indexes of some of an index' courses that were asked for last; for many threads."""

    def __init__(self) -> None:
        self._held: OrderedDict[frozenset[str], T] = OrderedDict()
        self._making = threading.Lock()

    def of(self, whole: T, courses: Iterable[str], make: Callable[[T, frozenset[str]], T]) -> T:
        """Return ``whole`` with some courses alone, which ``make`` makes when first asked for."""
        names = frozenset(name for name in courses if name in whole.courses)
        if len(names) == len(whole.courses):
            return whole
        with self._making:
            made = self._held.pop(names, None)
            if made is None:
                made = make(whole, names)
            self._held[names] = made
            while len(self._held) > PARTS:
                self._held.popitem(last=False)
            return made


def part(index: Index, names: Collection[str]) -> Index:
    """Return the index of these courses; names that it does not have say nothing."""
    contents = _contents(index.contents, frozenset(names))
    runs = {
        "passages": _runs(index.passages, names),
        "statements": _runs(index.statements, names),
    }
    places = {unit: _places(held) for unit, held in runs.items()}
    made = type(index)(
        manifest_of(
            index.manifest,
            contents.courses,
            ((one.course, one.path, one.digest) for one in contents.sources),
            counts_of(contents),
        ),
        contents,
        {unit: DensePart(index.dense[unit], runs[unit], places[unit]) for unit in runs},
        {
            name: leg.part(places["passages"], places["statements"])
            for name, leg in index.legs.items()
        },
        index.version,
        hidden=len(index.courses) - len(contents.courses),
    )
    made.japanese = index.japanese[places["passages"]]
    return made


def counts_of(contents: Records) -> dict[str, int]:
    """Return the counts that a manifest has."""
    return {
        "courses": len(contents.courses),
        "files": len(contents.sources),
        "sections": len(contents.sections),
        "statements": len(contents.statements),
        "passages": len(contents.passages),
        "refusals": len(contents.refusals),
        "suggestions": len(contents.suggestions),
    }


def manifest_of(
    whole: Manifest,
    courses: Iterable[Course],
    documents: Iterable[Document],
    counts: Mapping[str, int],
) -> Manifest:
    """Return the manifest of the part with these courses and files, which has these counts.

    Its digests say nothing of what is not in it: who knew a text but for one word could try which
    one gives the digest.
    """
    described = json.dumps([[asdict(course) for course in courses], list(documents)])
    digest = hashlib.sha256(described.encode("ascii")).hexdigest()
    counted = {**whole.counts, **counts}
    return replace(whole, counts=counted, corpus_digest=digest, files={}).sealed()


class DensePart:
    """Some runs of the vectors that are searched together, numbered anew."""

    def __init__(self, whole: Nearest, runs: Sequence[Range], places: Positions) -> None:
        self._whole = whole
        self._runs = runs
        self._places = places

    def search(self, vector: Floats, k: int, first: int, last: int) -> tuple[Positions, Floats]:
        """Return the ``k`` nearest, as ``Dense.search`` does."""
        found: list[NDArray[np.int64]] = []
        begin = 0
        for start, end in self._runs:
            low, high = max(first - begin, 0), min(last - begin, end - start)
            if low < high:
                positions, _ = self._whole.search(vector, k, start + low, start + high)
                found.append(positions - start + begin)
            begin += end - start
        if not found:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
        positions = np.concatenate(found)
        cosines = self.cosines(vector, positions)
        order = np.lexsort((positions, -cosines))[: max(k, 0)]
        return positions[order], cosines[order]

    def cosines(self, vector: Floats, positions: Positions) -> Floats:
        """Return the exact cosines at ``positions``."""
        return self._whole.cosines(vector, self._places[positions])


def _contents(whole: Records, names: frozenset[str]) -> Records:
    return Records(
        courses=tuple(one for one in whole.courses if one.name in names),
        sources=tuple(one for one in whole.sources if one.course in names),
        sections=tuple(one for one in whole.sections if one.course in names),
        statements=tuple(one for one in whole.statements if one.course in names),
        passages=tuple(one for one in whole.passages if one.course in names),
        # What was refused is told by its path, which may be anybody's.
        refusals=(),
        suggestions=tuple(one for one in whole.suggestions if one.course in names),
    )


def _runs(
    units: Sequence[Passage] | Sequence[Statement], names: Collection[str]
) -> tuple[Range, ...]:
    """Return where the runs of these courses begin and end."""
    found = []
    first = 0
    for inside, run in groupby(units, key=lambda unit: unit.course in names):
        last = first + sum(1 for _ in run)
        if inside:
            found.append((first, last))
        first = last
    return tuple(found)


def _places(runs: Sequence[Range]) -> Positions:
    """Return the position in the whole of each position in the part."""
    pieces = [np.arange(first, last, dtype=np.int64) for first, last in runs]
    return np.concatenate([np.zeros(0, dtype=np.int64), *pieces])
