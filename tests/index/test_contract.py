"""What holds of every index, whoever keeps it: a folder and a database, one after the other."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import numpy as np
import pytest

from coursebot.assistant import extract
from coursebot.config import Settings
from coursebot.conversation import make_query
from coursebot.encoder.fake import HashEncoder
from coursebot.errors import (
    IndexBusyError,
    IndexMismatchError,
    IndexMissingError,
    UnknownCourseError,
)
from coursebot.index import LEGS, Freshness, LiveIndex, Searchable, build, copy, status
from coursebot.index.shelf import shelf_of
from coursebot.places import Place, place_of
from coursebot.retrieval import examine, retrieve
from coursebot.types import Encoder
from tests.conftest import ROOT
from tests.postgres_server import Server

QUESTIONS = (
    "トークンの有効期間は？",
    "how long is an az acr login token valid?",
    "Kubernetesの管理",
    "what joins two networks",
    "az network vnet create",
    "something quite different",
)

COURSES = {
    "a": "# Kites\n\nA kite has a long line.\n\n## Tail\n\nThe tail is short. A tail is light.\n",
    "b": "# Vaults\n\nThe vault holds gold.\n\n## Door\n\nA door of steel keeps a line of gold.\n",
    "c": "# Boats\n\nA boat has a sail and a line.\n\n## Hull\n\nThe hull is made of oak.\n",
}
TWIN = "A token lasts three hours. トークンは3時間有効。"


@pytest.fixture(params=["folder", "database"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Return where an index may be built, of each kind in turn."""
    if request.param == "folder":
        return tmp_path / "index"
    server: Server = request.getfixturevalue("postgres")
    return place_of(server.new_database())


@pytest.fixture
def index(corpus: Path, place: Place, encoder: Encoder) -> Searchable:
    """Return an index of small passages."""
    build(corpus, place, encoder, passage_tokens=32)
    return LiveIndex(place).get()


@pytest.fixture(scope="module")
def both(
    postgres: Server, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Searchable, Searchable]:
    """Return the shipped course and a course of equal texts, in a folder and copied from there."""
    folder = tmp_path_factory.mktemp("both")
    corpus = folder / "corpus"
    (corpus / "twins").mkdir(parents=True)
    shutil.copytree(ROOT / "corpus" / "az-500", corpus / "az-500")
    lines = [f"## Part {n}\n\n{TWIN}\n" for n in range(150)]
    (corpus / "twins" / "a.md").write_text("# Twins\n\n" + "\n".join(lines), encoding="utf-8")
    (corpus / "twins" / "odd.md").write_text("# Odd\n\nA \x00 in \ufffd text.\n", encoding="utf-8")
    build(corpus, folder / "index", HashEncoder(), passage_tokens=64)
    address = place_of(postgres.new_database())
    copy(folder / "index", address)
    return LiveIndex(folder / "index").get(), LiveIndex(address).get()


@pytest.fixture(scope="module")
def parted(
    postgres: Server, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Searchable, Searchable]:
    """Return three small courses that share words, in a folder and copied from there."""
    folder = tmp_path_factory.mktemp("parted")
    for name, text in COURSES.items():
        (folder / "corpus" / name).mkdir(parents=True)
        (folder / "corpus" / name / "x.md").write_text(text, encoding="utf-8")
    build(folder / "corpus", folder / "index", HashEncoder(), passage_tokens=32)
    address = place_of(postgres.new_database())
    copy(folder / "index", address)
    return LiveIndex(folder / "index").get(), LiveIndex(address).get()


def change(corpus: Path, text: str) -> None:
    """Write a file into the corpus."""
    (corpus / "az" / "3.md").write_text(f"# 新\n\n{text}\n", encoding="utf-8")


def test_records_are_the_same(both: tuple[Searchable, Searchable]) -> None:
    """Courses, sections, statements, passages, sources and digests: nothing is lost on the way."""
    ours, theirs = both
    assert theirs.manifest == ours.manifest
    assert theirs.courses == ours.courses
    assert list(theirs.sections.items()) == list(ours.sections.items())
    assert list(theirs.statements) == list(ours.statements)
    assert list(theirs.passages) == list(ours.passages)
    assert (theirs.statements[-1], theirs.statements[3:5]) == (
        ours.statements[-1],
        ours.statements[3:5],
    )
    for path in {section.path for section in ours.sections.values()}:
        assert theirs.source(path) == ours.source(path)
    for n, statement in enumerate(ours.statements):
        assert theirs.statement_position(statement.id) == n
    positions = np.arange(len(ours.statements))
    assert theirs.owners(positions).tolist() == ours.owners(positions).tolist()


