"""Files ▶ golden items ▶ their places in the material, and back."""

from coursebot.evaluation.golden.canonical import digest, record, revision
from coursebot.evaluation.golden.courses import course_of
from coursebot.evaluation.golden.editing import GoldenFile, ItemConflictError
from coursebot.evaluation.golden.files import GoldenSet, problems, read, write
from coursebot.evaluation.golden.material import File, Material
from coursebot.evaluation.golden.placing import Match, Placed, Stale, place
from coursebot.evaluation.golden.problems import InvalidGoldenError, Problem
from coursebot.evaluation.golden.validation import validate

__all__ = [
    "File",
    "GoldenFile",
    "GoldenSet",
    "InvalidGoldenError",
    "ItemConflictError",
    "Match",
    "Material",
    "Placed",
    "Problem",
    "Stale",
    "course_of",
    "digest",
    "place",
    "problems",
    "read",
    "record",
    "revision",
    "validate",
    "write",
]
