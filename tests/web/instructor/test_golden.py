"""The golden editor's pages: the table, the form, saving beside others, imports and exports."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from coursebot import index
from coursebot.assistant import Assistant
from coursebot.config import Settings
from coursebot.encoder.fake import HashEncoder
from coursebot.evaluation.golden import GoldenFile, read, validate
from coursebot.feedback import Store
from coursebot.types import Language
from coursebot.web.instructor import golden, golden_form
from coursebot.web.instructor.door import Door
from coursebot.web.instructor.golden_words import TEXTS, Speech
from coursebot.web.instructor.shell import Desk
from tests.web.instructor.conftest import at_home

NOTES = (
    "# ACR\n\n## 認証\n\n- `az acr login`\n- このトークンは3時間有効。\n\n"
    "## 料金\n\nBasicは無料ではない。\n"
)
ITEMS = [
    {
        "id": "token",
        "lang": "ja",
        "question": "トークンは何時間有効ですか",
        "answers": [{"text": "3時間", "aliases": ["3 hours"], "kind": "duration"}],
        "sources": [
            {"path": "a.md", "heading_path": ["ACR", "認証"], "quote": "このトークンは3時間有効。"}
        ],
        "tags": ["must"],
        "status": "reviewed",
        "followups": [
            {"question": "その後は？", "sources": [{"path": "a.md", "quote": "`az acr login`"}]}
        ],
    },
    {
        "id": "price",
        "lang": "en",
        "question": "Is Basic free?",
        "answers": [{"text": "no", "kind": "yesno"}],
        "sources": [
            {"path": "a.md", "heading_path": ["ACR", "料金"], "quote": "Basicは無料です。"}
        ],
    },
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the golden set of a small course."""
    folder = tmp_path / "corpus" / "c"
    folder.mkdir(parents=True)
    (folder / "a.md").write_text(NOTES, encoding="utf-8")
    lines = "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in ITEMS)
    (folder / "golden.jsonl").write_text(lines, encoding="utf-8")
    return folder / "golden.jsonl"


@pytest.fixture
def site(path: Path, tmp_path: Path, hash_encoder: HashEncoder) -> Iterator[TestClient]:
    """Return a client of the pages, let in from this machine."""
    chosen = Settings.load(
        corpus=tmp_path / "corpus", data=tmp_path / "data", index=tmp_path / "index"
    )
    index.build(chosen.corpus, chosen.index, hash_encoder, passage_tokens=64)
    store = Store.open(chosen)
    desk = Desk(Assistant.open(settings=chosen), store)
    application = FastAPI()
    application.include_router(golden.router(desk))
    application.add_middleware(Door, desk=desk)
    with at_home(application) as client:
        yield client
    store.close()


def fields(page: str) -> dict[str, str]:
    """Return what a browser would send of a page's form, without its buttons."""
    form = page[page.index('<form class="golden"') : page.rindex("</form>")]
    found: dict[str, str] = {}
    for tag in re.findall(r"<input [^>]*>", form):
        name, value = (re.search(rf' {key}="([^"]*)"', tag) for key in ("name", "value"))
        if name and (' type="checkbox"' not in tag or " checked" in tag):
            found[name[1]] = unescape(value[1]) if value else ""
    for name_, text in re.findall(
        r'<textarea id="[^"]*" name="([^"]*)"[^>]*>\n?(.*?)</textarea>', form, re.S
    ):
        found[name_] = unescape(text)
    for name_, inner in re.findall(
        r'<select id="[^"]*" name="([^"]*)"[^>]*>(.*?)</select>', form, re.S
    ):
        chosen = re.search(r'value="([^"]*)" selected', inner)
        found[name_] = chosen[1] if chosen else ""
    return found


def send(site: TestClient, sent: dict[str, str], do: str = "save", **changes: str) -> str:
    """Send a form, follow to the page that comes of it, and return that."""
    answer = site.post("/instructor/golden", data={**sent, "do": do, **changes})
    if answer.status_code == 303:
        answer = site.get(answer.headers["location"])
    return answer.text


