"""Probes, metrics, ids and log lines of a real server, over HTTP and over Gradio's protocol."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from coursebot.config import Settings
from coursebot.encoder.fake import HashEncoder
from coursebot.encoder.queued import Queued
from coursebot.errors import QuestionError, StoreError
from coursebot.feedback import Store
from coursebot.types import Course, State
from coursebot.web.access.headers import EVERYWHERE, NOTHING
from coursebot.web.watch import Face, Watch, logs, metrics
from coursebot.web.watch.metrics import ALL, COURSES, OTHER, RESTRICTED, STAGES, UNKNOWN
from tests.api_server import LONG, Desk, ask_page, open_assistant
from tests.api_server import UNKNOWN as VIOLIN
from tests.waiting import until
from tests.web.conftest import application, running

TOKEN = "a token of some length"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
PROXIED = {"X-Forwarded-For": "203.0.113.9"}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Return a whole server, and a client of it."""
    assistant = open_assistant(tmp_path_factory.mktemp("watch"))
    store = Store.open(assistant.settings)
    with (
        running(application(assistant, store)) as address,
        httpx.Client(base_url=address, trust_env=False, timeout=60) as client,
    ):
        yield Desk(assistant, store, client)
    store.close()


@contextmanager
def logged(**settings: object) -> Iterator[io.StringIO]:
    """Log as the settings say, to where it can be read; yield that place."""
    root, ours = logging.getLogger(), logging.getLogger(logs.OURS)
    before = root.handlers[:], root.level, ours.level
    to = io.StringIO()
    logs.configure(Settings.load(**{"log_level": "info", "log_format": "json", **settings}), to)
    try:
        yield to
    finally:
        root.handlers[:], root.level, ours.level = before
        logging.captureWarnings(False)


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    """Return what was logged as JSON."""
    return [json.loads(line) for line in log.getvalue().splitlines()]


