"""What reports say: everything, in both languages, and nothing that is not there."""

from __future__ import annotations

import re
import string

import pytest

from coursebot.evaluation import scoring
from coursebot.evaluation.golden.records import UNANSWERABLE, AnswerKind, Difficulty
from coursebot.evaluation.report.render import FILES, TEMPLATES
from coursebot.evaluation.report.summary import LEVELS
from coursebot.evaluation.report.terms import Said
from coursebot.evaluation.report.words import METRICS, SECTION, TEXTS, Say
from coursebot.evaluation.run.records import Outcome, Reason
from coursebot.types import Language, State

ENUMERATED = [
    *(f"outcome.{one.value}" for one in Outcome),
    *(f"outcome.{one.value}.what" for one in Outcome),
    *(f"reason.{one.value}" for one in Reason),
    *(f"reason.{one.value}.what" for one in Reason),
    *(f"state.{one.value}" for one in State),
    *(f"kind.{one.value}" for one in AnswerKind),
    f"kind.{UNANSWERABLE}",
    *(f"difficulty.{one.value}" for one in Difficulty),
    *(f"language.{one.value}" for one in Language),
    *(f"level.{one}" for one in LEVELS),
]


def fields(text: str) -> set[str]:
    """Return the names that a text is filled in with."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("key", sorted(TEXTS))
def test_each_text_is_there_in_both_languages(key: str) -> None:
    """Neither is empty, and both are filled in with the same values."""
    said = TEXTS[key]
    assert said.en.strip()
    assert said.ja.strip()
    assert fields(said.en) == fields(said.ja)


@pytest.mark.parametrize("key", ENUMERATED)
def test_all_that_a_record_can_say_has_a_name(key: str) -> None:
    """Outcomes, reasons, states, kinds, difficulties, languages and levels."""
    assert key in TEXTS


def test_every_metric_is_explained() -> None:
    """By a name and one sentence in each language; at section level by the same and a word more."""
    for name in ("passed", *scoring.METRICS):
        for language in Language:
            say = Say(language)
            assert say.about(name).endswith((".", "。")), name
            assert say.metric(name)
        if name.startswith(SECTION):
            assert Say(Language.EN).metric(name).endswith(", sections")


def test_no_metric_is_explained_that_is_gone() -> None:
    """Words and scorer name the same metrics."""
    plain = {name.removeprefix(SECTION) for name in scoring.METRICS}
    assert set(METRICS) == plain | {"passed"}


@pytest.mark.parametrize(
    ("file", "pattern"),
    [
        *((path, r'\bt\("([a-z_.0-9]+)"[,)]') for path in sorted(TEMPLATES.rglob("*.html"))),
        *((path, r"\bt\('([a-z_.0-9]+)'[,)]") for path in sorted(TEMPLATES.rglob("*.html"))),
        (FILES / "report.js", r'\bsay\("([a-z_.0-9]+)"[,)]'),
    ],
)
def test_what_a_template_says_is_there(file: object, pattern: str) -> None:
    """A key that is misspelt is found before an instructor does."""
    text = str(file.read_text(encoding="utf-8"))  # type: ignore[attr-defined]
    assert set(re.findall(pattern, text)) <= set(TEXTS)


def test_a_name_of_the_authors_own_stays() -> None:
    """Tags are named as they are, and so is a metric of an older run."""
    say = Say(Language.JA)
    assert say.named("tag", "acr") == "acr"
    assert say.metric("gone") == "gone"
    assert say.about("gone") == ""


def test_texts_are_filled_in() -> None:
    """With what they are given, in the language that was chosen."""
    assert Say(Language.EN)("questions_n", n="4,442") == "4,442 questions"
    assert Say(Language.JA)("questions_n", n="4,442") == "4,442 問"


def test_the_script_gets_the_same_texts() -> None:
    """All of them, with the names of the metrics."""
    table = Say(Language.JA).table()
    assert table["outcome.right"] == "正答"
    assert table["metric.section R@5"] == "再現率@5（節）"
    assert set(TEXTS) < set(table)


def test_said_is_a_pair() -> None:
    """English first: the order of every table of texts."""
    assert Said._fields == ("en", "ja")