def test_the_table_shows_what_is_wrong_first(site: TestClient) -> None:
    """A quote that is gone comes with the nearest text; each item leads to its form."""
    page = site.get("/instructor/golden").text
    assert (
        page.index("Basicは無料です。") < page.index("Basicは無料ではない。") < page.index("<table")
    )
    assert 'href="/instructor/golden/token"' in page
    assert "2 of 2 questions: 1 reviewed, 1 drafts" in page


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("text=basic", ["price"]),
        ("text=3時間", ["token"]),
        ("in=ja", ["token"]),
        ("kind=yesno", ["price"]),
        ("tag=must", ["token"]),
        ("status=draft", ["price"]),
        ("status=retired", []),
        ("lang=ja", ["token", "price"]),
    ],
)
def test_the_table_is_filtered(site: TestClient, query: str, ids: list[str]) -> None:
    """By text, language, kind, tag and status; the interface's language hides nothing."""
    page = site.get(f"/instructor/golden?{query}").text
    table = page[page.find('<table class="stack golden-items') :]
    assert re.findall(r'<code class="soft">(\w+)</code>', table) == ids


def test_the_nearest_text_is_taken(site: TestClient, path: Path) -> None:
    """One click puts what stands there now into the item; the others stay."""
    page = site.get("/instructor/golden").text
    held = re.search(r'name="revision" value="([^"]+)"', page)
    assert held
    sent = {"id": "price", "turn": "1", "source": "0", "revision": held[1]}
    answer = site.post("/instructor/golden/take", data=sent)
    assert answer.status_code == 303
    token, price = read(path).items
    assert price.sources[0].quote == "Basicは無料ではない。"
    assert (price.sources[0].path, price.sources[0].heading_path) == ("a.md", ("ACR", "料金"))
    assert token.id == "token"
    assert "Take this text" not in site.get("/instructor/golden").text


def test_a_form_that_is_sent_back_changes_nothing(site: TestClient, path: Path) -> None:
    """Every field of an item is in its form, follow-ups too."""
    before = path.read_bytes()
    page = send(site, fields(site.get("/instructor/golden/token").text))
    assert "Saved." in page
    assert [item.id for item in read(path).items] == ["token", "price"]
    assert validate(ITEMS[0])[0] == read(path).item("token")
    assert path.read_bytes() == before


def test_a_field_is_edited_and_saved(site: TestClient, path: Path) -> None:
    """Also the id; a new answer is one click more."""
    sent = fields(site.get("/instructor/golden/token").text)
    page = send(site, sent, "add:answers")
    sent = fields(page)
    changes = {"id": "token-life", "answers.1.text": "180分", "must_not": "24時間\n2分"}
    page = send(site, sent, **changes)
    assert "token-life" in page
    item = read(path).item("token-life")
    assert item is not None
    assert [one.text for one in item.answers] == ["3時間", "180分"]
    assert item.must_not == ("24時間", "2分")
    assert read(path).item("token") is None


def test_faults_are_shown_at_their_fields(site: TestClient, path: Path) -> None:
    """Nothing is saved, and everything that was typed is still there."""
    before = path.read_bytes()
    sent = fields(site.get("/instructor/golden/token").text)
    sent = fields(send(site, sent, "add:answers"))
    sent |= {"answers.0.text": "", "answers.0.aliases": "", "answers.1.aliases": "180分"}
    answer = site.post("/instructor/golden", data={**sent, "do": "save", "id": "two words"})
    assert answer.status_code == 422
    shown = re.findall(r'data-problem="([^"]+)">', answer.text)
    assert shown == ["answers.1.text", "id"]
    assert "180分" in answer.text
    assert path.read_bytes() == before


def test_what_is_typed_is_checked(site: TestClient) -> None:
    """With the fields' names, and where each quote stands, in the interface's language."""
    sent = fields(site.get("/instructor/golden/price").text)
    found = site.post("/instructor/golden/check?lang=ja", data=sent).json()
    assert found["problems"] == {}
    assert found["places"]["sources.0"]["bad"] is True
    found = site.post("/instructor/golden/check", data={**sent, "question": ""}).json()
    assert list(found["problems"]) == ["question"]
    sent["sources.0.quote"] = "Basicは無料ではない。"
    found = site.post("/instructor/golden/check", data=sent).json()
    assert found["places"]["sources.0"] == {"text": "Stands in c/a.md, line 10.", "bad": False}


