"""The report in a real browser, opened from the disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe

from coursebot.evaluation.report import run_html, summarise
from coursebot.evaluation.report.thresholds import at
from coursebot.types import Language
from tests.evaluation.conftest import synthetic_rows, synthetic_run

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

HOSTILE = "</script><img src=x onerror=document.title='gone'>"
ROWS = "[data-cbr-list] > tbody > tr:not(.cbr-detail)"

Open = Callable[..., "Page"]


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a report of 150 questions, one of them hostile, in each language."""
    folder = tmp_path_factory.mktemp("reports")
    rows = list(synthetic_rows(150))
    rows[3] = rows[3].model_copy(update={"question": HOSTILE, "note": HOSTILE})
    run = synthetic_run(150, rows=rows)
    for language in Language:
        html = run_html(run, summarise(run), language=language)
        (folder / f"{language.value}.html").write_text(html, encoding="utf-8")
    return folder


@pytest.fixture
def visit(browser: Browser, reports: Path) -> Iterator[Open]:
    """Return a function that opens a report; it may ask for nothing and do nothing forbidden."""
    contexts = []
    asked: list[str] = []
    said: list[str] = []

    def visit(name: str = "en", **options: object) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **options})  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("console", lambda message: said.append(message.text))
        page.goto((reports / f"{name}.html").as_uri())
        return page

    yield visit
    for context in contexts:
        context.close()
    assert [url for url in asked if not url.startswith(reports.as_uri())] == []
    assert said == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("name", "width"), [("en", 1440), ("ja", 390)])
def test_axe_finds_nothing_serious(visit: Open, name: str, width: int, scheme: str) -> None:
    """With a question opened, and nothing wider than the window."""
    page = visit(name, color_scheme=scheme, viewport={"width": width, "height": 900})
    page.locator(".cbr-open").nth(1).click()
    for details in page.locator("details").all():
        details.evaluate("one => one.open = true")
    found = Axe().run(page).response["violations"]
    assert [rule["id"] for rule in found if rule["impact"] in {"serious", "critical"}] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_question_opens_and_closes(visit: Open) -> None:
    """To what was expected, what was given, and where each passage stands; by the keyboard too."""
    page = visit()
    button = page.locator(".cbr-open").nth(1)
    button.focus()
    page.keyboard.press("Enter")
    assert button.get_attribute("aria-expanded") == "true"
    sheet = page.locator(".cbr-detail")
    for heading in ("Expected", "Given", "Ranked passages", "Timings"):
        assert sheet.get_by_role("heading", name=heading, exact=True).is_visible()
    assert sheet.locator(".cbr-ranking tbody tr").count() == 10
    page.keyboard.press("Enter")
    assert page.locator(".cbr-detail").count() == 0


def test_the_gold_passage_is_marked(visit: Open) -> None:
    """And so is the quote that stands on gold."""
    page = visit()
    page.locator("select[data-cbr-filter=sort]").select_option("golden")
    page.locator(".cbr-open").first.click()
    assert page.locator(".cbr-is-gold .cbr-chip").inner_text() == "gold"
    assert page.locator(".cbr-sheet .cbr-parts blockquote.cbr-gold").count() == 2


def test_hostile_text_is_shown_as_it_is(visit: Open) -> None:
    """In the list and in the opened question; nothing of it runs."""
    page = visit()
    title = page.title()
    page.locator("input[data-cbr-filter=text]").fill("onerror")
    button = page.locator(".cbr-open")
    assert button.inner_text() == HOSTILE
    button.click()
    assert HOSTILE in page.locator(".cbr-note").inner_text()
    assert page.locator("img").count() == 0
    assert page.title() == title


