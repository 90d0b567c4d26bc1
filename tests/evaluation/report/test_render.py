"""A report is one file that needs nothing else and believes nothing that was typed."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jinja2 import UndefinedError

from coursebot.errors import RunError
from coursebot.evaluation.comparison import Change, Compared, Comparison, compare
from coursebot.evaluation.report import render, run_html, summarise, write_report
from coursebot.evaluation.report.figures import percent
from coursebot.evaluation.report.render import comparison_html, failed_first
from coursebot.evaluation.report.words import Say
from coursebot.types import Language
from tests.evaluation.conftest import synthetic_rows

if TYPE_CHECKING:
    from coursebot.evaluation.run import Run

Make = Callable[..., "Run"]

HOSTILE = "</script><img src=x onerror=alert(1)> \u202eabc\u202c \0 'q' \"r\" {{ 7 * 7 }}"


def report(run: Run, **options: Any) -> str:  # noqa: ANN401
    """Return a run's report."""
    return run_html(run, summarise(run), **options)


def markup(html: str) -> str:
    """Return a report without its script, style and data."""
    return re.sub(r"<(script|style).*?</\1>", "", html, flags=re.S)


def block(html: str) -> dict[str, Any]:
    """Return the data that the script reads."""
    found = re.search(r'<script type="application/json" id="cbr-data">(.*?)</script>', html, re.S)
    assert found is not None
    return dict(json.loads(found[1]))


@pytest.mark.parametrize("language", list(Language))
def test_a_report_is_in_its_language(make_run: Make, language: Language) -> None:
    """And has the other one in a template."""
    html = report(make_run(30), language=language)
    shown, hidden = html.split("<template data-cbr-other>")
    assert f'<html lang="{language.value}">' in html
    titles = {Language.EN: "Why they failed", Language.JA: "失敗の理由"}
    assert titles.pop(language) in shown
    assert titles.popitem()[1] in hidden


def test_the_policy_allows_the_one_script(make_run: Make) -> None:
    """By its digest, and nothing from elsewhere; no handler and no style stands in the markup."""
    html = report(make_run(150))
    script = re.findall(r"<script>(.*?)</script>", html, re.S)
    assert len(script) == 1
    digest = b64encode(hashlib.sha256(script[0].encode()).digest()).decode()
    assert "default-src 'none'" in html
    assert f"script-src 'sha256-{digest}'" in html
    assert not re.search(r"<[^>]+\s(?:on\w+|style|src)=", markup(html))
    assert not re.search(r'href="(?!#)', markup(html))


def test_hostile_text_stays_text(make_run: Make) -> None:
    """In the rows that stand there, and in the block that the script reads."""
    row = synthetic_rows(1)[0].model_copy(
        update={"question": HOSTILE, "tags": ("<b>",), "note": HOSTILE, "history": (HOSTILE,)}
    )
    run = make_run(rows=[row], golden=HOSTILE, course=HOSTILE)
    html = report(run)
    assert "<img" not in html
    assert "\0" not in html
    assert "{{ 7 * 7 }}" in html
    assert html.count("</script>") == html.count("<script")
    assert block(html)["rows"][0]["question"] == HOSTILE


def test_all_rows_are_in_the_block_and_the_first_in_the_page(make_run: Make) -> None:
    """A hundred can be read without a script, the failed ones before the others."""
    run = make_run(150)
    html = report(run)
    assert [row["id"] for row in block(html)["rows"]] == [row.id for row in run.rows]
    shown = html.split("<template data-cbr-other>")[0]
    listed = re.findall(r'<span class="cbr-id">(.*?)</span>', shown)
    assert listed == [row.id for row in failed_first(run.rows)[:100]]
    first = run.rows[[row.id for row in run.rows].index(listed[0])]
    assert first.verdict is not None
    assert not first.verdict.passed


@pytest.mark.parametrize("language", list(Language))
def test_the_reliability_diagram_has_its_numbers_as_text(
    make_run: Make, language: Language
) -> None:
    """A point and a line of the table for each bin, and the figures by language."""
    run = make_run(150)
    points = summarise(run).reliability.points
    shown = report(run, language=language).split("<template data-cbr-other>")[0]
    name = Say(language)("reliability")
    assert f'<title id="cbr-reliability-name">{name}</title>' in shown
    assert shown.count('<circle class="cbr-bin"') == len(points)
    table = shown[shown.index(f"<summary>{name}</summary>") :].split("</table>")[0]
    assert table.count('<th scope="row"') == len(points)
    assert percent(points[0].held.share) in table
    by_language = shown[shown.index(f'aria-label="{Say(language)("calibration_groups")}"') :]
    assert by_language.split("</table>")[0].count('<th scope="row"') == 3


def test_a_run_that_answered_nothing_has_no_diagram(make_run: Make) -> None:
    """Nothing counts, or all ended in an error."""
    failed = next(row for row in synthetic_rows(60) if row.error)
    for rows in ([], [failed]):
        assert '<circle class="cbr-bin"' not in report(make_run(rows=rows))


def test_a_report_stays_small_enough(make_run: Make) -> None:
    """150 questions take less than 2 MB."""
    assert len(report(make_run(150)).encode()) < 2_000_000


def test_a_run_without_rows_has_a_report(make_run: Make) -> None:
    """It says that nothing counts."""
    assert "No question counts in this run." in report(make_run(rows=[]))


def test_a_broken_off_run_says_so(make_run: Make) -> None:
    """With how many of its questions were asked."""
    html = report(make_run(20, finished_at="", questions=150))
    assert "20 of 150 questions were asked" in html
    assert "This run was broken off" not in markup(report(make_run(20)))


