"""An index in memory, searched."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from coursebot.errors import UnknownCourseError
from coursebot.index import LEGS, Index, build
from coursebot.types import Encoder


@pytest.fixture
def index(corpus: Path, out: Path, encoder: Encoder) -> Index:
    """Return an index with small passages."""
    build(corpus, out, encoder, passage_tokens=32)
    return Index.load(out)


def test_dense_search_finds_the_text_itself(index: Index, encoder: Encoder) -> None:
    """A statement's own text is nearest to it, and cosines by position agree with the search."""
    text = "Networks\nPeering joins two networks."
    vector = encoder.encode_passages([text])[0]
    positions, cosines = index.search_statements(vector, 5)
    assert index.statements[positions[0]].text == "Peering joins two networks."
    assert np.array_equal(index.statement_cosines(vector, positions), cosines)
    positions, cosines = index.search_passages(vector, 5)
    assert index.passages[positions[0]].course == "net"
    assert np.array_equal(index.passage_cosines(vector, positions), cosines)


def test_a_course_is_searched_alone(index: Index, encoder: Encoder) -> None:
    """Every way of searching keeps inside the course."""
    vector = encoder.encode_queries(["ログイン（トークン）は3時間有効"])[0]
    for positions, units in (
        (index.search_passages(vector, 99, "net")[0], index.passages),
        (index.search_statements(vector, 99, "net")[0], index.statements),
    ):
        courses = [unit.course for unit in units]
        assert sorted(positions.tolist()) == [n for n, c in enumerate(courses) if c == "net"]
    query = LEGS["bigram"]("ログイン network")
    everywhere, inside = index.bm25("bigram", query), index.bm25("bigram", query, "net")
    for n, passage in enumerate(index.passages):
        assert inside[n] == (everywhere[n] if passage.course == "net" else 0)
    assert inside.any()
    assert (everywhere != inside).any()


@pytest.mark.parametrize("leg", list(LEGS))
def test_bm25_finds_words(index: Index, leg: str) -> None:
    """Each leg scores all passages and all statements, and weighs terms."""
    query = LEGS[leg]("Kubernetesの管理")
    scores, statements = index.bm25(leg, query), index.statement_bm25(leg, query)
    assert index.passages[int(scores.argmax())].path == "az/2.md"
    assert index.statements[int(statements.argmax())].text == "Kubernetesの管理。"
    assert (scores.shape, statements.shape) == (
        (len(index.passages),),
        (len(index.statements),),
    )
    assert index.idf(leg, "kubernetes") > 0
    assert index.idf(leg, "terraform") == 0.0
    assert not index.bm25(leg, ["terraform"]).any()


def test_headings_are_searched_with_the_text(index: Index) -> None:
    """A passage is found by the heading above it."""
    scores = index.bm25("bigram", LEGS["bigram"]("AKS"))
    assert index.passages[int(scores.argmax())].path == "az/2.md"


def test_an_unknown_course_is_refused(index: Index, encoder: Encoder) -> None:
    """The message lists the courses that there are."""
    vector = encoder.encode_queries(["x"])[0]
    with pytest.raises(UnknownCourseError) as caught:
        index.search_passages(vector, 5, "aws")
    assert str(caught.value) == "There is no course 'aws'. Courses: az, net."
    with pytest.raises(UnknownCourseError):
        index.bm25("bigram", ["x"], "aws")


def test_positions_and_owners_agree(index: Index) -> None:
    """Statement, passage and section point at each other."""
    for n, statement in enumerate(index.statements):
        assert index.statement_position(statement.id) == n
        assert statement.id in index.passages[index.passage_of_statement[n]].statements
        assert statement in index.statements_of(statement.section)
    first, last = index.statement_ranges(np.arange(len(index.passages)))
    for passage, begin, end in zip(index.passages, first, last, strict=True):
        assert tuple(s.id for s in index.statements[begin:end]) == passage.statements
    assert index.statement_position("nothing") is None
    assert index.statements_of("nothing") == ()
    with pytest.raises(KeyError):
        index.source("nothing.md")


def test_loading_brings_in_no_build_library(index: Index, out: Path) -> None:
    """Answering needs neither bm25s nor what it would bring: SciPy, numba, JAX."""
    script = (
        "import sys; from pathlib import Path; from coursebot.index import Index\n"
        "Index.load(Path(sys.argv[1])).bm25('bigram', ['a'])\n"
        "print({'bm25s', 'scipy', 'numba', 'jax', 'torch'} & set(sys.modules))"
    )
    command = [sys.executable, "-c", script, str(out)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert (done.stdout, done.stderr) == ("set()\n", "")
