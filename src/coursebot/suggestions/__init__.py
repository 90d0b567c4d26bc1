"""Index ▶ questions to begin with, to go on with and to ask instead, all seen to be answered."""

from coursebot.suggestions.check import Suggester, version_for
from coursebot.suggestions.pick import after, near, starters

__all__ = ["Suggester", "after", "near", "starters", "version_for"]
