"""The test bench: weights from an address, gold in the results, what cannot be asked."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from coursebot import index
from coursebot.assistant import Assistant
from coursebot.config import Settings
from coursebot.encoder.fake import HashEncoder
from coursebot.evaluation.golden import Material, place
from coursebot.evaluation.golden.records import GoldenItem, Source
from coursebot.retrieval import Weights
from coursebot.types import Language
from coursebot.web.instructor import bench, bench_view
from coursebot.web.instructor.bench_knobs import KNOBS, choose
from coursebot.web.instructor.bench_words import TEXTS, Speech
from coursebot.web.instructor.door import Door
from coursebot.web.instructor.shell import Desk

QUESTION = "How long is a token valid?"
TEXT = """# Registry

## Login

- A token is valid for three hours.
- A password is never stored.

## Deleting

Deleting a registry takes a minute. Tokens end with it.

## Network

How long a rule is is not limited. A firewall keeps others out.
"""
EN = Speech(Language.EN)


@pytest.fixture
def assistant(tmp_path: Path, hash_encoder: HashEncoder) -> Assistant:
    """Return an assistant on a small course with a golden set."""
    folder = tmp_path / "corpus" / "c"
    folder.mkdir(parents=True)
    (folder / "a.md").write_text(TEXT, encoding="utf-8")
    item = {
        "id": "token",
        "lang": "en",
        "question": QUESTION,
        "answers": [{"text": "three hours"}],
        "sources": [
            {"path": "a.md", "quote": "A token is valid for three hours."},
            {"path": "a.md", "quote": "A token is valid for nine hours."},
        ],
        "status": "reviewed",
    }
    (folder / "golden.jsonl").write_text(json.dumps(item) + "\n", encoding="utf-8")
    index.build(tmp_path / "corpus", tmp_path / "index", hash_encoder, passage_tokens=64)
    settings = Settings.load(
        corpus=tmp_path / "corpus", data=tmp_path / "data", question_characters=200
    )
    return Assistant.open(tmp_path / "index", settings=settings)


@pytest.fixture
def site(assistant: Assistant) -> Iterator[TestClient]:
    """Return a client of the bench, let in from this machine."""
    store: Any = None
    desk = Desk(assistant, store)
    application = FastAPI()
    application.include_router(bench.router(desk))
    application.add_middleware(Door, desk=desk)
    with TestClient(application, base_url="http://localhost", client=("127.0.0.1", 1)) as client:
        yield client


def passages(html: str) -> list[str]:
    """Return the ids of the ranked passages."""
    return re.findall(r'data-passage="([^"]+)"', html)


def test_both_languages_say_everything() -> None:
    """Every text is there in both languages, filled in with the same values."""
    for key, (english, japanese) in TEXTS.items():
        assert english, key
        assert japanese, key
        named = [
            {name for _, name, _, _ in Formatter().parse(t) if name} for t in (english, japanese)
        ]
        assert named[0] == named[1], key


def test_every_weight_has_a_slider() -> None:
    """A weight that is added to retrieval needs a slider, its label and its explanation."""
    assert [knob.name for knob in KNOBS] == list(Weights.__dataclass_fields__)
    for knob in KNOBS:
        assert {f"knob.{knob.name}", f"knob.{knob.name}.what"} <= TEXTS.keys()
        assert knob.low <= knob.fitted <= knob.high


def test_sliders_left_alone_are_the_fitted_weights() -> None:
    """A form that is sent as it stands asks for the fitted weights, to the last digit."""
    query = {knob.name: knob.text(knob.fitted) for knob in KNOBS}
    assert choose(query, EN).weights == Weights()
    assert choose({}, EN).weights == Weights()


def test_weights_survive_an_address() -> None:
    """What an address asks for is what the next one asks for."""
    query = {"lexical": "0", "word": "0.25", "passage": "0.5"}
    chosen = choose(query, EN)
    assert chosen.weights == Weights(lexical=0, word=0.25, passage=0.5)
    assert choose(chosen.query(), EN) == chosen
    assert not chosen.wrong


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"dense": "many"}, "no number"),
        ({"dense": "nan"}, "no number"),
        ({"lexical": "inf"}, "no number"),
        ({"lexical": "-1"}, "from 0 to 10"),
        ({"word": "1.5"}, "from 0 to 1"),
        ({"sure": "0"}, "from 0.01 to 1"),
        ({"dense": "0", "lexical": "0"}, "both 0"),
    ],
)
def test_bad_numbers_are_told(site: TestClient, query: dict[str, str], said: str) -> None:
    """A weight that cannot be used is told in words, on the page and in a part of it."""
    for part in ("", "results"):
        response = site.get("/instructor/bench", params={"q": QUESTION, "part": part, **query})
        assert response.status_code == 400
        assert said in response.text
        assert passages(response.text) == []


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"q": "x" * 201}, "has 201 characters"),
        ({"q": "?!"}, "nothing in this question"),
        ({"q": QUESTION, "course": "nowhere"}, "no course “nowhere”"),
        ({"q": "x" * 201, "lang": "ja"}, "201文字"),
    ],
)
def test_what_cannot_be_asked_is_told(site: TestClient, query: dict[str, str], said: str) -> None:
    """Neither a long question nor an unknown course is an error of the server."""
    response = site.get("/instructor/bench", params=query)
    assert response.status_code == 400
    assert said in response.text


def test_an_empty_bench_asks_nothing(site: TestClient) -> None:
    """Without a question there is the form and a hint, and no result."""
    response = site.get("/instructor/bench")
    assert response.status_code == 200
    assert TEXTS["empty"][0] in response.text
    assert passages(response.text) == []


@pytest.mark.parametrize("name", ["q", "question"])
def test_results_are_the_engines(site: TestClient, assistant: Assistant, name: str) -> None:
    """The ranking shown is that of the engine with these weights, and the line measures them."""
    query = {name: QUESTION, "course": "c", "dense": "0", "word": "1"}
    html = site.get("/instructor/bench", params=query).text
    tried = assistant.weighted(Weights(dense=0, word=1))
    _, examined = tried.examine(QUESTION, course="c")
    assert passages(html) == [hit.passage.id for hit in examined.retrieved.hits]
    assert "coursebot eval --course c --weights &#34;dense=0,word=1&#34;" in html


def test_a_part_is_the_results_alone(site: TestClient) -> None:
    """The part for the script is what stands in the page's results."""
    page = site.get("/instructor/bench", params={"q": QUESTION})
    part = site.get("/instructor/bench", params={"q": QUESTION, "part": "results"})
    assert "<html" not in part.text
    assert passages(part.text) == passages(page.text) != []
    assert "unsafe-inline" not in page.headers["Content-Security-Policy"]
    assert not re.search(r"<script(?![^>]*src=)|\sstyle=|\son\w+=", page.text)


