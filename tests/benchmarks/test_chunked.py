"""Rankings of chunks, judged as answers."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from benchmarks import chunked, versus
from coursebot import index
from coursebot.encoder.fake import HashEncoder
from coursebot.evaluation.golden.records import Expected, Source
from coursebot.evaluation.run.records import Outcome, Row, Verdict
from coursebot.index import Index
from coursebot.types import Language, State

LOGIN = "# Login\n\nThe token is valid for 3 hours.\n\n" + "It is renewed by hand.\n" * 12
TIERS = "# Tiers\n\nThere are three tiers.\n"


@pytest.fixture
def built(tmp_path: Path) -> Index:
    """Return the index of two courses of a file each."""
    for course, text in (("a", LOGIN), ("b", TIERS)):
        (tmp_path / "corpus" / course).mkdir(parents=True)
        (tmp_path / "corpus" / course / "x.md").write_text(text, encoding="utf-8")
    index.build(tmp_path / "corpus", tmp_path / "index", HashEncoder(), passage_tokens=256)
    return Index.load(tmp_path / "index")


def _row(name: str, quote: str = "", answer: str = "") -> Row:
    return Row(
        id=name,
        item=name,
        lang=Language.EN,
        kind="span" if quote else "unanswerable",
        question=f"{name}?",
        unanswerable=not quote,
        answers=(Expected(text=answer),) if answer else (),
        sources=(Source(path="x.md", quote=quote),) if quote else (),
        error="made by another system",
        verdict=Verdict(passed=False, outcome=Outcome.WRONG),
    )


def test_chunks_stand_where_they_say(built: Index) -> None:
    """Of one course or of all, in the order of the paths."""
    pieces = chunked.chunks(built, None)
    assert [piece.path for piece in pieces] == ["a/x.md", "a/x.md", "b/x.md"]
    for piece in pieces:
        assert built.source(piece.path)[slice(*piece.span)] == piece.text
        assert len(piece.text) <= chunked.CHUNK
    assert [piece.path for piece in chunked.chunks(built, "b")] == ["b/x.md"]


def test_the_first_chunk_is_the_answer(
    built: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same scorer judges it: right and rightly cited, wrong, or not to be answered at all."""
    rankings = [[(0, 0.7), (1, 0.2)], [(1, 0.6), (0, 0.5)], [(1, 0.1)], []]
    script = f"""
import pathlib, sys
(pathlib.Path(sys.argv[1]) / "fixed.json").write_text({json.dumps(rankings)!r})
"""
    (tmp_path / "fixed.py").write_text(script, encoding="utf-8")
    monkeypatch.setattr(versus, "SCRIPTS", tmp_path)
    monkeypatch.setattr(versus, "PEERS", {"fixed peer": "fixed"})
    quote = "The token is valid for 3 hours."
    asked = [_row("found", quote, "3 hours"), _row("second", quote, "3 hours"), _row("no")]
    asked.append(_row("nothing", quote, "3 hours"))
    where = versus.Environment(Path(sys.executable), tmp_path / "work")
    made = chunked.rows(where, HashEncoder(), "t", asked, built, "a")
    found, second, no, nothing = made["fixed peer"]
    assert found.given is not None
    assert found.verdict is not None
    assert (found.error, found.given.confidence) == ("", 0.7)
    assert found.given.state is State.ANSWERED
    assert found.verdict.values["right"] == found.verdict.values["citation_precision"] == 1.0
    assert found.verdict.values["verbatim"] == found.verdict.values["score"] == 1.0
    assert second.verdict is not None
    assert (second.verdict.values["right"], second.verdict.values["score"]) == (0.0, -1.0)
    assert second.verdict.values["RR@10"] == 0.5
    assert no.verdict is not None
    assert (no.verdict.values["abstained_rightly"], no.verdict.values["score"]) == (0.0, -1.0)
    assert nothing.given is not None
    assert (nothing.given.confidence, nothing.given.citations) == (0.0, ())


def test_without_an_environment_there_are_no_rows(built: Index) -> None:
    """Nothing is asked."""
    assert chunked.rows(None, HashEncoder(), "t", [_row("no")], built, None) == {}
