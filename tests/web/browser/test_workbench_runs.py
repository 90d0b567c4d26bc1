"""Runs in the workbench, in a real browser, on the shipped course with the real index."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from fastapi import FastAPI

from coursebot.feedback import Store
from coursebot.web.instructor import comparisons, runs
from coursebot.web.instructor.door import Door
from coursebot.web.instructor.pages import KINDS
from coursebot.web.instructor.shell import FILES, Desk
from tests.conftest import ROOT
from tests.web.conftest import running

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from coursebot.assistant import Assistant
    from tests.web.browser.conftest import Open

pytestmark = [pytest.mark.browser, pytest.mark.model, pytest.mark.timeout(180)]

QUESTIONS = 60


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the folder of runs, none in it yet."""
    return tmp_path / "runs"


@pytest.fixture
def site(open_real: Callable[..., Assistant], tmp_path: Path, folder: Path) -> Iterator[str]:
    """Serve the workbench's pages of runs for a corpus with a golden set of 60 questions."""
    corpus = tmp_path / "corpus"
    course = corpus / "az-500"
    course.mkdir(parents=True)
    (course / "a.md").write_text("# a\n\nb\n", encoding="utf-8")
    lines = (ROOT / "corpus/az-500/golden.jsonl").read_text(encoding="utf-8").splitlines()
    plain = [one for one in lines if not json.loads(one).get("followups")][:QUESTIONS]
    (course / "golden.jsonl").write_text("\n".join(plain) + "\n", encoding="utf-8")
    opened = open_real(corpus=corpus, runs=folder, data=tmp_path / "data")
    with_store = Store.open(opened.settings)
    desk = Desk(opened, with_store)
    application = FastAPI()
    application.include_router(runs.router(desk))
    application.include_router(comparisons.router(desk))

    @application.get("/instructor/files/{name}")
    def file(name: str) -> object:
        from fastapi.responses import FileResponse

        return FileResponse(FILES / name, media_type=KINDS[Path(name).suffix])

    application.add_middleware(Door, desk=desk)
    with running(application) as address:
        yield address
    with_store.close()


def start(page: Page, name: str, weights: str = "default") -> None:
    """Fill in the form and send it."""
    page.get_by_label("Name").fill(name)
    page.get_by_label("Retrieval").select_option(weights)
    page.get_by_role("button", name="Start", exact=True).click()


def finished(page: Page, name: str) -> None:
    """Wait until the list tells of a finished run."""
    page.locator('.job[data-phase="finished"]', has_text=name).wait_for(timeout=60_000)
    row = page.locator(f"#run-{name}")
    row.get_by_text("finished").wait_for()


def until(page: Page, expression: str) -> None:
    """Wait until an expression holds; the page's policy forbids ``wait_for_function``."""
    end = time.monotonic() + 20
    while not page.evaluate(expression):
        assert time.monotonic() < end, expression
        page.wait_for_timeout(20)


def faults(page: Page) -> list[str]:
    """Return what axe finds."""
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found]


def test_a_run_from_start_to_comparison(look: Open, folder: Path, tmp_path: Path) -> None:
    """Start, watch, cancel, go on, filter, open a failure, move the threshold, compare, export."""
    page = look("/instructor/runs")
    start(page, "fused")
    job = page.locator(".job")
    until(page, "document.querySelector('.job progress')?.value > 2")
    second = look("/instructor/runs")
    second.locator(".job", has_text="fused").wait_for()
    job.get_by_role("button", name="Cancel").click()
    page.locator('.job[data-phase="cancelled"]').wait_for()
    kept = (folder / "fused" / "items.jsonl").read_bytes()
    assert 2 < kept.count(b"\n") < QUESTIONS
    page.locator("#run-fused").get_by_role("button", name="Go on").click()
    finished(page, "fused")
    assert (folder / "fused" / "items.jsonl").read_bytes().startswith(kept)
    start(page, "words", "dense=0")
    finished(page, "words")

    page.locator("#run-fused").get_by_role("link", name="fused", exact=True).click()
    page.locator(".cbr-card").first.wait_for()
    reason = page.locator(".cbr-reasons a").first
    said = reason.inner_text()
    reason.click()
    page.wait_for_url(re.compile("reason="))
    cells = page.locator(".cbr-list tbody td:last-child").all_inner_texts()
    assert set(cells) == {said}
    page.locator(".cbr-list tbody th a").first.click()
    page.get_by_role("heading", name="Expected").wait_for()
    assert page.locator(".cbr-passage").count() > 0
    page.go_back()

    slider = page.locator("#threshold")
    before = page.locator("[data-tried] dl").inner_text()
    slider.fill("0.95")
    until(page, "document.querySelector('[data-threshold]').dataset.threshold == 0.95")
    assert page.locator("[data-tried] dl").inner_text() != before
    assert page.locator(".cbr-tried").get_attribute("hidden") is None
    for link, suffix in (("CSV", ".csv"), ("JSONL", ".jsonl"), ("HTML", ".html")):
        with page.expect_download() as download:
            page.get_by_role("link", name=re.compile(link)).first.click()
        file = tmp_path / f"kept{suffix}"
        download.value.save_as(file)
        assert download.value.suggested_filename == f"fused{suffix}"
        assert file.stat().st_size > 1000

    page.goto(page.url.split("/runs/")[0] + "/runs")
    for name in ("words", "fused"):
        page.get_by_label(f"Choose {name} for a comparison").check()
    page.get_by_role("button", name="Compare", exact=True).click()
    page.locator("#differences").wait_for()
    assert page.get_by_label("Before").input_value() == "fused"
    page.locator("#regressions").wait_for()
    with page.expect_download() as download:
        page.get_by_role("link", name="Comparison as HTML").click()
    assert download.value.suggested_filename == "fused--words.html"
    _looks(look)


def _looks(look: Open) -> None:
    """Every page passes axe and fits, in both languages, light and dark, wide and narrow."""
    found = {}
    for lang, width, scheme in (("en", 1440, "light"), ("ja", 390, "dark"), ("ja", 1440, "dark")):
        page = look("/instructor", viewport={"width": width, "height": 900}, color_scheme=scheme)
        base = page.url
        for path in ("", "/runs", "/runs/fused", "/compare?a=fused&b=words", "/runs/fused/delete"):
            page.goto(f"{base}{path}{'&' if '?' in path else '?'}lang={lang}")
            wide = page.evaluate("document.documentElement.scrollWidth")
            if (wrong := faults(page)) or wide > width:
                found[lang, width, path] = (wrong, wide)
    assert found == {}
