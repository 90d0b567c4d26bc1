"""The golden editor in a real browser, by mouse, by keyboard, and with two instructors at once."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from coursebot.evaluation.golden import GoldenFile
from tests.conftest import ROOT
from tests.web.browser.conftest import QUOTE, accessible

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from coursebot.assistant import Assistant
    from tests.web.browser.conftest import Open

pytestmark = [pytest.mark.browser, pytest.mark.model, pytest.mark.timeout(180)]

ITEM = "token-en"
OTHER = "token-ja"
MINE = "For how many hours is an az acr login token good?"
THEIRS = "How long does the token of az acr login last?"


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Return a copy of the shipped corpus with its golden set."""
    folder = tmp_path / "corpus"
    shutil.copytree(ROOT / "corpus" / "az-500", folder / "az-500")
    return folder


@pytest.fixture
def assistant(corpus: Path, open_real: Callable[..., Assistant], tmp_path: Path) -> Assistant:
    """Return an assistant with folders of its own."""
    return open_real(corpus=corpus, data=tmp_path / "data", runs=tmp_path / "runs")


def items(corpus: Path) -> dict[str, dict[str, Any]]:
    """Return the golden items in the file, by id."""
    text = (corpus / "az-500" / "golden.jsonl").read_text(encoding="utf-8")
    return {item["id"]: item for item in map(json.loads, text.splitlines())}


def opened(look: Open, id: str = ITEM) -> Page:
    """Open an item's form in a browser of its own."""
    page = look(f"/instructor/golden/{id}")
    page.locator("#item").wait_for()
    return page


def save(page: Page, button: str = "Save") -> None:
    """Press a button and wait until the page says that the question was saved."""
    page.locator("#item").get_by_role("button", name=button, exact=True).click()
    page.locator("#told").wait_for()


def field(page: Page, name: str) -> Any:  # noqa: ANN401 — a locator
    """Return the field of this name."""
    return page.locator(f'[id="{name}"]')


def test_an_item_is_edited_in_place(look: Open, corpus: Path) -> None:
    """From the list to a saved item: changed, answered, sourced, tried, the others untouched."""
    before = items(corpus)
    page = look("/instructor/golden")
    page.get_by_role("link", name=before[ITEM]["question"], exact=True).click()
    field(page, "question").fill(MINE)
    page.get_by_role("button", name="Add an answer").click()
    field(page, "answers.1.text").wait_for()
    assert page.evaluate("document.activeElement.id") == "answers.1.text"
    assert field(page, "question").input_value() == MINE
    field(page, "answers.1.text").fill("180 minutes")
    field(page, "answers.1.required").uncheck()

    field(page, "sources.0.quote").fill("nothing like this")
    field(page, "sources.0.path").fill("")
    field(page, "find.sources.0").fill("az acr login token")
    page.get_by_role("button", name="Search", exact=True).first.click()
    page.locator(".results button", has_text=QUOTE.rstrip("。")).first.click()
    page.locator(".results").wait_for(state="detached")
    assert page.evaluate("document.activeElement.id") == "sources.0.quote"
    assert QUOTE in field(page, "sources.0.quote").input_value()
    assert field(page, "answers.1.text").input_value() == "180 minutes"
    assert "Stands in" in page.locator('[data-place="sources.0"]').inner_text()

    page.get_by_role("button", name="Try it").click()
    tried = page.locator(".golden-tried")
    tried.wait_for()
    assert "passes" in tried.inner_text()
    assert QUOTE in tried.inner_text()
    assert items(corpus) == before

    save(page)
    after = items(corpus)
    assert list(after) == list(before)
    assert after[ITEM]["question"] == MINE
    assert [one["text"] for one in after[ITEM]["answers"]] == ["3 hours", "180 minutes"]
    assert after[ITEM]["answers"][1]["required"] is False
    assert QUOTE in after[ITEM]["sources"][0]["quote"]
    assert after[ITEM]["must_not"] == before[ITEM]["must_not"]
    assert {**after, ITEM: before[ITEM]} == before


