"""Loads: what learners ask, and what their requests come to."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable
from dataclasses import replace
from itertools import islice, pairwise
from pathlib import Path

import httpx
import pytest

from benchmarks.load import alone, faces, learners, served
from benchmarks.load.faces import Outcome, Reply
from benchmarks.load.learners import Clock, Crowd, Learner
from benchmarks.load.questions import Deck, course
from benchmarks.load.samples import UNFINISHED, Sample, Times, read, summary, write

DECK = Deck(tuple(f"own {number}" for number in range(20)), ("aside 1", "aside 2", "aside 3"))

pytestmark = pytest.mark.usefixtures("loops_apart")


def sample(
    asked: float, seconds: float, outcome: Outcome = Outcome.ANSWERED, **more: object
) -> Sample:
    """Return a request; by default each is a question of its own."""
    fields: dict[str, object] = {
        "face": "http",
        "learner": 0,
        "question": round(asked * 1000),
        "text": f"question {asked}",
        "first": asked,
        "asked": asked,
        "seconds": seconds,
        "outcome": outcome,
        "kind": "answered" if outcome is Outcome.ANSWERED else "",
    }
    return Sample(**{**fields, **more})  # type: ignore[arg-type]


def test_a_learner_s_questions_are_shuffled_by_seed_and_number() -> None:
    """The same again for the same learner; another order for another one and another seed."""
    first, again = (list(islice(DECK.drawn(1, 7), 60)) for _ in "ab")
    assert first == again
    assert first != list(islice(DECK.drawn(2, 7), 60))
    assert first != list(islice(DECK.drawn(1, 8), 60))


def test_no_question_comes_twice_in_a_row_and_each_pile_is_gone_through() -> None:
    """Twenty of the course's own are all asked before one of them comes again."""
    drawn = list(islice(DECK.drawn(3), 400))
    assert all(one != other for one, other in pairwise(drawn))
    own = [question for question in drawn if question.startswith("own")]
    assert set(own[:20]) == set(DECK.own)
    assert 0.1 < 1 - len(own) / len(drawn) < 0.3
    with pytest.raises(ValueError, match="without repeating"):
        next(Deck(("one",), ()).drawn(0))


def test_the_course_is_asked_in_both_languages() -> None:
    """Golden set, list of questions and notes; none twice."""
    deck = course()
    assert len(deck.own) > 250
    assert len(deck.aside) > 6000
    assert len(deck) == len({*deck.own, *deck.aside})
    for pile in (deck.own, deck.aside):
        assert 0.2 < sum(question.isascii() for question in pile) / len(pile) < 0.8


def test_warm_up_counts_for_nothing() -> None:
    """Only what began on the clock has a time; an answer that came on it counts in the rate."""
    found = summary([sample(-3, 1), sample(-0.5, 2), sample(1, 0.25), sample(9.9, 0.5)], 10)
    assert (found.requests, found.answers, found.rate) == (2, 2, 0.2)
    assert (found.times.p50, found.times.most) == (0.375, 0.5)


def test_percentiles_are_those_of_all_requests() -> None:
    """Of 1 to 101 ms, evenly."""
    found = Times.of([number / 1000 for number in range(1, 102)])
    shown = (found.p50, found.p95, found.p99, found.most)
    assert shown == pytest.approx((0.051, 0.096, 0.1, 0.101))
    assert math.isnan(Times.of([]).p95)


def test_refusals_are_counted_apart_and_their_waiting_is_told() -> None:
    """The time to answer is that of the request answered; patience is all of it."""
    taken = [
        replace(one, question=2, text="again", first=1.0)
        for one in (
            sample(1, 0.01, Outcome.REFUSED, wait=2.0),
            sample(3.01, 0.02, Outcome.REFUSED),
            sample(4.03, 0.5),
        )
    ]
    found = summary(taken, 10)
    assert (found.refused, found.silent, found.failures, found.repeated) == (2, 1, 0, 0)
    assert found.times.most == 0.5
    assert found.patience.most == pytest.approx(3.53)
    never = summary(taken[:2], 10)
    assert never.patience.most == pytest.approx(2.03)
    assert math.isnan(never.times.most)


def test_an_answer_that_never_came_has_lasted_as_long_as_it_was_waited_for() -> None:
    """An error that comes at once, though, is not a fast answer."""
    found = summary(
        [
            sample(1, 60, Outcome.FAILED, kind=UNFINISHED),
            sample(2, 0.001, Outcome.FAILED, kind="HTTP 500"),
            sample(3, 0.002, Outcome.FAILED, kind="HTTP 500"),
        ],
        10,
    )
    assert found.errors == {"HTTP 500": 2, UNFINISHED: 1}
    assert (found.times.p50, found.failures, found.answers) == (60, 3, 0)


def test_questions_that_somebody_asked_before_are_told() -> None:
    """A server that remembers answers would be flattered by them."""
    assert summary([sample(1, 1, text="a"), sample(2, 1, text="a")], 10).repeated == 0.5


def test_samples_are_read_as_they_were_written(tmp_path: Path) -> None:
    """A line each."""
    taken = [sample(1, 0.5), sample(2, 0.1, Outcome.REFUSED, wait=3.0)]
    with (tmp_path / "s.jsonl").open("w", encoding="utf-8") as stream:
        for one in taken:
            write(one, stream)
    assert read(tmp_path / "s.jsonl") == taken