def test_a_source_is_chosen_by_searching(site: TestClient, path: Path) -> None:
    """The statement's file, headings and words come into the form; nothing is typed by hand."""
    sent = fields(site.get("/instructor/golden/new?question=How+long%3F&in=en").text)
    page = send(site, sent, "find:sources.0", **{"find.sources.0": "トークンは何時間"})
    pick = re.search(r'value="(pick:sources\.0:[^"]+)"[^>]*>このトークンは3時間有効。', page)
    assert pick
    sent = fields(send(site, fields(page), pick[1]))
    assert sent["sources.0.quote"] == "このトークンは3時間有効。"
    assert (sent["sources.0.path"], sent["sources.0.heading_path"]) == ("a.md", "ACR\n認証")
    assert "Saved." in send(site, sent)
    item = read(path).item("how-long")
    assert item is not None
    assert item.lang is Language.EN


def test_a_second_editor_overwrites_nothing(site: TestClient, path: Path) -> None:
    """Both versions are shown side by side; keeping mine is a click, and on purpose."""
    mine = fields(site.get("/instructor/golden/token").text)
    theirs = dict(mine)
    assert "Saved." in send(site, theirs, question="トークンはいつ切れますか")
    answer = site.post("/instructor/golden", data={**mine, "note": "typed for long", "do": "save"})
    assert answer.status_code == 409
    assert "トークンはいつ切れますか" in answer.text
    assert fields(answer.text)["note"] == "typed for long"
    item = read(path).item("token")
    assert item is not None
    assert item.note == ""
    assert "Saved." in send(site, fields(answer.text), "keep")
    item = read(path).item("token")
    assert item is not None
    assert (item.note, item.question) == ("typed for long", "トークンは何時間有効ですか")


def test_two_editors_of_two_questions_both_win(site: TestClient, path: Path) -> None:
    """Only the item that is saved is held against what was read."""
    first = fields(site.get("/instructor/golden/token").text)
    second = fields(site.get("/instructor/golden/price").text)
    assert "Saved." in send(site, first, note="one")
    assert "Saved." in send(site, second, note="two")
    assert [item.note for item in read(path).items] == ["one", "two"]


def test_a_question_that_was_deleted_meanwhile(site: TestClient, path: Path) -> None:
    """What was typed is still there and can be put back."""
    sent = fields(site.get("/instructor/golden/price").text)
    item = read(path).item("price")
    assert item is not None
    GoldenFile(path).delete("price", GoldenFile(path).read()[1])
    answer = site.post("/instructor/golden", data={**sent, "do": "save"})
    assert answer.status_code == 409
    assert "Saved." in send(site, fields(answer.text), "keep")
    assert read(path).item("price") == item


def test_deleting_asks_first(site: TestClient, path: Path) -> None:
    """One click shows what it means, the second does it."""
    sent = fields(site.get("/instructor/golden/price").text)
    page = send(site, sent, "delete")
    assert "Delete for good?" in page
    assert read(path).item("price")
    page = send(site, fields(page), "really-delete")
    assert "Deleted." in page
    assert [item.id for item in read(path).items] == ["token"]


def test_a_copy_is_a_draft_with_an_id_of_its_own(site: TestClient, path: Path) -> None:
    """It is saved once its question is another one."""
    sent = fields(send(site, fields(site.get("/instructor/golden/token").text), "duplicate"))
    assert (sent["was"], sent["status"]) == ("", "draft")
    assert sent["id"] not in ("", "token")
    answer = site.post("/instructor/golden", data={**sent, "do": "save"})
    assert "asks the same question" in answer.text
    assert "Saved." in send(site, sent, question="トークンの期限は？")
    assert len(read(path).items) == 3


def test_trying_asks_and_judges(site: TestClient) -> None:
    """The answer of now with a verdict; what is typed stays."""
    sent = fields(site.get("/instructor/golden/token").text)
    page = send(site, sent, "try", note="unsaved")
    assert "What is answered now" in page
    assert re.search(r'chip (good|bad)">(passes|fails)', page)
    assert fields(page)["note"] == "unsaved"
    page = send(site, {**sent, "question": ""}, "try")
    assert 'class="notice bad"' in page