@pytest.mark.parametrize("course", [None, "az-500", "twins"])
def test_hits_scores_and_answers_are_the_same(
    both: tuple[Searchable, Searchable], course: str | None
) -> None:
    """To the last digit, with hundreds of equal cosines too, and in the rankings of each leg."""
    chosen, encoder = Settings.load(), HashEncoder()
    for question in (*QUESTIONS, TWIN):
        query = make_query(question, (), 500)
        found = [examine(index, encoder, query, course=course, top_k=20) for index in both]
        assert found[0].legs == found[1].legs
        for name in ("hits", "statements", "sections", "siblings", "match", "idf", "unknown"):
            assert getattr(found[0].retrieved, name) == getattr(found[1].retrieved, name)
        answers = [extract(index, encoder, chosen, question, course=course) for index in both]
        assert [a.text for a in answers] == [answers[0].text] * 2
        assert answers[0].citations == answers[1].citations
        assert answers[0].confidence == answers[1].confidence


@pytest.mark.parametrize("names", [(), ("b",), ("a", "c"), ("b", "c")])
def test_a_part_is_the_same_in_both(
    parted: tuple[Searchable, Searchable], names: tuple[str, ...]
) -> None:
    """Records, rareness of words, hits and scores of some courses alone, and nothing of others."""
    held, asked = (index.only(names) for index in parted)
    assert asked.manifest == held.manifest
    assert (asked.hidden, list(asked.courses)) == (3 - len(names), list(names))
    assert list(asked.sections) == list(held.sections)
    assert tuple(asked.statements) == tuple(held.statements)
    assert tuple(asked.passages) == tuple(held.passages)
    assert [asked.statements[n] for n in range(len(held.statements))] == list(held.statements)
    assert (asked.refusals, asked.suggestions) == (held.refusals, held.suggestions)
    assert asked.only("abc") is asked
    everything = tuple(parted[1].statements)
    for statement in everything:
        position = asked.statement_position(statement.id)
        assert position == held.statement_position(statement.id)
        assert asked.statements_of(statement.section) == held.statements_of(statement.section)
    for name in "abc":
        if name in names:
            assert asked.source(f"{name}/x.md") == held.source(f"{name}/x.md")
            continue
        with pytest.raises(KeyError):
            asked.source(f"{name}/x.md")
        with pytest.raises(UnknownCourseError):
            asked.search(np.zeros(1, dtype=np.float32), {}, 1, name)
    encoder = HashEncoder()
    for text in ("What has a long line?", "gold", "Where are oak and steel?", "line line kite"):
        for leg, cut in LEGS.items():
            for term in cut(text):
                assert asked.idf(leg, term) == held.idf(leg, term)
        for course in (None, *names):
            query = make_query(text, (), 2000)
            expected = examine(held, encoder, query, course=course, top_k=5)
            found = examine(asked, encoder, query, course=course, top_k=5)
            assert found.retrieved.hits == expected.retrieved.hits
            assert found.retrieved.statements == expected.retrieved.statements
            assert (found.retrieved.idf, found.retrieved.match) == (
                expected.retrieved.idf,
                expected.retrieved.match,
            )
            assert found.legs == expected.legs


def test_a_statements_own_text_is_nearest(index: Searchable, encoder: Encoder) -> None:
    """It is found first by its vector, at cosine one, and its passage is gathered with it."""
    vector = encoder.encode_passages(["Networks\nPeering joins two networks."])[0]
    search = index.search(vector, {leg: [] for leg in LEGS}, 3)
    first = int(search.statements[0])
    assert index.statements[first].text == "Peering joins two networks."
    assert search.cosines(search.statements[:1]) == pytest.approx([1.0])
    pool = search.gather(search.passages[:0], search.statements[:1])
    assert pool.passages.tolist() == index.owners(search.statements[:1]).tolist()
    assert pool.first[0] <= first < pool.last[0]
    assert pool.nearest == pytest.approx([1.0])
    assert (len(search.passages), len(search.statements)) == (3, 6)


def test_a_course_is_searched_alone(index: Searchable, encoder: Encoder) -> None:
    """Whatever is found stands in it, and BM25 is that over the whole corpus."""
    query = "ログイン network"
    terms = {leg: cut(query) for leg, cut in LEGS.items()}
    vector = encoder.encode_queries([query])[0]
    inside, everywhere = (index.search(vector, terms, 99, name) for name in ("net", None))
    courses = [passage.course for passage in index.passages]
    assert sorted(inside.passages.tolist()) == [n for n, c in enumerate(courses) if c == "net"]
    for leg in LEGS:
        scores, all_scores = inside.lexical[leg].passages, everywhere.lexical[leg].passages
        first = inside.first_passage
        assert scores.tolist() == all_scores[first : first + len(scores)].tolist()
        assert inside.lexical[leg].idf == everywhere.lexical[leg].idf
        assert all_scores.any()
    with pytest.raises(UnknownCourseError, match=r"no course 'aws'\. Courses: az, net\."):
        index.search(vector, terms, 5, "aws")