def test_gold_is_marked(site: TestClient) -> None:
    """The stretch that a golden source quotes is marked; a source that is gone is told."""
    html = site.get("/instructor/bench", params={"item": "token"}).text
    assert f'value="{QUESTION}"' in html
    assert "<mark>A token is valid for three hours.</mark>" in html
    assert "1 of 2 sources" in html
    assert "1 source(s) can no longer be found" in html
    assert 'class="gold"' in html


def test_a_question_of_ones_own_keeps_the_marks(site: TestClient) -> None:
    """A written question is asked, with the golden one's marks; its button asks the golden one."""
    query = {"q": "Where is a firewall?", "item": "token"}
    html = site.get("/instructor/bench", params=query).text
    assert 'value="Where is a firewall?"' in html
    assert "<mark>" in html
    assert (
        f'value="{QUESTION}"' in site.get("/instructor/bench", params={**query, "take": "1"}).text
    )


def test_an_item_that_is_not_there_is_told(site: TestClient, assistant: Assistant) -> None:
    """A missing item or a damaged golden set leaves the question answered and says why."""
    html = site.get("/instructor/bench", params={"q": QUESTION, "item": "gone"}).text
    assert "no golden question “gone”" in html
    assert passages(html)
    (assistant.settings.corpus / "c" / "golden.jsonl").write_text("{\n", encoding="utf-8")
    response = site.get("/instructor/bench", params={"q": QUESTION})
    assert response.status_code == 200
    assert "The golden set cannot be read" in response.text
    assert passages(response.text)


def test_what_moved_is_counted_against_the_fitted_weights(assistant: Assistant) -> None:
    """Ranks gained and lost, what is new and what dropped out account for both rankings."""
    fitted = assistant.examine(QUESTION, top_k=2)
    tried = assistant.weighted(Weights(dense=0)).examine(QUESTION, top_k=2)
    shown = bench_view.view(tried, fitted, ())
    before = [hit.passage.id for hit in fitted[1].retrieved.hits]
    for one in shown.ranking:
        assert one.before == (before.index(one.passage.id) + 1 if one.passage.id in before else 0)
        assert one.moved == (one.before - one.rank if one.before else 0)
    kept = {one.passage.id for one in shown.ranking if one.before}
    assert {one.passage.id for one in shown.dropped} | kept == set(before)


def test_pieces_are_the_whole_text(assistant: Assistant) -> None:
    """A passage cut at its gold is still its text, and exactly the quote is marked."""
    quote = "Tokens end with it."
    item = GoldenItem(
        id="x", lang=Language.EN, question="?", sources=(Source(path="a.md", quote=quote),)
    )
    placed, _ = place(item, Material.from_index(assistant.index), "c")
    found = assistant.examine(QUESTION)
    shown = bench_view.view(found, found, placed)
    for one in shown.ranking:
        assert "".join(piece.text for piece in one.pieces) == one.passage.text
        assert one.gold == any(piece.gold for piece in one.pieces)
    marked = [piece.text for one in shown.ranking for piece in one.pieces if piece.gold]
    assert marked == [quote]


def test_bars_fill_the_whole_time(assistant: Assistant) -> None:
    """The stages follow each other and together are the total."""
    found = assistant.examine(QUESTION)
    stages = bench_view.view(found, found, ()).stages
    assert sum(one.ms for one in stages) == pytest.approx(found[0].timings_ms["total"])
    for one, after in pairwise(stages):
        assert after.begin == pytest.approx(one.begin + one.width)
