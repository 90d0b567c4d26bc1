"""Expected and actual ▶ verdicts, metrics and failure reasons."""

from coursebot.evaluation.scoring.abstention import Abstention, Latency, abstention, latency
from coursebot.evaluation.scoring.metrics import HEADLINE, METRICS, Metric
from coursebot.evaluation.scoring.verdict import Judged, judge

__all__ = [
    "HEADLINE",
    "METRICS",
    "Abstention",
    "Judged",
    "Latency",
    "Metric",
    "abstention",
    "judge",
    "latency",
]
