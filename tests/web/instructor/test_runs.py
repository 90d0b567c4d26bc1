"""Pages of runs: the list, one run, one question, thresholds, exports, baselines, removal."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from filelock import FileLock

from coursebot.config import Settings
from coursebot.evaluation.report import summary
from coursebot.evaluation.run import Run
from coursebot.feedback import Store
from coursebot.types import Course
from coursebot.web.instructor import comparisons, runs
from coursebot.web.instructor.door import Door
from coursebot.web.instructor.run_csv import cell
from coursebot.web.instructor.run_rows import PAGE, Filter, choose, page_of, try_threshold
from coursebot.web.instructor.shell import Desk
from tests.evaluation.conftest import synthetic_run, write_synthetic
from tests.web.instructor.conftest import at_home

if TYPE_CHECKING:
    from coursebot.evaluation.run import Run

ORIGIN = {"Origin": "http://localhost"}
DIGEST = "a" * 64


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with two finished runs of one golden set, the second one better."""
    made = tmp_path / "runs"
    put(made, "first", skill=0.5, started_at="2026-11-20T10:00:00+00:00")
    put(made, "second", skill=0.9, started_at="2026-11-21T10:00:00+00:00")
    return made


def put(folder: Path, name: str, *, n: int = 150, skill: float = 0.7, **info: object) -> Run:
    """Write a run of rows that nobody made."""
    changes = {"golden_digest": DIGEST, "golden": "corpus/c/golden.jsonl", "course": "c", **info}
    run = synthetic_run(n, name=name, skill=skill, seed=name, folder=folder / name, **changes)  # type: ignore[arg-type]
    write_synthetic(run, folder / name)
    return run


@pytest.fixture
def site(folder: Path, tmp_path: Path) -> Iterator[TestClient]:
    """Return a client of the pages, let in from this machine."""
    settings = Settings.load(corpus=tmp_path / "corpus", runs=folder, data=tmp_path / "data")
    courses = {"c": Course("c", "Course", "ja")}
    index = SimpleNamespace(courses=courses, hidden=0)
    assistant: Any = SimpleNamespace(settings=settings, courses=courses, index=index)
    store = Store.open(settings)
    desk = Desk(assistant, store)
    application = FastAPI()
    application.include_router(runs.router(desk))
    application.include_router(comparisons.router(desk))
    application.add_middleware(Door, desk=desk)
    with at_home(application) as client:
        yield client


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize(
    "path",
    [
        "",
        "/runs",
        "/runs/first",
        "/runs/first?reason=not_used",
        "/runs/first/items/q0000",
        "/runs/first/items/q0003%232",
        "/runs/first/threshold?threshold=0.9",
        "/runs/first/delete",
        "/compare",
        "/jobs",
    ],
)
def test_every_page_is_there_in_both_languages(site: TestClient, path: str, lang: str) -> None:
    """Each page renders, and its links keep the language that was chosen."""
    answer = site.get(f"/instructor{path}{'&' if '?' in path else '?'}lang={lang}")
    assert answer.status_code == 200
    inside = answer.text.partition("<main")[2]
    for link in inside.split('href="/instructor/runs')[1:]:
        assert f"lang={lang}" in link.split('"')[0]


