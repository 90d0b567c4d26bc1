"""Two runs ▶ what got better or worse, and whether chance explains it."""

from coursebot.evaluation.comparison.alignment import Change
from coursebot.evaluation.comparison.comparison import (
    Compared,
    Comparison,
    GroupDifference,
    compare,
)
from coursebot.evaluation.comparison.inputs import Differing
from coursebot.evaluation.comparison.wording import Segment, differences

__all__ = [
    "Change",
    "Compared",
    "Comparison",
    "Differing",
    "GroupDifference",
    "Segment",
    "compare",
    "differences",
]
