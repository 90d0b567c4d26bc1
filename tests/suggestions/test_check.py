"""Candidates ▶ suggestions, asked through the real pipeline."""

from __future__ import annotations

from pathlib import Path

import pytest

from coursebot.assistant import extract
from coursebot.config import Settings
from coursebot.index import Freshness, Index, build, status
from coursebot.suggestions import Suggester, check, version_for
from coursebot.types import Encoder, Kind, Language, State
from tests.answer.conftest import ScriptedReader


def test_only_what_is_answered_is_kept(built: Index, encoder: Encoder, chosen: Settings) -> None:
    """Each is answered in its own course, by the statement and in the section that it names."""
    assert {s.origin for s in built.suggestions} == {"example", "golden", "definition"}
    for suggestion in built.suggestions:
        answer = extract(built, encoder, chosen, suggestion.question, course=suggestion.course)
        assert answer.state is State.ANSWERED
        assert answer.statements[0].id == suggestion.statement
        assert answer.statements[0].section == suggestion.section
        assert round(answer.confidence, 4) == suggestion.confidence >= 0.5
    asked = {s.question for s in built.suggestions}
    assert "???" not in asked


def test_one_question_a_statement_and_language(built: Index) -> None:
    """The best origin stays: the example, and not the definition of the same sentence."""
    places = [(s.course, s.statement, s.language) for s in built.suggestions]
    assert len(set(places)) == len(places)
    asked = [s.question for s in built.suggestions]
    assert "Which service stores container images?" in asked
    assert "What is Container Registry?" not in asked


def test_made_questions_are_answered_by_what_they_are_made_of(built: Index) -> None:
    """A heading is no answer to its own question."""
    statements = {s.id: s for s in built.statements}
    made = [s for s in built.suggestions if s.origin in {"definition", "heading"}]
    assert made
    assert all(statements[s.statement].kind not in {Kind.HEADING, Kind.LINK} for s in made)


def test_courses_stay_together_examples_first(built: Index) -> None:
    """Then in the order of what they cite."""
    assert [s.course for s in built.suggestions] == sorted(s.course for s in built.suggestions)
    assert built.suggestions[0].origin == "example"
    others = [s for s in built.suggestions if s.origin != "example"]
    positions = [built.statement_position(s.statement) for s in others]
    assert positions == sorted(positions, key=lambda at: at or 0)


def test_a_higher_threshold_keeps_fewer(
    built: Index, corpus: Path, tmp_path: Path, encoder: Encoder
) -> None:
    """``answered_above`` holds; below one half nothing is kept even if it is lower."""
    for above, kept in ((0.99, 0), (0.0, len(built.suggestions))):
        suggest = Suggester(encoder, Settings.load(answered_above=above, unsure_above=0.0))
        out = tmp_path / f"at{above}"
        report = build(corpus, out, encoder, passage_tokens=64, suggest=suggest)
        assert report.suggestions == len(Index.load(out).suggestions) == kept


def test_only_what_retrieval_finds_likely_is_read(
    built: Index, corpus: Path, tmp_path: Path, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To read all of them would take ten times as long; what is read counts for what is kept."""
    reader = ScriptedReader({})

    def read(worth: float) -> set[str]:
        monkeypatch.setattr(check, "WORTH_READING", worth)
        reader.asked.clear()
        out = tmp_path / f"index-{worth}"
        suggest = Suggester(encoder, Settings.load(), reader)
        assert build(corpus, out, encoder, passage_tokens=64, suggest=suggest).suggestions == 0
        return set(reader.asked)

    likely = max(built.suggestions, key=lambda s: s.confidence)
    assert {s.question for s in built.suggestions} <= read(check.WORTH_READING)
    every = read(0.0)
    assert likely.question in read(likely.confidence - 0.001) < every
    assert read(1.1) == set()


@pytest.mark.parametrize("source", ["Some text without a heading.\n", "# 見出し\n", "- 一\n- 二\n"])
def test_a_course_that_gives_nothing(tmp_path: Path, encoder: Encoder, source: str) -> None:
    """No headings, or nothing below them: no suggestions, and no error."""
    (tmp_path / "corpus" / "c").mkdir(parents=True)
    (tmp_path / "corpus" / "c" / "1.md").write_text(source, encoding="utf-8")
    suggest = Suggester(encoder, Settings.load())
    build(tmp_path / "corpus", tmp_path / "i", encoder, passage_tokens=64, suggest=suggest)
    assert Index.load(tmp_path / "i").suggestions == ()


def test_the_index_is_brought_up_to_date(
    built: Index,
    corpus: Path,
    tmp_path: Path,
    encoder: Encoder,
    chosen: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another suggester makes a new version, with no text embedded; the same one makes none."""
    out = tmp_path / "index"

    def now(settings: Settings) -> Freshness:
        return status(corpus, out, passage_tokens=64, suggester=version_for(settings))

    other = Settings.load(answered_above=0.6)
    assert (now(chosen), now(other)) == (Freshness.CURRENT, Freshness.STALE)
    again = build(corpus, out, encoder, passage_tokens=64, suggest=Suggester(encoder, chosen))
    assert (again.unchanged, again.suggestions) == (True, len(built.suggestions))
    changed = build(corpus, out, encoder, passage_tokens=64, suggest=Suggester(encoder, other))
    assert (changed.unchanged, changed.embedded) == (False, 0)
    assert now(other) is Freshness.CURRENT
    monkeypatch.setattr(check, "VERSION", 99)
    assert now(other) is Freshness.STALE


def test_settings_that_decide_nothing_change_nothing() -> None:
    """Where the page is served is not part of the version."""
    assert version_for(Settings.load()) == version_for(Settings.load(port=1, threads=1))
    assert version_for(Settings.load()) != version_for(Settings.load(top_k=3))


def test_languages_are_those_of_the_questions(built: Index) -> None:
    """Both are there."""
    assert {s.language for s in built.suggestions} == set(Language)