def test_a_refusal_says_how_long_to_wait() -> None:
    """Any other status is an error."""
    assert faces.refused(httpx.Response(429, headers={"Retry-After": "7"})) == Reply(
        Outcome.REFUSED, wait=7.0
    )
    assert faces.refused(httpx.Response(429)).wait is None
    assert faces.refused(httpx.Response(503)) == Reply(Outcome.FAILED, "HTTP 503")


def test_a_message_in_an_answer_s_place_is_none() -> None:
    """The page asks again after a while, or an error is told by its words."""
    busy = '<div class="reply"><p>Many ask.</p><button data-retry="3">Ask again</button></div>'
    reply = faces.on_page(busy)
    assert reply.outcome is Outcome.REFUSED
    assert reply.wait is not None
    assert 3 <= reply.wait <= 5
    failed = '<div class="reply"><p>No index &amp; no answer.</p></div>'
    assert faces.on_page(failed) == Reply(Outcome.FAILED, "on the page: No index & no answer.")


def test_the_page_s_events_are_those_of_its_first_page() -> None:
    """The HTML tells Gradio's scripts which there are."""
    config = {
        "page": {"": {"dependencies": [4, 5]}, "embed": {"dependencies": [1, 2]}},
        "dependencies": [
            {"id": 1, "targets": [[0, "load"]]},
            {"id": 2, "targets": [[0, "submit"]]},
            {"id": 4, "targets": [[0, "load"]]},
            {"id": 5, "targets": [[9, "submit"], [8, "click"]]},
        ],
    }
    html = f"<script>window.gradio_config = {json.dumps(config)};</script><script>1</script>"
    assert faces.config_of(html) == config
    assert [faces.event_of(config, name) for name in ("load", "submit")] == [4, 5]
    with pytest.raises(ValueError, match="nothing"):
        faces.config_of("<html>")


class Script:
    """A face that replies as it was told to, with what follows at the end again and again."""

    name = "http"

    def __init__(self, *replies: Reply) -> None:
        self.asked: list[str] = []
        self._replies = list(replies)

    async def open(self) -> None:
        """Fail as a server that is not there."""
        raise httpx.ConnectError("nobody there")

    async def ask(self, question: str) -> Reply:
        """Reply after a moment."""
        self.asked.append(question)
        await asyncio.sleep(0.01)
        return self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]

    async def close(self) -> None:
        """Do nothing."""


@pytest.fixture
def study(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Sample]]:
    """Return a function that lets one learner ask a script."""
    monkeypatch.setattr(learners, "WARM", 0.05)

    def run(script: Script, seconds: float = 0.5) -> list[Sample]:
        monkeypatch.setattr(faces, "made", lambda *_: script)
        taken: list[Sample] = []
        crowd = Crowd(1, ("http",), 0.0, seconds)
        learner = Learner(0, crowd, DECK, Clock(crowd.warm), taken.append)
        asyncio.run(learner.study("http://nowhere"))
        return taken

    return run


def test_a_refused_question_is_asked_again_after_the_wait(
    study: Callable[..., list[Sample]],
) -> None:
    """As long as the refusal says, and under the same number."""
    script = Script(Reply(Outcome.REFUSED, wait=0.2), Reply(Outcome.ANSWERED, "answered"))
    taken = study(script)
    assert script.asked[0] == script.asked[1] != script.asked[2]
    assert [one.question for one in taken[:3]] == [0, 0, 1]
    assert taken[1].first == taken[0].asked
    assert taken[1].asked - taken[0].asked >= 0.2


def test_a_level_ends_though_nothing_is_ever_answered(study: Callable[..., list[Sample]]) -> None:
    """A learner that waits to ask again stops at the end, and asks another after an error."""
    taken = study(Script(Reply(Outcome.REFUSED, wait=60.0)))
    assert [one.outcome for one in taken] == [Outcome.REFUSED]
    taken = study(Script(Reply(Outcome.FAILED, "HTTP 500")))
    assert [one.kind for one in taken] == ["HTTP 500"]


def test_the_server_is_looked_at_each_second_and_at_the_end() -> None:
    """So that both ends of the window are known."""
    assert list(learners.ticks(2.5)) == [0.0, 1.0, 2.0, 2.5]
    assert learners.milliseconds([0.001, 0.002, 0.3], 100) == 300
    assert learners.milliseconds([], 95) == 0


def test_only_the_folder_of_models_is_passed_on() -> None:
    """The settings of whoever measures are not those of what is measured."""
    given = {"PATH": "/bin", "COURSEBOT_TOP_K": "3", "COURSEBOT_CACHE": "/models"}
    assert served.environment(given) == {"PATH": "/bin", "COURSEBOT_CACHE": "/models"}


def test_a_server_that_does_not_start_says_why(tmp_path: Path) -> None:
    """The end of its log is in the error."""
    with (
        pytest.raises(served.ServerError, match=r"(?s)did not start.*no_such_thing is no setting"),
        served.running(tmp_path, tmp_path, reader=False, settings=["no_such_thing=1"]),
    ):
        pass


def test_questions_are_counted_over_the_time_that_they_took() -> None:
    """One after another, and from many threads."""
    asked: list[str] = []
    count, seconds = alone.spent(asked.append, islice(DECK.drawn(0), 7), 60)
    assert (count, len(asked)) == (7, 7)
    assert seconds > 0
    count, _ = alone.spent_together(asked.append, DECK, 4, 0.0)
    assert count == 4
    rate = alone.Rate()
    rate.add(10, 4)
    rate.add(20, 6)
    assert rate.value == 3