def test_the_list_tells_of_every_folder(site: TestClient, folder: Path) -> None:
    """Newest first; half-written and damaged ones are listed with what is wrong with them."""
    put(folder, "half", n=40, finished_at="", questions=50)
    for name, data in (("garbled", "{"), ("future", '{"format": 99}')):
        (folder / name).mkdir()
        (folder / name / "run.json").write_text(data, encoding="utf-8")
    put(folder, "torn")
    lines = (folder / "torn" / "items.jsonl").read_bytes()
    (folder / "torn" / "items.jsonl").write_bytes(lines[: len(lines) // 2])
    (folder / "linked").symlink_to(folder / "first")
    page = site.get("/instructor/runs").text
    assert page.index('id="run-second"') < page.index('id="run-first"')
    assert "40 / 50" in page
    assert "broken off" in page
    assert "is no JSON of a run" in page
    assert "run format 99" in page
    assert "rows instead of 150" in page
    assert str(folder) not in page
    assert site.get("/instructor/runs/torn").status_code == 409
    assert site.get("/instructor/runs/garbled").status_code == 409
    assert site.get("/instructor/runs/linked").status_code == 404


@pytest.mark.parametrize(
    "name", ["%2e%2e", "..%2Frun", "first%2F..%2F..", "~", ".pinned", "nope", "a%00b", "日本"]
)
@pytest.mark.parametrize("tail", ["", "/delete", "/items.jsonl", "/report.html"])
def test_names_lead_nowhere_else(site: TestClient, name: str, tail: str) -> None:
    """A name that is no run's is not found, whatever it is."""
    assert site.get(f"/instructor/runs/{name}{tail}").status_code in (404, 307)


def test_a_linked_file_is_not_followed(site: TestClient, folder: Path, tmp_path: Path) -> None:
    """A run whose file is a symbolic link is refused."""
    secret = tmp_path / "secret"
    secret.write_text("secret", encoding="utf-8")
    (folder / "first" / "report.html").symlink_to(secret)
    assert "secret" not in site.get("/instructor/runs/first/report.html").text


def test_filters_stand_in_the_address(site: TestClient, folder: Path) -> None:
    """The table shows what the address chooses, and says how much that is."""
    run = put(folder, "many", n=300)
    wanted = Filter(language="ja", outcome="wrong")
    expected = choose(run.rows, wanted)
    page = site.get(f"/instructor/runs/many?{wanted.query()}").text
    assert expected
    assert f"of {len(expected)}" in page
    assert page.count('class="cbr-id">q') == min(len(expected), PAGE)
    assert "No question is like this." in site.get("/instructor/runs/many?text=zzzz").text


@pytest.mark.parametrize("number", ["0", "-1", "9999999", "x", "٣", "99999999999999"])
def test_a_page_beyond_the_table_is_its_last_or_first(site: TestClient, number: str) -> None:
    """Any number of a page shows one."""
    assert site.get("/instructor/runs/first", params={"page": number}).status_code == 200


def test_pages_hold_every_row_once(folder: Path) -> None:
    """All pages together are the rows, in order."""
    rows = choose(put(folder, "many", n=333).rows, Filter(sort="unsure"))
    pages = [page_of(rows, number) for number in range(1, page_of(rows, 1).pages + 1)]
    assert [row for page in pages for row in page.rows] == rows
    assert [pages[0].first, pages[-1].last] == [1, 333]


def test_a_threshold_tells_what_it_changes(folder: Path) -> None:
    """At 0 everything is answered, above 1 nothing, and the lists are those that change."""
    rows = put(folder, "many").rows
    everything, nothing = try_threshold(rows, 0.0), try_threshold(rows, 1.01)
    assert (everything.at.coverage, everything.hidden_total) == (1.0, 0)
    assert (nothing.at.coverage, nothing.at.risk, nothing.shown_total) == (0.0, None, 0)
    assert nothing.at.recall == 1.0
    counted = [row for row in rows if row.verdict]
    answered = [row for row in counted if row.given and row.given.state == "answered"]
    assert everything.shown_total == len(counted) - len(answered)
    assert nothing.hidden_total == len(answered)


@pytest.mark.parametrize("value", ["nan", "inf", "-3", "x", ""])
def test_a_threshold_that_is_none_is_the_runs_own(site: TestClient, value: str) -> None:
    """Whatever is typed into the address, the page is shown."""
    path = f"/instructor/runs/first/threshold?threshold={value}"
    assert site.get(path).status_code == 200


def test_one_question_shows_expected_and_actual(site: TestClient, folder: Path) -> None:
    """Expected, given, quotes and ranked passages with the gold marked; the next one is linked."""
    run = put(folder, "many")
    row = next(row for row in run.rows if row.passages and row.verdict and row.answers)
    page = site.get(f"/instructor/runs/many/items/{row.id}?sort=golden").text
    assert row.question in page
    assert row.answers[0].text in page
    assert page.count('<td class="cbr-passage">') == len(row.passages)
    assert page.count('class="cbr-is-gold"') == sum(one.gold > 0 for one in row.passages)
    assert 'rel="next"' in page
    assert site.get("/instructor/runs/many/items/nope").status_code == 404


def test_addresses_of_a_question_hold_whatever_its_name_is(
    site: TestClient, folder: Path, tmp_path: Path
) -> None:
    """The editor and the bench are reached with the id quoted, the bench with the gold's item."""
    course = tmp_path / "corpus" / "c"
    course.mkdir(parents=True)
    (course / "golden.jsonl").write_text("", encoding="utf-8")
    lines = (folder / "first" / "items.jsonl").read_text(encoding="utf-8").splitlines(True)
    row = json.loads(lines[0]) | {"item": "a/../b?c 日"}
    (folder / "first" / "items.jsonl").write_text(
        "".join([json.dumps(row) + "\n", *lines[1:]]), encoding="utf-8"
    )
    page = site.get(f"/instructor/runs/first/items/{row['id']}").text
    quoted = "a%2F..%2Fb%3Fc%20%E6%97%A5"
    assert f"/instructor/golden/{quoted}?" in page
    bench = page.partition('href="/instructor/bench?')[2].partition('"')[0]
    said = parse_qs(unescape(bench))
    assert said == {"q": [row["question"]], "item": ["a/../b?c 日"], "course": ["c"]}


def test_a_report_is_made_from_what_the_page_read(
    site: TestClient, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large run is summed up once, for its page and its report, and again when it changes."""
    called: list[Run] = []
    whole = summary.summarise

    def noted(run: Run) -> summary.Summary:
        called.append(run)
        return whole(run)

    monkeypatch.setattr(summary, "summarise", noted)
    for path in ("", "/report.html", "", "/export.csv"):
        assert site.get(f"/instructor/runs/first{path}").status_code == 200
    assert len(called) == 1
    assert (folder / "first" / "report.html").stat().st_size > 1000
    os.utime(folder / "first" / "items.jsonl", ns=(1, 1))
    site.get("/instructor/runs/first")
    assert len(called) == 2


def test_a_run_is_exported(site: TestClient, folder: Path) -> None:
    """CSV has a line a row, JSONL is the file itself, and a missing report is made again."""
    table = site.get("/instructor/runs/first/export.csv")
    rows = list(csv.DictReader(io.StringIO(table.content.decode("utf-8-sig"))))
    assert len(rows) == 150
    assert {"question", "outcome", "right", "RR@10"} <= set(rows[0])
    assert "attachment" in table.headers["content-disposition"]
    lines = site.get("/instructor/runs/first/items.jsonl").content
    assert lines == (folder / "first" / "items.jsonl").read_bytes()
    assert not (folder / "first" / "report.html").exists()
    report = site.get("/instructor/runs/first/report.html")
    assert "attachment" in report.headers["content-disposition"]
    assert report.content == (folder / "first" / "report.html").read_bytes()


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", " =1", "\t=1", "＝1", "\r=1"])
def test_a_cell_is_never_computed(text: str) -> None:
    """Text that a spreadsheet would compute begins with an apostrophe; numbers stay numbers."""
    assert cell(text) == f"'{text}"
    assert cell(-1.5) == -1.5


def test_a_run_is_deleted_after_a_question(site: TestClient, folder: Path) -> None:
    """Asking shows what goes; only the form removes it."""
    assert "Delete this run?" in site.get("/instructor/runs/first/delete").text
    assert (folder / "first").is_dir()
    assert site.post("/instructor/runs/first/delete").status_code == 303
    assert [path.name for path in folder.iterdir()] == ["second"]


def test_a_run_that_is_written_is_not_deleted(site: TestClient, folder: Path) -> None:
    """Whoever writes it, this process or another."""
    put(folder, "half", n=40, finished_at="", questions=50)
    with FileLock(folder / "half" / ".lock"):
        assert site.post("/instructor/runs/half/delete").status_code == 409
        assert "running" in site.get("/instructor/runs").text
    assert (folder / "half").is_dir()


def test_one_run_of_a_golden_set_is_the_baseline(site: TestClient, folder: Path) -> None:
    """Another baseline takes its place; the overview and the comparison begin with it."""
    site.post("/instructor/runs/second/pin")
    site.post("/instructor/runs/first/pin")
    assert (folder / ".pinned").read_text(encoding="utf-8").split() == ["first"]
    assert "Since the baseline first" in site.get("/instructor").text
    site.post("/instructor/runs/first/unpin")
    assert (folder / ".pinned").read_text(encoding="utf-8") == ""


def test_another_site_changes_nothing(site: TestClient, folder: Path) -> None:
    """A form on another page cannot delete a run."""
    answer = site.post("/instructor/runs/first/delete", headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert (folder / "first").is_dir()


def test_what_was_typed_is_shown_as_text(site: TestClient, folder: Path) -> None:
    """Markup in questions and answers is never markup."""
    run = put(folder, "many", n=20)
    file = folder / "many" / "items.jsonl"
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    for line in lines:
        line["question"] = "<img src=x onerror=alert(1)>"
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    for path in ("", f"/items/{run.rows[0].id}", "/threshold?threshold=1"):
        assert "<img" not in site.get(f"/instructor/runs/many{path}").text


def test_a_form_that_is_wrong_is_shown_again(site: TestClient) -> None:
    """What was filled in stays, and what is wrong is said."""
    answer = site.post("/instructor/runs", data={"golden": "nope", "tags": "must"})
    assert answer.status_code == 400
    assert "There is no golden set" in answer.text
