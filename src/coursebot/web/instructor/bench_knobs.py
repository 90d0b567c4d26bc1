"""An address's query ▶ the weights to try, or what is wrong with them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields

from coursebot.retrieval import Weights
from coursebot.web.instructor.bench_words import Speech


@dataclass(frozen=True, slots=True)
class Knob:
    """The slider of one weight."""

    name: str
    high: float
    step: float
    low: float = 0.0

    @property
    def fitted(self) -> float:
        """The weight as it was fitted."""
        return float(getattr(Weights(), self.name))

    def text(self, value: float) -> str:
        """Return a weight as the slider gives it back."""
        return f"{round(value / self.step) * self.step:.3f}".rstrip("0").rstrip(".")

    def value(self, text: str) -> float:
        """Return the weight that a slider gave; raises ValueError for what is no number.

        The fitted weight need not lie on the slider's grid: its nearest step stands for it.
        """
        number = float(text)
        if not math.isfinite(number):
            raise ValueError
        return self.fitted if text == self.text(self.fitted) else number


KNOBS = (
    Knob("dense", 10, 0.1),
    Knob("lexical", 10, 0.1),
    Knob("passage", 1, 0.01),
    Knob("passage_lexical", 1, 0.01),
    Knob("word", 1, 0.01),
    Knob("foreign", 0.2, 0.005),
    Knob("sure", 1, 0.01, low=0.01),
)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The weights of an address."""

    weights: Weights
    """As asked for; the fitted ones where something is wrong."""
    wrong: tuple[str, ...]
    """What is wrong, in the interface's language."""

    def shown(self, knob: Knob) -> str:
        """Return where a knob's slider stands."""
        return knob.text(getattr(self.weights, knob.name))

    def query(self) -> dict[str, str]:
        """Return the part of an address that asks for these weights."""
        fitted = Weights()
        return {
            field.name: f"{getattr(self.weights, field.name):g}"
            for field in fields(Weights)
            if getattr(self.weights, field.name) != getattr(fitted, field.name)
        }


def choose(query: Mapping[str, str], s: Speech) -> Chosen:
    """Return the weights that a query asks for; what is not named is as fitted."""
    given: dict[str, float] = {}
    wrong = []
    for knob in KNOBS:
        text = query.get(knob.name, "").strip()
        if not text:
            continue
        said = {
            "name": s(f"knob.{knob.name}"),
            "value": text[:40],
            "low": f"{knob.low:g}",
            "high": f"{knob.high:g}",
        }
        try:
            value = knob.value(text)
        except ValueError:
            wrong.append(s("wrong.number", **said))
            continue
        if knob.low <= value <= knob.high:
            given[knob.name] = value
        else:
            wrong.append(s("wrong.range", **said))
    if given.get("dense") == 0 and given.get("lexical") == 0:
        wrong.append(s("wrong.nothing"))
        del given["dense"], given["lexical"]
    return Chosen(Weights(**given), tuple(wrong))