@pytest.mark.parametrize("kind", ["csv", "jsonl", "yaml"])
def test_the_set_is_exported(site: TestClient, kind: str) -> None:
    """As a file with the course's name."""
    answer = site.get(f"/instructor/golden/export?format={kind}")
    assert answer.status_code == 200
    assert "attachment; filename*=UTF-8''c-golden." in answer.headers["content-disposition"]
    assert "Basic" in answer.text


def test_what_was_exported_can_be_imported(site: TestClient, path: Path) -> None:
    """All of it into an empty set; again, it is refused and nothing is lost."""
    data = site.get("/instructor/golden/export?format=csv").content
    items = read(path).items
    path.unlink()
    answer = site.post("/instructor/golden/import", files={"file": ("a.csv", data)})
    assert answer.headers["location"].endswith("told=imported&n=2")
    assert [item.id for item in read(path).items] == [item.id for item in items]
    before = path.read_bytes()
    answer = site.post("/instructor/golden/import", files={"file": ("a.csv", data)})
    assert answer.status_code == 400
    assert path.read_bytes() == before


@pytest.mark.parametrize("data", [b"", b"\xff\xfe\x00", b"question\n\n", b"nothing,here\n1,2\n"])
def test_a_file_that_cannot_be_imported(site: TestClient, path: Path, data: bytes) -> None:
    """It is refused in words."""
    before = path.read_bytes()
    answer = site.post("/instructor/golden/import", files={"file": ("a.csv", data)})
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert path.read_bytes() == before


def test_a_broken_set_is_shown_by_line(site: TestClient, path: Path) -> None:
    """It is not edited here until it is whole again."""
    path.write_text('{"id": "a"\n', encoding="utf-8")
    page = site.get("/instructor/golden").text
    assert "line 1" in page
    sent = {"question": "Why?", "lang": "en", "sources.0.path": "a.md", "do": "save"}
    assert "problem" in site.post("/instructor/golden", data=sent).text
    assert path.read_text(encoding="utf-8") == '{"id": "a"\n'


def test_a_server_without_the_corpus_says_so(site: TestClient, path: Path) -> None:
    """Nothing is made."""
    path.unlink()
    (path.parent / "a.md").unlink()
    path.parent.rmdir()
    assert "COURSEBOT_CORPUS" in site.get("/instructor/golden").text
    sent = {"question": "Why?", "lang": "en", "sources.0.path": "a.md", "do": "save"}
    assert "there is no such folder" in site.post("/instructor/golden", data=sent).text
    assert not path.parent.exists()


def test_an_item_that_is_not_there(site: TestClient) -> None:
    """Told, with a way back."""
    answer = site.get("/instructor/golden/nobody")
    assert answer.status_code == 404
    assert "There is no such question any more" in answer.text


def test_markup_in_an_item_is_text(site: TestClient) -> None:
    """In the table, in the form and in what is sent back."""
    sent = fields(site.get("/instructor/golden/price").text)
    evil = "</textarea><script>alert(1)</script>"
    page = send(site, sent, question=evil, note=evil, **{"answers.0.text": '"><img src=x>'})
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "<script>alert" not in site.get("/instructor/golden").text


@given(
    st.lists(
        st.tuples(
            st.text("abqus.0123456789", max_size=24)
            | st.sampled_from(["answers.0.text", "sources.x.quote", "followups.0.answers.9.text"]),
            st.text(max_size=8),
        ),
        max_size=12,
    )
)
def test_any_form_can_be_read(sent: list[tuple[str, str]]) -> None:
    """Whatever is sent, there is a form to show and something to check."""
    typed = golden_form.read(sent)
    _, found = validate(golden_form.value_of(typed))
    golden_form.placed_problems(found, typed)
    for do in ("add:answers", "remove:sources.0", "remove:followups.9.answers.0", "add:x.y", "?"):
        assert golden_form.changed(typed, do) is typed


def test_the_texts_are_there_in_both_languages() -> None:
    """None is empty, and each says the same values."""
    for english, japanese in TEXTS.values():
        assert english
        assert japanese
        assert set(re.findall(r"{(\w+)}", english)) == set(re.findall(r"{(\w+)}", japanese))
    assert Speech(Language.JA)("save") != Speech(Language.EN)("save")