def test_terms_are_weighed(index: Searchable) -> None:
    """A word that stands somewhere has a weight, one that does not has none."""
    assert index.idf("word", "kubernetes") == index.idf("word", "kubernetes") > 0
    assert index.idf("word", "terraform") == 0.0


def test_what_is_not_there(index: Searchable) -> None:
    """Unknown names are none, and an unknown file is a KeyError."""
    for name in ("nothing", "az/1.md:0-1", "az/1.md:x", "no.md:0-5", ":", "az/1.md:99999-100000"):
        assert index.statement_position(name) is None
    assert index.statements_of("nothing") == ()
    with pytest.raises(KeyError):
        index.source("nothing.md")
    with pytest.raises(IndexError):
        index.statements[len(index.statements)]


def test_only_what_changed_is_embedded(corpus: Path, place: Place, encoder: Encoder) -> None:
    """An unchanged corpus is noticed; a change costs the new texts; the status follows."""
    known = {"fingerprint": encoder.fingerprint, "passage_tokens": 64}
    assert status(corpus, place, **known) is Freshness.MISSING  # type: ignore[arg-type]
    first = build(corpus, place, encoder, passage_tokens=64)
    assert first.embedded > 5
    assert build(corpus, place, encoder, passage_tokens=64).unchanged
    assert status(corpus, place, **known) is Freshness.CURRENT  # type: ignore[arg-type]
    change(corpus, "加わった文。")
    assert status(corpus, place, **known) is Freshness.STALE  # type: ignore[arg-type]
    assert build(corpus, place, encoder, passage_tokens=64).embedded == 2


def test_a_server_moves_to_a_new_version(corpus: Path, place: Place, encoder: Encoder) -> None:
    """Its number rises, and one of another model is refused and told."""
    build(corpus, place, encoder, passage_tokens=64)
    live = LiveIndex(place, interval=0)
    live.check_encoder(encoder)
    assert live.get().version == "00001"
    change(corpus, "加わった文。")
    build(corpus, place, encoder, passage_tokens=64)
    assert live.refresh().version == "00002"

    class Other(HashEncoder):
        name = fingerprint = "other"

    build(corpus, place, Other(), passage_tokens=64)
    assert live.refresh().version == "00002"
    assert "was made with the model 'other'" in live.problem
    with pytest.raises(IndexMismatchError):
        LiveIndex(place).check_encoder(encoder)


def test_no_index_is_told(place: Place) -> None:
    """With where it was looked for, and the command that makes one."""
    with pytest.raises(IndexMissingError) as caught:
        LiveIndex(place)
    assert str(caught.value).startswith(f"There is no index in {place}. Build one: coursebot index")


def test_a_second_build_is_refused(corpus: Path, place: Place, encoder: Encoder) -> None:
    """At once, and not any more when the first is done."""
    with (
        shelf_of(place).writing(),
        pytest.raises(IndexBusyError, match="Another build is writing"),
    ):
        build(corpus, place, encoder, passage_tokens=64)
    assert build(corpus, place, encoder, passage_tokens=64).embedded


def test_a_broken_build_leaves_the_version_before(
    corpus: Path, place: Place, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes on answering, and the next build goes through."""
    build(corpus, place, encoder, passage_tokens=64)
    change(corpus, "加わった文。")
    with monkeypatch.context() as broken:
        broken.setattr("coursebot.index.store._sync", interrupt)
        broken.setattr("coursebot.index.postgres.loading._copy", interrupt)
        with pytest.raises(KeyboardInterrupt):
            build(corpus, place, encoder, passage_tokens=64)
    assert LiveIndex(place).get().version == "00001"
    assert retrieve(LiveIndex(place).get(), encoder, make_query("ログイン", (), 99)).hits
    build(corpus, place, encoder, passage_tokens=64)
    assert LiveIndex(place).get().version == "00002"


def interrupt(*_arguments: object, **_options: object) -> None:
    """Act as Ctrl-C does."""
    raise KeyboardInterrupt


def test_many_threads_search_at_once(index: Searchable, encoder: Encoder) -> None:
    """Twenty at once find what one alone finds."""
    queries = [make_query(question, (), 500) for question in QUESTIONS]
    alone = [retrieve(index, encoder, query).hits for query in queries]
    wrong: list[object] = []

    def ask() -> None:
        found = [retrieve(index, encoder, query).hits for query in queries]
        wrong.extend(hits for hits, right in zip(found, alone, strict=True) if hits != right)

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
