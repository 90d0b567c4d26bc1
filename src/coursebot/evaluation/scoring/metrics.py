"""Every metric by name: what it is worth, and which questions it is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Family = Literal[
    "answer", "citation", "retrieval", "section", "abstention", "calibration", "overall"
]


@dataclass(frozen=True, slots=True)
class Metric:
    """A value that a row may have."""

    name: str
    kind: Literal["binary", "continuous"]
    family: Family
    of: Literal["answerable", "unanswerable", "all"] = "answerable"
    better: Literal["higher", "lower"] = "higher"


RANKINGS = ("Success@1", "Success@5", "R@5", "R@10", "RR@10", "nDCG@10")
"""Measures of rankings, as ir-measures names them."""

_LEVELS: tuple[tuple[str, Family], ...] = (("", "retrieval"), ("section ", "section"))
_ALL = (
    Metric("right", "binary", "overall"),
    Metric("score", "continuous", "overall", "all"),
    Metric("contains", "binary", "answer"),
    Metric("typed", "binary", "answer"),
    Metric("required_parts", "continuous", "answer"),
    Metric("exact_match", "continuous", "answer"),
    Metric("f1", "continuous", "answer"),
    Metric("cited", "binary", "citation"),
    Metric("citation_recall", "continuous", "citation"),
    Metric("citation_precision", "continuous", "citation"),
    Metric("verbatim", "continuous", "citation", "all"),
    Metric("must_not_kept", "binary", "answer", "all"),
    *(
        Metric(prefix + name, "binary" if name.startswith("Success") else "continuous", family)
        for prefix, family in _LEVELS
        for name in RANKINGS
    ),
    Metric("abstained_rightly", "binary", "abstention", "unanswerable"),
    Metric("answered", "binary", "abstention"),
    Metric("calibration_error", "continuous", "calibration", "all", better="lower"),
    Metric("brier", "continuous", "calibration", "all", better="lower"),
)
METRICS: Mapping[str, Metric] = {metric.name: metric for metric in _ALL}
HEADLINE = ("right", "score", "contains", "cited", "RR@10", "abstained_rightly")
CALIBRATION = tuple(metric.name for metric in _ALL if metric.family == "calibration")
"""Of the rows together: they are no value of one row, and ``calibration`` has them."""
