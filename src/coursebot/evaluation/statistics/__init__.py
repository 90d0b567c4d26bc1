"""Numbers ▶ intervals and p-values; knows nothing of runs and questions."""

from coursebot.evaluation.statistics.closed import closed_interval
from coursebot.evaluation.statistics.intervals import FEWEST, LEVEL, Interval, interval
from coursebot.evaluation.statistics.paired import Method, Paired, holm, mcnemar, paired, sign_flip

__all__ = [
    "FEWEST",
    "LEVEL",
    "Interval",
    "Method",
    "Paired",
    "closed_interval",
    "holm",
    "interval",
    "mcnemar",
    "paired",
    "sign_flip",
]
