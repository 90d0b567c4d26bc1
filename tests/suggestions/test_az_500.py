"""The shipped course with the bundled model: what is suggested is answered."""

from __future__ import annotations

from pathlib import Path

import pytest

from coursebot import encoder
from coursebot.assistant import Assistant, reader_for
from coursebot.config import Settings
from coursebot.index import build
from coursebot.suggestions import Suggester, after, near, starters
from coursebot.types import Language, State

pytestmark = [pytest.mark.model, pytest.mark.timeout(300)]  # seventy questions are read
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Assistant:
    """Return an assistant over the shipped course, indexed as the command line does."""
    chosen = Settings.load(cache=cache, reader=True, index=tmp_path_factory.mktemp("az") / "index")
    model = encoder.load(chosen.model, cache=cache, threads=chosen.threads)
    build(
        ROOT / "corpus",
        chosen.index,
        model,
        passage_tokens=chosen.passage_tokens,
        suggest=Suggester(model, chosen, reader_for(model, chosen)),
    )
    return Assistant.open(settings=chosen)


def test_every_suggestion_is_answered(assistant: Assistant) -> None:
    """As a learner asks it, of its course or of all; there are some in each language."""
    found = assistant.index.suggestions
    assert min(sum(s.language is language for s in found) for language in Language) >= 5
    for suggestion in found:
        for course in (suggestion.course, None):
            answer = assistant.ask(suggestion.question, course=course)
            assert answer.state is State.ANSWERED, suggestion
            assert answer.language is suggestion.language
            assert answer.citations[0].statement == suggestion.statement


def test_these_are_offered(assistant: Assistant) -> None:
    """Examples, the golden set's questions, and one made of the material where they have none."""
    questions = {s.question for s in assistant.index.suggestions}
    assert set(assistant.courses["az-500"].examples) <= questions
    assert {
        "What is Azure Kubernetes Service?",
        "Azure Container Instancesとは何ですか？",
        "Azure portalでACIを開くには何と検索しますか",
        "What is a RoleBinding?",
    } <= questions


@pytest.mark.parametrize("language", Language)
def test_a_visit_goes_on_from_question_to_question(
    assistant: Assistant, language: Language
) -> None:
    """Starter after starter, suggestion after suggestion: always answered, never one again."""
    (question, *_) = starters(assistant.index, language)
    asked: list[str] = []
    while question and len(asked) < 5:
        answer = assistant.ask(question)
        asked.append(question)
        assert (answer.state, answer.language) == (State.ANSWERED, language)
        question = next(iter(after(assistant.index, answer, asked)), "")
    assert len(set(asked)) == len(asked) >= 4


def test_near_a_miss_are_questions_of_the_same_subject(assistant: Assistant) -> None:
    """And none for a question about something else."""

    def offered(question: str) -> tuple[str, ...]:
        return near(assistant.index, assistant.ask(question))

    assert "az acr loginのトークンは何時間有効ですか" in offered("トークンの料金はいくらですか")
    assert "how long is an az acr login token valid?" in offered("How much does a token cost?")
    for unrelated in (
        "What is the capital of France?",
        "フランスの首都はどこですか？",
        "Who won the world cup in 1998?",
        "おいしいラーメンの作り方は？",
    ):
        assert offered(unrelated) == (), unrelated
