"""Expected and actual ▶ verdicts, metrics and failure reasons."""

from coursebot.evaluation.scoring.abstention import Abstention, Latency, abstention, latency
from coursebot.evaluation.scoring.calibration import (
    Bin,
    by_chance,
    calibration,
    calibration_error,
    reliability,
)
from coursebot.evaluation.scoring.evidence import evidence_within
from coursebot.evaluation.scoring.metrics import CALIBRATION, HEADLINE, METRICS, Metric
from coursebot.evaluation.scoring.verdict import Judged, judge

__all__ = [
    "CALIBRATION",
    "HEADLINE",
    "METRICS",
    "Abstention",
    "Bin",
    "Judged",
    "Latency",
    "Metric",
    "abstention",
    "by_chance",
    "calibration",
    "calibration_error",
    "evidence_within",
    "judge",
    "latency",
    "reliability",
]