def test_what_is_typed_is_checked_as_it_is_typed(look: Open, corpus: Path) -> None:
    """An empty question and a broken quote are told without a key, and neither is when mended."""
    before = items(corpus)
    page = opened(look)
    problem = page.locator('[data-problem="question"]')
    assert problem.is_hidden()
    field(page, "question").fill("")
    problem.wait_for()
    assert "empty" in problem.inner_text()
    assert field(page, "question").get_attribute("aria-invalid") == "true"
    page.locator(".bar.save").get_by_role("button", name="Save", exact=True).click()
    page.locator("#wrong").wait_for()
    assert items(corpus) == before
    field(page, "question").fill(MINE)
    page.locator('[data-problem="question"]').wait_for(state="hidden")
    assert field(page, "question").get_attribute("aria-invalid") is None

    field(page, "sources.0.quote").fill("このトークンは永遠に有効。")
    bad = page.locator('[data-place="sources.0"].bad')
    bad.wait_for()
    assert "no longer" in bad.inner_text()
    field(page, "sources.0.quote").fill(QUOTE)
    bad.wait_for(state="detached")
    assert "Stands in" in page.locator('[data-place="sources.0"]').inner_text()


def test_the_form_works_by_keyboard(look: Open, corpus: Path) -> None:
    """Enter in the search box searches and saves nothing; Tab and Enter choose, try and save."""
    before = items(corpus)
    page = opened(look)
    field(page, "question").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type(MINE)
    for _ in range(60):
        if page.evaluate("document.activeElement.id") == "find.sources.0":
            break
        page.keyboard.press("Tab")
    page.keyboard.type("az acr login token")
    page.keyboard.press("Enter")
    page.locator(".results").wait_for()
    assert items(corpus) == before
    assert field(page, "question").input_value() == MINE
    for _ in range(12):
        if QUOTE.rstrip("。") in page.evaluate("document.activeElement.textContent"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator(".results").wait_for(state="detached")
    assert page.evaluate("document.activeElement.id") == "sources.0.quote"
    for _ in range(60):
        if page.evaluate("document.activeElement.value") == "save":
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator("#told").wait_for()
    assert items(corpus)[ITEM]["question"] == MINE
    assert QUOTE in items(corpus)[ITEM]["sources"][0]["quote"]


def test_two_instructors_edit_one_item(look: Open, corpus: Path) -> None:
    """The second sees both versions, loses nothing that was typed, and may keep it."""
    first, second = opened(look), opened(look)
    field(first, "question").fill(THEIRS)
    field(second, "question").fill(MINE)
    field(second, "note").fill("asked in week two")
    save(first)
    second.locator(".bar.save").get_by_role("button", name="Save", exact=True).click()
    second.locator("#conflict").wait_for()
    row = second.locator(".sides tr.differs", has_text=THEIRS)
    assert row.locator("td").all_inner_texts() == [MINE, THEIRS]
    assert field(second, "question").input_value() == MINE
    assert field(second, "note").input_value() == "asked in week two"
    assert items(corpus)[ITEM]["question"] == THEIRS
    save(second, "Keep mine")
    assert items(corpus)[ITEM]["question"] == MINE
    assert items(corpus)[ITEM]["note"] == "asked in week two"


def test_two_instructors_edit_two_items(look: Open, corpus: Path) -> None:
    """Both are saved when each has an item of their own open."""
    first, second = opened(look), opened(look, OTHER)
    field(first, "question").fill(THEIRS)
    field(second, "note").fill("seen")
    save(first)
    save(second)
    assert items(corpus)[ITEM]["question"] == THEIRS
    assert items(corpus)[OTHER]["note"] == "seen"


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_editor_is_accessible(
    look: Open, site: str, corpus: Path, language: str, width: int
) -> None:
    """Axe finds no serious violation on list, form and conflict, and none is too wide."""
    page = look(f"/instructor/golden?lang={language}", viewport={"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    # Axe looks at some of the rows, which are all made alike: at every one it takes seconds.
    page.goto(f"{site}/instructor/golden?lang={language}&text=token")
    assert 2 < page.locator(".golden-items tbody tr").count() < 30
    accessible(page)
    page.goto(f"{site}/instructor/golden/{ITEM}?lang={language}")
    field(page, "find.sources.0").fill("az acr login token")
    field(page, "find.sources.0").press("Enter")
    page.locator(".results").wait_for()
    accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    golden = GoldenFile(corpus / "az-500" / "golden.jsonl")
    held, revision = golden.read()
    item = held.item(ITEM)
    assert item is not None
    golden.save(item.model_copy(update={"question": THEIRS}), revision)
    field(page, "question").fill(MINE)
    page.locator('.bar.save button[value="save"]').click()
    page.locator("#conflict").wait_for()
    assert re.search(rf"lang={language}", page.url)
    accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
