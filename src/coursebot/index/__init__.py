"""Sections, statements and passages ▶ an index on disk, and searches in it."""

from coursebot.index.build import BuildReport, Freshness, Progress, Suggester, build, status
from coursebot.index.lexical import LEGS
from coursebot.index.live import FixedIndex, LiveIndex, SeenIndex
from coursebot.index.loaded import Index
from coursebot.index.manifest import Manifest

__all__ = [
    "LEGS",
    "BuildReport",
    "FixedIndex",
    "Freshness",
    "Index",
    "LiveIndex",
    "Manifest",
    "Progress",
    "SeenIndex",
    "Suggester",
    "build",
    "status",
]
