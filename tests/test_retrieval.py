"""Retrieval: which passages and statements a query finds, and in which order."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coursebot.conversation import Query, make_query
from coursebot.encoder.fake import HashEncoder
from coursebot.errors import SettingsError, UnknownCourseError
from coursebot.index import Index, build
from coursebot.retrieval import Weights, examine, retrieve
from coursebot.types import Language, Retrieved

FILES = {
    "ja/registry.md": (
        "# レジストリ\n\n- az acr login\n  - このトークンは3時間有効。\n"
        "- 管理者アカウント\n  - デフォルトでは無効\n\n## 料金\n\n毎月600円。\n"
    ),
    "ja/cluster.md": "# クラスター\n\n名前空間で分ける。\n\n## 役割\n\n- Role\n- RoleBinding\n",
    "en/registry.md": "# Registry\n\nA token is valid for one hour.\n\n## Price\n\nIt is free.\n",
    "en/twin.md": "# Twin\n\nSame words here.\n\n# Twin\n\nSame words here.\n",
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """Return an index of two small courses."""
    folder = tmp_path_factory.mktemp("retrieval")
    for name, text in FILES.items():
        path = folder / "corpus" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    build(folder / "corpus", folder / "index", HashEncoder(), passage_tokens=64)
    return Index.load(folder / "index")


def find(index: Index, question: str, *, course: str | None = None, top_k: int = 10) -> Retrieved:
    """Return what the question retrieves, with the deterministic encoder."""
    return retrieve(index, HashEncoder(), make_query(question, (), 500), course=course, top_k=top_k)


def test_the_passage_with_the_questions_words_comes_first(index: Index) -> None:
    """All legs agree on it, and say so."""
    found = find(index, "トークンは何時間有効ですか", course="ja")
    best = found.hits[0]
    assert "3時間有効" in best.passage.text
    assert {name: leg.rank for name, leg in best.legs.items()} == {
        "dense": 1,
        "statement": 1,
        "bigram": 1,
        "word": 1,
    }


def test_scores_fall_and_lie_between_0_and_1(index: Index) -> None:
    """Hits are ordered by a score that means the same for every question."""
    scores = [hit.score for hit in find(index, "トークンの料金").hits]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


def test_a_leg_that_matches_nothing_gives_no_rank(index: Index) -> None:
    """A passage without any of the question's words has rank 0 in the lexical legs."""
    found = find(index, "クラスターの名前空間", course="en")
    assert all(hit.legs["word"] == hit.legs["bigram"] for hit in found.hits)
    assert all(hit.legs["word"].rank == 0 for hit in found.hits)
    assert found.match == 1.0  # another course knows the words


def test_only_the_course_that_is_asked_for(index: Index) -> None:
    """Neither hits nor candidates come from elsewhere."""
    found = find(index, "token", course="en")
    assert {hit.passage.course for hit in found.hits} == {"en"}
    assert {hit.statement.course for hit in found.statements} == {"en"}


def test_an_unknown_course_is_named_with_those_there_are(index: Index) -> None:
    """The error says what can be asked instead."""
    with pytest.raises(UnknownCourseError, match=r"no course 'xx'\. Courses: en, ja\."):
        find(index, "token", course="xx")


def test_equal_texts_are_ranked_in_document_order(index: Index) -> None:
    """Two places with the same words are two passages, the earlier one first."""
    twins = [
        h.passage for h in find(index, "Same words here").hits if h.passage.path == "en/twin.md"
    ]
    assert twins[0].text == twins[1].text
    assert twins[0].span < twins[1].span


def test_top_k_limits_the_hits(index: Index) -> None:
    """No more passages than asked for."""
    assert len(find(index, "token", top_k=2).hits) == 2


def test_candidates_include_the_grounding_of_a_follow_up(index: Index) -> None:
    """What the last answer cited is a candidate, wherever it stands."""
    far = next(s for s in index.statements if s.text == "RoleBinding")
    query = Query("and the price?", "Price of the registry", Language.EN, (far.id, "gone:0-1"))
    found = retrieve(index, HashEncoder(), query, course="en", top_k=1)
    assert far.id in {hit.statement.id for hit in found.statements}


