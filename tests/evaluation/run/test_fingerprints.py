"""A run says what it was made from, no more and no less."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import pytest
from pydantic import SecretStr

from coursebot.assistant import Assistant
from coursebot.config import Settings
from coursebot.encoder.fake import HashEncoder
from coursebot.evaluation.run import fingerprints
from coursebot.index import LiveIndex
from tests.evaluation.run.conftest import opened


def test_a_golden_set_is_no_part_of_the_material(
    assistant: Assistant, corpus: Path, tmp_path: Path
) -> None:
    """Editing it leaves the corpus's digest, editing a section does not."""
    before = fingerprints.corpus_digest(assistant.index)
    (corpus / "c" / "golden.jsonl").unlink()
    assert fingerprints.corpus_digest(opened(corpus, tmp_path / "index").index) == before
    (corpus / "c" / "notes.md").write_text("# Other\n\nText.\n", encoding="utf-8")
    assert fingerprints.corpus_digest(opened(corpus, tmp_path / "index").index) != before


def test_a_renamed_file_is_another_corpus(
    assistant: Assistant, corpus: Path, tmp_path: Path
) -> None:
    """Paths are part of it, since citations and gold are."""
    (corpus / "c" / "notes.md").rename(corpus / "c" / "n.md")
    renamed = opened(corpus, tmp_path / "index").index
    assert fingerprints.corpus_digest(renamed) != fingerprints.corpus_digest(assistant.index)


def test_the_settings_are_what_an_answer_depends_on(assistant: Assistant) -> None:
    """The passage size is the index's, not the environment's."""
    assert fingerprints.settings_of(assistant) == {
        "model": assistant.encoder.name,
        "passage_tokens": 64,
        "top_k": 10,
        "answered_above": 0.6,
        "unsure_above": 0.1,
        "llm_model": "",
        "weights": "default",
        "reader": "",
    }


def test_no_secret_is_kept(assistant: Assistant) -> None:
    """Of a language model only the name is."""
    chosen = assistant.settings.model_copy(
        update={
            "llm_url": "http://private.example/v1",
            "llm_key": SecretStr("secret"),
            "llm_model": "/home/me/qwen",
        }
    )
    other = Assistant(LiveIndex(chosen.index), HashEncoder(), Settings(**chosen.model_dump()))
    found = fingerprints.settings_of(other)
    assert found["llm_model"] == "qwen"
    assert not any(word in repr(found) for word in ("secret", "private", "/home"))


def test_the_code_names_version_and_commit() -> None:
    """From a checkout; the version alone where there is no git."""
    fingerprints.code.cache_clear()
    assert fingerprints.code().startswith(f"{version('coursebot')}+")


def test_without_git_the_code_is_its_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is said about it."""
    monkeypatch.setenv("PATH", "")
    fingerprints.code.cache_clear()
    try:
        assert fingerprints.code() == version("coursebot")
    finally:
        fingerprints.code.cache_clear()


def test_a_path_is_kept_as_others_can_read_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Relative to the working folder, or its name alone."""
    monkeypatch.chdir(tmp_path)
    assert fingerprints.shown_path(tmp_path / "a" / "g.jsonl") == "a/g.jsonl"
    assert fingerprints.shown_path(tmp_path.parent / "g.jsonl") == "g.jsonl"
    assert fingerprints.shown_path(Path("../g.jsonl")) == "../g.jsonl"


def test_the_machine_is_described() -> None:
    """Enough to judge the timings by."""
    machine = fingerprints.machine()
    assert machine.cores >= 1
    assert machine.system
    assert machine.processor
