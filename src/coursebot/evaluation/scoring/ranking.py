"""Ranked passages ▶ retrieval measures, by ir-measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from coursebot.evaluation.golden import Placed
from coursebot.evaluation.run.records import Ranked
from coursebot.evaluation.scoring.metrics import RANKINGS


def measure(
    ranked: Sequence[Ranked], placed: Sequence[Placed], missed: Sequence[Placed]
) -> Mapping[str, float]:
    """Return each measure on passages and on sections, these ranked by their best passage.

    A source that no ranked passage overlaps (``missed``) counts as one relevant passage that was
    not found. Scores fall strictly by rank, since trec_eval breaks ties by id.
    """
    import ir_measures

    sections = list(dict.fromkeys(one.section for one in ranked))
    gold = {one.id: one.gold for one in ranked if one.gold}
    gold |= {f"missed {one.source}": one.relevance for one in missed}
    gold_sections: dict[str, int] = {}
    for one in placed:
        for section in one.sections:
            gold_sections[section] = max(one.relevance, gold_sections.get(section, 0))
    ids = list(dict.fromkeys(one.id for one in ranked))
    run = {
        "": {name: float(len(ids) - at) for at, name in enumerate(ids)},
        "section ": {name: float(len(sections) - at) for at, name in enumerate(sections)},
    }
    values = {prefix + name: 0.0 for prefix in run for name in RANKINGS}
    wanted = [ir_measures.parse_measure(name) for name in RANKINGS]
    qrels = {"": gold, "section ": gold_sections}
    for found in ir_measures.iter_calc(wanted, qrels, run):
        values[found.query_id + str(found.measure)] = float(found.value)
    return values