def test_what_an_answer_needs_is_there(index: Index) -> None:
    """Every hit's and candidate's section comes with all of its statements."""
    found = find(index, "トークン")
    for hit in found.statements:
        assert hit.statement in found.siblings[hit.statement.section]
    for passage_hit in found.hits:
        assert passage_hit.passage.section in found.sections


def test_words_that_stand_nowhere_lower_the_lexical_share(index: Index) -> None:
    """A question of which one word of four matches counts for less than that word alone."""
    one = find(index, "トークン", course="ja")
    four = find(index, "トークン 宇宙船 恐竜 交響曲", course="ja")
    assert four.match < one.match
    assert max(h.lexical for h in four.statements) < max(h.lexical for h in one.statements)


def test_function_words_match_nothing(index: Index) -> None:
    """English grammar says nothing of a subject."""
    assert "is" not in find(index, "what is a token for").idf
    assert "token" in find(index, "what is a token for").idf


def test_weights_switch_legs_off(index: Index) -> None:
    """Without the dense legs the order is BM25's."""
    query = make_query("毎月600円", (), 500)
    lexical = Weights(dense=0.0, foreign=0.0)
    found = retrieve(index, HashEncoder(), query, course="ja", weights=lexical)
    assert "毎月600円" in found.hits[0].passage.text


def test_without_the_lexical_part_the_order_is_that_of_the_cosines(index: Index) -> None:
    """Each weight of zero takes its part out of the score."""
    query = make_query("what is a token for", (), 500)
    weights = Weights.parse("lexical=0, foreign=0, passage=1")
    found = retrieve(index, HashEncoder(), query, weights=weights)
    cosines = [hit.legs["dense"].score for hit in found.hits]
    assert cosines == sorted(cosines, reverse=True)
    assert [hit.score for hit in found.hits] == pytest.approx(cosines)


def test_each_leg_shows_its_own_ranking_and_time(index: Index) -> None:
    """The legs are those of the hits, each in its own order, without what it did not find."""
    query = make_query("毎月600円", (), 500)
    examined = examine(index, HashEncoder(), query, top_k=5)
    assert examined.retrieved.hits == retrieve(index, HashEncoder(), query, top_k=5).hits
    assert examined.legs.keys() == {"dense", "statement", "bigram", "word"}
    for name, hits in examined.legs.items():
        assert [hit.legs[name].rank for hit in hits] == list(range(1, len(hits) + 1))
    assert 0 < len(examined.legs["word"]) < len(examined.legs["dense"]) == 5
    assert {*examined.legs, "encode", "fuse"} <= examined.retrieved.timings_ms.keys()


@pytest.mark.parametrize("text", ["default", "lexical=0", "dense=0,word=1", "passage=0.25"])
def test_weights_are_written_as_they_are_read(text: str) -> None:
    """What a run notes down makes the same weights again."""
    assert str(Weights.parse(text)) == text
    assert Weights.parse("") == Weights.parse("default") == Weights()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("lexicon=1", "Weights: dense, lexical,"),
        ("dense", "Write a number"),
        ("word=half", "Write a number"),
        ("word=2", "0 to 1"),
        ("dense=-1", "0 or more"),
        ("dense=nan", "0 or more"),
        ("dense=inf", "0 or more"),
        ("dense=0,lexical=0", "nothing is ranked"),
    ],
)
def test_bad_weights_say_what_is_wrong(text: str, said: str) -> None:
    """A weight that is none, or that ranks nothing, is refused with the limits."""
    with pytest.raises(SettingsError, match=said):
        Weights.parse(text)


@given(st.text(min_size=1, max_size=40).filter(lambda t: any(c.isalnum() for c in t)))
@settings(max_examples=50)
def test_any_question_retrieves_ordered_distinct_passages(index: Index, question: str) -> None:
    """Whatever is asked, hits are distinct and ordered."""
    found = retrieve(index, HashEncoder(), Query(question, question, Language.EN))
    names = [hit.passage.id for hit in found.hits]
    assert len(names) == len(set(names)) > 0
    assert [h.score for h in found.hits] == sorted((h.score for h in found.hits), reverse=True)
