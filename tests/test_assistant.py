"""The assistant: from an index folder to answers, with the real model where that is the claim."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

import coursebot
from coursebot import Answer, Assistant, State, Turn
from coursebot.config import Settings
from coursebot.encoder.fake import HashEncoder
from coursebot.errors import (
    IndexMismatchError,
    IndexMissingError,
    QuestionError,
    UnknownCourseError,
)
from coursebot.index import build
from coursebot.retrieval import Weights


@pytest.fixture
def notes(tmp_path: Path, hash_encoder: HashEncoder) -> Path:
    """Return the folder of an index of one small course, made by the deterministic encoder."""
    course = tmp_path / "corpus" / "c"
    course.mkdir(parents=True)
    (course / "a.md").write_text("# レジストリ\n\nトークンは3時間有効。\n", encoding="utf-8")
    build(tmp_path / "corpus", tmp_path / "index", hash_encoder, passage_tokens=64)
    return tmp_path / "index"


@pytest.fixture(scope="module")
def assistant(real_index: Path, cache: Path) -> Assistant:
    """Return an assistant over the shipped course, as it is set to by default."""
    return Assistant.open(real_index, settings=Settings.load(cache=cache, reader=True))


def test_the_public_names_are_what_they_say() -> None:
    """Each is importable from the package, and there are no others."""
    assert [getattr(coursebot, name).__name__ for name in coursebot.__all__] == coursebot.__all__
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        coursebot.Nothing  # noqa: B018 — the access is what is tested


def test_ask_search_and_source(notes: Path) -> None:
    """The three ways in work on one index."""
    opened = Assistant.open(notes)
    assert opened.ask("トークンは何時間有効？").question == "トークンは何時間有効？"
    assert opened.search("トークン")[0].passage.path == "c/a.md"
    assert opened.source("c/a.md").startswith("# レジストリ")
    assert list(opened.courses) == ["c"]
    assert opened.problem == ""


def test_weights_and_legs_can_be_looked_at(notes: Path) -> None:
    """Other weights are another assistant; examining gives its answer and what each leg found."""
    assistant = Assistant.open(notes)
    by_meaning = assistant.weighted(Weights.parse("lexical=0"))
    assert (str(assistant.weights), str(by_meaning.weights)) == ("default", "lexical=0")
    assert by_meaning.search("トークン")[0].score != assistant.search("トークン")[0].score
    answer, examined = by_meaning.examine("トークンは何時間有効ですか")
    assert replace(answer, timings_ms={}) == replace(
        by_meaning.ask("トークンは何時間有効ですか"), timings_ms={}
    )
    assert examined.legs["word"][0].legs["word"].rank == 1
    assert examined.retrieved.hits == answer.passages


def test_what_is_refused(notes: Path) -> None:
    """Errors say what is wrong."""
    opened = Assistant.open(notes)
    with pytest.raises(QuestionError, match="The question is empty"):
        opened.ask(" ")
    with pytest.raises(UnknownCourseError, match="no course 'x'"):
        opened.ask("トークン", course="x")
    with pytest.raises(QuestionError, match=r"no section 'c/b\.md'"):
        opened.source("c/b.md")


def test_an_index_that_is_not_there(tmp_path: Path, hash_encoder: HashEncoder) -> None:
    """The error names the command that makes it."""
    with pytest.raises(IndexMissingError, match="coursebot index"):
        Assistant.open(tmp_path / "none")


def test_an_index_of_another_model(notes: Path, hash_encoder: HashEncoder) -> None:
    """The error names both ways out."""
    hash_encoder.fingerprint = "other"
    with pytest.raises(IndexMismatchError, match="--model"):
        Assistant.open(notes)


@pytest.mark.model
def test_the_well_known_question(assistant: Assistant) -> None:
    """How long an az acr login token is valid is answered short and cited to the line."""
    answer = assistant.ask("how long is an az acr login token valid?")
    assert answer.state is State.ANSWERED
    assert answer.short_answer is not None
    assert (answer.short_answer.text, answer.short_answer.conversion) == ("3時間", "3 hours")
    assert answer.text == "3時間 · 3 hours\nこのログイン（トークン）は3時間有効。 [1]"
    (citation,) = answer.citations
    assert citation.path == "az-500/mod02/mod02-04.md"
    assert citation.lines == (97, 97)
    assert citation.heading_path == (
        "Azure Container Registry (ACR)",
        "Azure Container Registry での認証",
    )
    assert citation.url == (
        "https://github.com/hiryamada/notes/blob/main/AZ-500/mod02/mod02-04.md"
        "#azure-container-registry-acr"
    )


@pytest.mark.model
@pytest.mark.parametrize(
    ("question", "quoted"),
    [
        ("az acr loginのトークンの有効期限は？", "このログイン（トークン）は3時間有効。"),
        ("Where do I enable the admin user?", "Azure portal＞コンテナー レジストリ＞アクセスキー"),
        ("管理者アカウントはデフォルトで有効ですか？", "デフォルトでは無効"),
        ("What SKUs are there?", "Premium"),
        ("Which company provides the vulnerability scanner?", "Qualys"),
        ("脆弱性スキャンは何分で終わりますか", "通常2分以内、最大40分"),
    ],
)
def test_questions_about_the_course(assistant: Assistant, question: str, quoted: str) -> None:
    """The line that answers is quoted, in either language."""
    answer = assistant.ask(question)
    assert answer.state is not State.NOT_COVERED
    assert any(quoted in citation.quote for citation in answer.citations)


@pytest.mark.model
@pytest.mark.parametrize(
    "question",
    [
        "Who won the football world cup in 1998?",
        "カレーの作り方を教えてください",
        "What is the capital of Mongolia?",
        "日本の総理大臣は誰ですか",
    ],
)
def test_other_subjects_are_not_covered(assistant: Assistant, question: str) -> None:
    """The material says nothing of them, and the answer says so."""
    answer = assistant.ask(question)
    assert answer.state is State.NOT_COVERED
    assert answer.citations == ()


@pytest.mark.model
def test_a_follow_up_goes_on_from_the_last_turn(assistant: Assistant) -> None:
    """“and how do I enable it?” is understood as being about the admin account."""
    first = assistant.ask("管理者アカウントとは？")
    turn = Turn("管理者アカウントとは？", first)
    answer = assistant.ask("それを有効にするには？", history=[turn])
    assert any("アクセスキー" in citation.quote for citation in answer.citations)


@pytest.mark.model
def test_a_follow_up_is_not_told_the_same_again(assistant: Assistant) -> None:
    """What has just been given as the short answer is not given once more."""
    question = "how long is an az acr login token valid?"
    turn = Turn(question, assistant.ask(question))
    answer = assistant.ask("and what do I do when it expires?", history=[turn])
    assert [citation.quote for citation in answer.citations] == [
        "有効期限が切れたら再度`az acr login`を実行する。"
    ]


@pytest.mark.model
def test_an_earlier_citation_does_not_leak(assistant: Assistant) -> None:
    """A question with a subject of its own is answered as if it were the first."""
    turn = Turn("What SKUs are there?", assistant.ask("What SKUs are there?"))
    question = "how long is an az acr login token valid?"
    with_history = assistant.ask(question, history=[turn])
    assert with_history.citations == assistant.ask(question).citations


@pytest.mark.model
def test_many_threads_get_the_answers_of_one(assistant: Assistant) -> None:
    """Fifty questions at once are answered as one after another."""
    questions = [
        "how long is an az acr login token valid?",
        "管理者アカウントはデフォルトで有効ですか？",
        "What SKUs are there?",
        "Who won the world cup?",
        "RoleBindingとは",
    ] * 10

    def essence(answer: Answer) -> tuple[object, ...]:
        return answer.state, answer.text, answer.citations

    one = [essence(assistant.ask(question)) for question in questions[:5]]
    with ThreadPoolExecutor(16) as pool:
        many = [essence(answer) for answer in pool.map(assistant.ask, questions)]
    assert many == one * 10
