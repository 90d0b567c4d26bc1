"""Sections, statements and passages ▶ an index on disk, and searches in it."""

from coursebot.index.asked import Suggester
from coursebot.index.build import BuildReport, Freshness, build, copy, manifest_of, status
from coursebot.index.embedded import Embedder, Here
from coursebot.index.interface import Searchable
from coursebot.index.lexical import LEGS
from coursebot.index.live import FixedIndex, LiveIndex, SeenIndex
from coursebot.index.loaded import Index
from coursebot.index.manifest import Manifest
from coursebot.index.progress import Progress

__all__ = [
    "LEGS",
    "BuildReport",
    "Embedder",
    "FixedIndex",
    "Freshness",
    "Here",
    "Index",
    "LiveIndex",
    "Manifest",
    "Progress",
    "Searchable",
    "SeenIndex",
    "Suggester",
    "build",
    "copy",
    "manifest_of",
    "status",
]