def test_a_report_is_written_whole(written_run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it cannot be, the one before stays, and nothing lies beside it."""
    path = write_report(written_run.folder)
    assert path == written_run.folder / "report.html"
    before = path.read_text(encoding="utf-8")
    assert before == report(written_run)

    def full(_descriptor: int) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="no space left"):
        write_report(written_run.folder, language=Language.JA)
    assert path.read_text(encoding="utf-8") == before
    names = {one.name for one in written_run.folder.iterdir()}
    assert names == {"run.json", "items.jsonl", "report.html"}


def test_no_run_no_report(tmp_path: Path) -> None:
    """A folder that holds none is named."""
    with pytest.raises(RunError, match="nothing"):
        write_report(tmp_path / "nothing")


def test_a_template_that_asks_for_nothing_fails() -> None:
    """A name that is not there is an error, not an empty place."""
    template = render._environment().from_string("{{ nobody }}")
    with pytest.raises(UndefinedError):
        template.render()


def comparison(make_run: Make, **changes: Any) -> Comparison:  # noqa: ANN401
    """Return the comparison of two runs, with the headline of another."""
    rose = Compared(
        metric="right", binary=True, n=111, before=0.784, after=0.84, difference=0.056, low=0.01,
        high=0.1, p=0.0001, corrected_p=0.0002, method="mcnemar", wins=12, ties=94, losses=5,
    )  # fmt: skip
    unclear = replace(
        rose, metric="RR@10", binary=False, before=0.684, after=0.69, difference=0.006, low=-0.02,
        high=0.03, corrected_p=0.65,
    )  # fmt: skip
    settings = {"top_k": 20, "answered_above": 0.5, "unsure_above": 0.25, "lexical": 4.0}
    made = compare(
        make_run(150, name="a"),
        make_run(150, name="b", seed="b", skill=0.78, model="other", settings=settings),
    )
    return replace(made, **{"headline": (rose, unclear), **changes})


def reworded(old: str, new: str) -> Change:
    """Return a question that was answered otherwise."""
    row = synthetic_rows(1)[0]
    assert row.given is not None
    before, after = (
        row.model_copy(update={"given": row.given.model_copy(update={"text": text})})
        for text in (old, new)
    )
    return Change(before, after)


def test_a_comparison_says_what_rose(make_run: Make) -> None:
    """In a sentence, in a table with interval and p-value, with what else differs."""
    html = comparison_html(comparison(make_run, fixed=()))
    shown = html.split("<template data-cbr-other>")[0]
    assert "Right rose by 5.6\u00a0pt (+1.0\u00a0pt to +10.0\u00a0pt)." in shown
    assert "too few questions to tell" in shown
    assert "&lt; 0.001" in shown
    assert "the model, the settings" in shown
    assert "Nothing got better." in shown
    assert (
        shown.index("Got worse") < shown.index("Got better") < shown.index("Only in the run after")
    )


def test_a_changed_answer_stands_side_by_side(make_run: Make) -> None:
    """What went is marked on the left, what came on the right, and neither is markup."""
    change = reworded("トークンは3時間有効。", "トークンは<img>一日有効。")
    made = comparison(make_run, regressions=(change,), fixed=(), changed=())
    shown = comparison_html(made).split("<template data-cbr-other>")[0]
    left, right = shown.split('<section class="cbr-side">')[1:3]
    assert re.sub("</?(del|bdi)>", "", left).count("トークンは3時間有効。") == 1
    assert re.sub("</?(ins|bdi)>", "", right).count("トークンは&lt;img&gt;一日有効。") == 1
    assert "<del>" in left
    assert "<ins>" not in left
    assert "<ins>" in right
    assert "<del>" not in right


def test_every_changed_question_is_shown(make_run: Make) -> None:
    """Regressions first; those that are in one run only by name."""
    made = comparison(make_run)
    only = made.after.model_copy(update={"name": "b"})
    made = replace(made, after=only, added=synthetic_rows(3), removed=synthetic_rows(2))
    shown = comparison_html(made).split("<template data-cbr-other>")[0]
    assert len(made.regressions) > 0
    assert len(made.fixed) > 0
    listed = [one.after.id for one in (*made.regressions, *made.fixed, *made.changed)]
    found = re.findall(r'<span class="cbr-id">(q\d{4}(?:#\d)?) ·', shown)
    assert found == listed
    for title, count in (("Only in the run after", 3), ("Only in the run before", 2)):
        assert f'{title} <span class="cbr-soft">{count}</span>' in shown


def test_a_very_long_comparison_is_cut(make_run: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """And says how many questions it leaves out."""
    monkeypatch.setattr(render, "CHANGES", 2)
    made = comparison(make_run, regressions=(reworded("a", "b"),) * 5)
    assert "3 more are not shown here" in comparison_html(made)


def test_calibration_is_compared_apart(make_run: Make) -> None:
    """In a table of its own, with p as it is; without it where nothing was answered in both."""
    made = comparison(make_run)
    shown = comparison_html(made).split("<template data-cbr-other>")[0]
    table = shown[shown.index("<h2>Calibration</h2>") :].split("</table>")[0]
    assert re.findall(r'<th scope="row">(.*?)<', table) == ["Calibration error", "Brier score"]
    assert "Lower is better." in shown
    bare = comparison_html(replace(made, calibration=())).split("<template data-cbr-other>")[0]
    assert "<h2>Calibration</h2>" not in bare


def test_no_difference_is_said_plainly(make_run: Make) -> None:
    """When no interval leaves 0 out."""
    unclear = comparison(make_run).headline[1]
    html = comparison_html(comparison(make_run, headline=(unclear,)), language=Language.JA)
    assert "判断するには質問が少なすぎる" in html.split("<template data-cbr-other>")[0]