def test_questions_are_filtered_and_sorted(visit: Open) -> None:
    """By each choice, by text in any width, and back to all."""
    rows = synthetic_rows(150)
    page = visit()
    assert page.locator(ROWS).count() == 100
    page.locator("[data-cbr-more]").click()
    assert page.locator(ROWS).count() == 150
    page.locator("select[data-cbr-filter=outcome]").select_option("hedged")
    hedged = [r for r in rows if r.verdict is not None and r.verdict.outcome.value == "hedged"]
    assert page.locator(ROWS).count() == len(hedged)
    page.locator("select[data-cbr-filter=language]").select_option("ja")
    assert page.locator(ROWS).count() == sum(row.lang is Language.JA for row in hedged)
    page.locator("button[type=reset]").click()
    page.locator("input[data-cbr-filter=text]").fill("ＡＣＲへのログイン")
    assert page.locator(ROWS).count() == sum("ACRへのログイン" in row.question for row in rows)
    page.locator("input[data-cbr-filter=text]").fill("no such question")
    assert page.locator("[data-cbr-count]").inner_text() == "No question is like this."
    page.locator("button[type=reset]").click()
    page.locator("select[data-cbr-filter=sort]").select_option("slow")
    slowest = max(rows, key=lambda row: row.timings_ms["total"])
    assert page.locator(f"{ROWS} .cbr-id").first.inner_text() == slowest.id


def test_a_reason_leads_to_its_questions(visit: Open) -> None:
    """One click from the table of reasons."""
    page = visit()
    link = page.locator("a[data-cbr-value=not_retrieved]")
    wanted = int(page.locator("tr", has=link).locator("td").first.inner_text())
    link.click()
    assert page.locator(ROWS).count() == wanted
    assert page.locator("select[data-cbr-filter=reason]").input_value() == "not_retrieved"


def test_the_slider_tells_what_a_threshold_brings(visit: Open) -> None:
    """The same as the engine says, to a tenth of a per cent."""
    from coursebot.evaluation.report.summary import confidences

    judged = confidences(row for row in synthetic_rows(150) if row.counts)
    page = visit()
    for threshold in (0.0, 0.35, 0.5, 0.8, 1.0):
        page.locator("#cbr-threshold").fill(str(threshold))
        found = at(judged, threshold)
        for name in ("coverage", "risk", "precision", "recall"):
            said = page.locator(f"[data-cbr-at={name}]").inner_text()
            value = getattr(found, name)
            if value is None:
                assert said == "–"
            else:
                assert float(said.split("\u00a0")[0]) == pytest.approx(100 * value, abs=0.0501)


def test_the_language_changes_in_place(visit: Open) -> None:
    """With the filters as they were, and back again."""
    page = visit()
    page.locator("select[data-cbr-filter=outcome]").select_option("wrong")
    shown = page.locator(ROWS).count()
    page.get_by_role("button", name="日本語").click()
    assert page.locator("html").get_attribute("lang") == "ja"
    assert page.get_by_role("heading", name="失敗の理由").is_visible()
    assert page.locator(ROWS).count() == shown
    assert page.locator("select[data-cbr-filter=outcome]").input_value() == "wrong"
    page.get_by_role("button", name="English").click()
    assert page.get_by_role("heading", name="Why they failed").is_visible()


def test_it_reads_without_a_script(visit: Open) -> None:
    """The first hundred questions and the thresholds stand there; nothing that would not work."""
    page = visit(java_script_enabled=False)
    assert page.locator(ROWS).count() == 100
    assert "The first 100 questions are listed" in page.locator("[data-cbr-plain]").inner_text()
    for dead in ("[data-cbr-filters]", "[data-cbr-try]", "[data-cbr-switch]"):
        assert not page.locator(dead).first.is_visible()
    page.locator("summary", has_text="By threshold").click()
    assert page.locator(".cbr-now").first.is_visible()


def test_many_questions_stay_usable(browser: Browser, tmp_path: Path) -> None:
    """4,442 take less than 25 MB; the first hundred are in the page, a filter finds any other."""
    run = synthetic_run(4442)
    path = tmp_path / "large.html"
    path.write_text(run_html(run, summarise(run)), encoding="utf-8")
    assert path.stat().st_size < 25_000_000
    page = browser.new_page()
    page.goto(path.as_uri())
    assert page.locator(ROWS).count() == 100
    page.locator("input[data-cbr-filter=text]").fill("4321")
    page.wait_for_function("rows => document.querySelectorAll(rows).length === 1", arg=ROWS)
    page.close()
