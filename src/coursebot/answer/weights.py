"""The fitted numbers of the answer stage, as ``training/fit.py`` wrote them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np

from coursebot.types import Floats, Language


@dataclass(frozen=True, slots=True)
class Fitted:
    """Weights for each question language."""

    evidence: Mapping[Language, Floats]
    """Of shape (len(evidence.FEATURES),)."""
    subject: Mapping[Language, Floats]
    """Of shape (len(confidence.SUBJECT) + 1,); the last one is the constant."""
    confidence: Mapping[Language, Floats]
    """Of shape (len(confidence.FEATURES) + 1,); the last one is the constant."""
    reading: Mapping[Language, Floats]
    """Of shape (len(evidence.READ),)."""
    read_subject: Mapping[Language, Floats]
    """As ``subject``, where candidates were read."""
    read: Mapping[Language, Floats]
    """As ``confidence`` where candidates were read: FEATURES, confidence.READ, the constant."""


@lru_cache(maxsize=1)
def fitted() -> Fitted:
    """Read the weights that are shipped with the package."""
    data = json.loads(files("coursebot.answer").joinpath("weights.json").read_text("utf-8"))
    return Fitted(**{stage: _by_language(named) for stage, named in data.items()})


def _by_language(named: Mapping[str, Mapping[str, float]]) -> Mapping[Language, Floats]:
    return {
        language: np.array(list(named[language.value].values()), dtype=np.float32)
        for language in Language
    }