def figures(client: httpx.Client) -> dict[str, float]:
    """Return every sample of ``/metrics``, by its name and labels."""
    response = client.get("/metrics")
    assert response.status_code == 200
    return {
        f"{sample.name}{sorted(sample.labels.values())}": sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def test_questions_are_counted_by_state_and_course(desk: Desk) -> None:
    """Whichever way they come; what a learner sends makes no label."""
    before = figures(desk.client)
    for course in ("kites", "", "my secret course"):
        desk.client.get("/api/v1/ask", params={"question": LONG, "course": course})
    desk.client.get("/api/v1/ask", params={"question": VIOLIN})
    desk.client.get("/api/v1/ask", params={"question": "?"})
    assert "process_completed" in ask_page(desk.client, LONG, "page-1")
    desk.client.post("/gradio_api/run/ask_course", json={"data": [LONG, "kites"]})
    after = figures(desk.client)
    state = desk.client.get("/api/v1/ask", params={"question": LONG}).json()["state"]
    grown = {
        name: value - before.get(name, 0)
        for name, value in after.items()
        if name.startswith("coursebot_questions") and value != before.get(name, 0)
    }
    assert grown == {
        f"coursebot_questions_total{sorted(labels)}": 1
        for labels in (
            (state, "kites", "api"),
            (state, ALL, "api"),
            ("refused", UNKNOWN, "api"),
            ("not_covered", ALL, "api"),
            ("refused", ALL, "api"),
            (state, ALL, "page"),
            (state, "kites", "tool"),
        )
    }
    answered = sum(value for name, value in grown.items() if "refused" not in name)
    for stage in ("encode", "search", "answer", "total"):
        name = f"coursebot_stage_seconds_count['{stage}']"
        assert after[name] - before[name] == answered
    assert after["coursebot_queue_length['open']"] == 0
    assert {"coursebot_queue_length['api']", "coursebot_queue_length['page']"} <= after.keys()
    assert after["coursebot_index_contents['passages']"] == len(desk.assistant.index.passages)
    assert after["coursebot_index_age_seconds[]"] >= 0
    assert after["coursebot_index_reloads_total['taken']"] == 0


def test_labels_are_bounded(desk: Desk) -> None:
    """After so many courses, others share one label; unknown stages have none."""
    many = copy(desk.assistant)
    names = [f"course-{n}" for n in range(COURSES + 5)]
    courses = {name: Course(name, name, "en") for name in names}
    many.__class__ = type("Many", (type(many),), {"courses": courses})
    watch = Watch(many, desk.store)
    for name in names:
        watch.metrics.over("answered", name, Face.API)
    watch.metrics.timed({"encode": 1.0, "nonsense": 1.0})
    counted = watch.metrics.registry.get_sample_value
    labels = {"state": "answered", "face": "api"}
    assert counted("coursebot_questions_total", {**labels, "course": OTHER}) == 5
    assert counted("coursebot_questions_total", {**labels, "course": "course-0"}) == 1
    assert counted("coursebot_stage_seconds_count", {"stage": "encode"}) == 1
    assert counted("coursebot_stage_seconds_count", {"stage": "nonsense"}) is None
    assert "total" in STAGES


def test_restricted_courses_are_named_where_a_token_guards_the_figures(desk: Desk) -> None:
    """Without one, everybody on the machine reads the labels: they are counted together."""
    for token, expected in (("", RESTRICTED), (TOKEN, "vault")):
        held = copy(desk.assistant)
        settings = desk.assistant.settings.model_copy(update={"metrics_token": SecretStr(token)})
        courses = {"vault": Course("vault", "Vault", "en", groups=("year-2",))}
        held.__class__ = type("Held", (type(held),), {"courses": courses, "settings": settings})
        watch = Watch(held, desk.store)
        watch.metrics.over("answered", "vault", Face.API)
        watch.metrics.over("refused", "nowhere", Face.API)
        text = watch.metrics.text("")[0].decode()
        assert f'course="{expected}"' in text
        assert ("vault" in text) == (expected == "vault")
        assert f'course="{UNKNOWN}"' in text


def test_who_sees_the_figures(desk: Desk, tmp_path: Path) -> None:
    """Without a token this machine alone; with one, whoever has it."""
    client = desk.client
    assert client.get("/metrics", headers=PROXIED).status_code == 401
    assert client.get("/metrics", headers={"Host": "evil.example"}).status_code == 401
    assert "reason" in client.get("/readyz").json()["checks"]["index"]
    assert client.get("/readyz", headers=PROXIED).json()["checks"]["index"] == {"ready": True}
    assistant = open_assistant(tmp_path, metrics_token=TOKEN)
    with (
        running(application(assistant)) as address,
        httpx.Client(base_url=address, trust_env=False, timeout=60) as other,
    ):
        refused = other.get("/metrics")
        assert (refused.status_code, refused.json()["status"]) == (401, 401)
        assert refused.headers["www-authenticate"].startswith("Bearer")
        assert other.get("/metrics", headers={"Authorization": "Bearer x"}).status_code == 401
        assert other.get("/metrics", headers={**BEARER, **PROXIED}).status_code == 200
        assert other.get("/healthz", headers=PROXIED).text == "ok\n"


def test_what_is_not_ready_is_said(
    tmp_path: Path, free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that is down, an index of another model; the server lives on."""
    down = f"postgresql://u:s3cret@127.0.0.1:{free_port}/x"
    assistant = open_assistant(tmp_path, database_url=down)
    monkeypatch.setattr("coursebot.web.watch.probes.FRESH", 0.0)
    with (
        running(application(assistant)) as address,
        httpx.Client(base_url=address, trust_env=False, timeout=60) as client,
    ):
        response = client.get("/readyz")
        assert response.status_code == 503
        checks = response.json()["checks"]
        assert (checks["index"]["ready"], checks["serving"]["ready"]) == (True, True)
        assert not checks["database"]["ready"]
        assert "s3cret" not in response.text
        assert client.get("/healthz").status_code == 200

        class Other(HashEncoder):
            fingerprint = "another"

        monkeypatch.setattr(assistant, "_encoder", Other())
        assert not client.get("/readyz").json()["checks"]["index"]["ready"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [("abc-1.2_3~", True), ("x" * 64, True), ("x" * 65, False), ("a b", False), ("-a", False)],
)
def test_an_id_is_taken_where_it_is_sane(desk: Desk, given: str, kept: bool) -> None:
    """Else one is made; either way it is returned."""
    returned = desk.client.get("/healthz", headers={"X-Request-ID": given}).headers["x-request-id"]
    assert (returned == given) is kept
    assert returned
    assert desk.client.get("/healthz").headers["x-request-id"] != returned


def test_the_id_is_in_every_line(desk: Desk) -> None:
    """Of the request and of its question, asked over HTTP, Gradio's protocol or as a tool."""
    with logged() as log:
        desk.client.get("/api/v1/ask", params={"question": LONG}, headers={"X-Request-ID": "api-1"})
        ask_page(desk.client, LONG, "page-2")
        desk.client.post(
            "/gradio_api/run/ask_course",
            json={"data": [LONG, "kites"]},
            headers={"X-Request-ID": "tool-1"},
        )
    found = lines(log)
    asked = [(line["request_id"], line["face"]) for line in found if line["event"] == "question"]
    assert asked == [("api-1", "api"), ("page-2", "page"), ("tool-1", "tool")]
    (request,) = (
        line for line in found if line["event"] == "request" and line["request_id"] == "api-1"
    )
    assert (request["method"], request["path"], request["status"]) == ("GET", "/api/v1/ask", 200)
    assert all(line["request_id"] and line["level"] == "info" for line in found)
    assert "kite" not in log.getvalue().replace("kites", "")


def test_a_status_is_a_number(desk: Desk) -> None:
    """In lines for people, too."""
    with logged(log_format="people") as log:
        desk.client.get("/readyz")
        desk.client.get("/healthz")  # the first line is written after its answer, before this one
    assert "path=/readyz status=200 " in log.getvalue()


def test_questions_are_logged_where_that_is_wanted(tmp_path: Path) -> None:
    """A setting turns it on."""
    assistant = open_assistant(tmp_path, log_questions=True)
    watch = Watch(assistant, Store.open(assistant.settings))
    with logged(log_questions=True) as log, watch.question(LONG, None, Face.API):
        pass
    (line,) = lines(log)
    assert (line["question"], line["state"]) == (LONG, "failed")


def test_what_became_of_a_question(desk: Desk) -> None:
    """Answered, refused, left by the learner or failed; none stays open."""
    watch = Watch(desk.assistant, desk.store)

    def come_of(error: BaseException | None) -> None:
        with watch.question("secret words", "kites", Face.PAGE) as asked:
            assert not watch.idle
            if error is not None:
                raise error
            asked.answer = desk.assistant.ask(VIOLIN)

    with logged() as log:
        come_of(None)
        for error in (QuestionError("secret words"), GeneratorExit(), ValueError("secret words")):
            with pytest.raises(type(error)):
                come_of(error)
    states = [line["state"] for line in lines(log)]
    assert states == [State.NOT_COVERED.value, "refused", "left", "failed"]
    assert "secret words" not in log.getvalue()
    assert watch.idle


def test_an_exception_tells_its_place_and_not_the_words() -> None:
    """Of one that nobody foresaw; a setting, and errors of our own, tell all."""

    def told(error: Exception, **settings: object) -> str:
        with logged(**settings) as log:
            try:
                raise error
            except Exception:
                logging.getLogger("elsewhere").exception("It failed.")
        (line,) = lines(log)
        return str(line["exception"])

    hidden = told(ValueError("what a learner wrote"))
    assert "test_watch.py" in hidden
    assert hidden.endswith("ValueError")
    assert told(QuestionError("what a learner wrote")).endswith("QuestionError")
    assert told(StoreError("The disk is full.")).endswith("StoreError: The disk is full.")
    assert told(ValueError("words"), log_questions=True).endswith("ValueError: words")


def test_lines_for_people() -> None:
    """One line each, whatever it holds, and no less important ones than wanted."""
    with logged(log_format="people", log_level="warning") as log:
        ours = logs.logger("coursebot.somewhere")
        ours.info("unheard")
        ours.warning("heard", path="/a\x1b[2J\nb")
        logging.getLogger("another").info("unheard")
    (line,) = log.getvalue().splitlines()
    assert "heard" in line
    assert "\x1b[2J" not in line


def test_a_failure_nobody_foresaw_is_answered_in_full(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Outside of the API too it has its id and the security headers, and is in the log by it."""
    monkeypatch.setattr("coursebot.web.server.READER_CSS", Path("/nothing/secret.css"))
    with logged() as log:
        told = desk.client.get("/reader.css", headers={"X-Request-ID": "mine-500"})
        # A request's own line is written after its answer has been sent.
        until(lambda: '"request"' in log.getvalue())
    assert told.status_code == 500
    assert told.json()["detail"] == "The server failed on this request."
    assert told.headers["x-request-id"] == "mine-500"
    assert told.headers["cache-control"] == "no-store"
    assert told.headers["content-security-policy"] == NOTHING
    for name, value in EVERYWHERE.items():
        assert told.headers[name] == value
    assert "secret" not in told.text
    mine = [line for line in lines(log) if line.get("request_id") == "mine-500"]
    assert [line["event"] for line in mine] == ["A request failed.", "request"]
    assert mine[1]["status"] == 500
    assert "RuntimeError" in mine[0]["exception"]


def test_batches_of_questions_are_counted_by_size() -> None:
    """A histogram of how many went together; nothing of an encoder that does not queue."""
    queued = Queued(HashEncoder())
    for texts in (["a"], ["b"], ["c", "d", "e"]):
        queued.encode_queries(texts)
    (family,) = metrics._batches(queued)
    told = {(name, labels.get("le", "")): value for name, labels, value, *_ in family.samples}
    name = "coursebot_encoded_together"
    assert [told[f"{name}_bucket", le] for le in ("1.0", "2.0", "4.0", "+Inf")] == [2, 2, 3, 3]
    assert (told[f"{name}_count", ""], told[f"{name}_sum", ""]) == (3, 5)
    assert list(metrics._batches(HashEncoder())) == []
