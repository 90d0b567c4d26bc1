"""What each rank covers ▶ retrieval measures, by ir-measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from coursebot.evaluation.scoring.metrics import RANKINGS

Ranking = Sequence[tuple[str, frozenset[int]]]
"""Ids, best first, each with the gold sources that it overlaps; of an id twice the first counts."""


def measure(ranking: Ranking, relevance: Mapping[int, int], prefix: str = "") -> dict[str, float]:
    """Return the measures of a ranking; ``relevance`` has all gold sources.

    R@k is the share of the gold sources that the first k ids overlap, so that it does not depend
    on how the material was cut up. The others are ir-measures', on ``judgements``.
    """
    import ir_measures

    values = {prefix + name: 0.0 for name in RANKINGS}
    covered: frozenset[int] = frozenset()
    found = {0: covered}
    for rank, (_, sources) in enumerate(unique(ranking), 1):
        covered |= sources & relevance.keys()
        found[rank] = covered
    wanted = []
    for name in RANKINGS:
        if name.startswith("R@"):
            rank = min(int(name.removeprefix("R@")), len(found) - 1)
            values[prefix + name] = len(found[rank]) / len(relevance)
        else:
            wanted.append(ir_measures.parse_measure(name))
    qrels, run = judgements(ranking, relevance)
    for one in ir_measures.iter_calc(wanted, {"": qrels}, {"": run}):
        values[prefix + str(one.measure)] = float(one.value)
    return values


def judgements(
    ranking: Ranking, relevance: Mapping[int, int]
) -> tuple[dict[str, int], dict[str, float]]:
    """Return relevance and score by id, as trec_eval takes them.

    An id is worth its most relevant source that no id above it overlaps; what only repeats a source
    is worth nothing. Each source that is nowhere in the ranking is one relevant id that was not
    found. The best order of a ranking that has all of them is therefore worth 1. Scores fall
    strictly, since trec_eval breaks ties by id.
    """
    rows = unique(ranking)
    qrels: dict[str, int] = {}
    left = dict(relevance)
    for name, sources in rows:
        fresh = sources & left.keys()
        qrels[f"found {name}"] = max((left.pop(source) for source in fresh), default=0)
    qrels |= {f"missed {source}": gain for source, gain in left.items()}
    run = {f"found {name}": float(len(rows) - at) for at, (name, _) in enumerate(rows)}
    return qrels, run


def unique(ranking: Ranking) -> list[tuple[str, frozenset[int]]]:
    """Return the ranking with each id once, where it stands first, covering all that it covers."""
    merged: dict[str, frozenset[int]] = {}
    for name, sources in ranking:
        merged[name] = merged.get(name, frozenset()) | sources
    return list(merged.items())
