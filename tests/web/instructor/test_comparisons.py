"""Two runs side by side, which ones are proposed, and when they are refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from coursebot.web.instructor.comparisons import preselected
from tests.web.instructor.test_runs import folder, put, site

__all__ = ["folder", "site"]


def test_the_last_run_is_compared_with_the_baseline(site: TestClient, folder: Path) -> None:
    """Without names: after is the last run, before the baseline, else the run before."""
    put(folder, "third", started_at="2026-11-22T10:00:00+00:00")
    assert 'value="second" selected' in site.get("/instructor/compare").text
    site.post("/instructor/runs/first/pin")
    page = site.get("/instructor/compare").text
    assert 'value="first" selected' in page
    assert 'value="third" selected' in page


def test_regressions_come_first(site: TestClient) -> None:
    """Headline, then what got worse with both answers, then what got better."""
    page = site.get("/instructor/compare?a=first&b=second").text
    assert page.index('id="differences"') < page.index('id="regressions"')
    assert page.index('id="regressions"') < page.index('id="fixed"')
    assert "<ins>" in page


def test_runs_chosen_in_the_list_are_ordered_by_time(site: TestClient) -> None:
    """The older one is before."""
    answer = site.get("/instructor/compare?run=second&run=first")
    assert answer.headers["location"] == "/instructor/compare?a=first&b=second"


def test_other_questions_are_refused_plainly(site: TestClient, folder: Path) -> None:
    """What was added and removed is listed, and the common questions can be compared."""
    put(folder, "other", n=120, golden_digest="b" * 64)
    refused = site.get("/instructor/compare?a=first&b=other")
    assert refused.status_code == 409
    assert "their golden sets differ" in refused.text
    assert "Questions only before" in refused.text
    aligned = site.get("/instructor/compare?a=first&b=other&aligned=1")
    assert aligned.status_code == 200
    assert "left out of this comparison" in aligned.text


@pytest.mark.parametrize("query", ["a=first&b=nope", "a=first&b=first", "a=..&b=first", "a=x&b=y"])
def test_what_cannot_be_compared_is_said(site: TestClient, query: str) -> None:
    """Missing runs and a run with itself."""
    answer = site.get(f"/instructor/compare?{query}")
    assert answer.status_code == 409
    assert 'role="alert"' in answer.text


def test_a_broken_off_run_is_not_compared(site: TestClient, folder: Path) -> None:
    """Only finished runs are."""
    put(folder, "half", n=40, finished_at="", questions=50)
    assert "half" not in site.get("/instructor/compare").text
    assert site.get("/instructor/compare?a=first&b=half").status_code == 409


def test_a_comparison_is_exported(site: TestClient) -> None:
    """As one file, to be kept."""
    answer = site.get("/instructor/compare.html?a=first&b=second")
    assert "attachment" in answer.headers["content-disposition"]
    assert answer.text.startswith("<!DOCTYPE html>") or "<!DOCTYPE html>" in answer.text[:200]


def test_one_run_is_too_few() -> None:
    """Nothing is proposed where there is nothing to compare with."""
    assert preselected("", "", {}, ()) == ("", "")
