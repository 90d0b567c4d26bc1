"""Spans of a question, as a collector gets them; and that there are none unless one is named."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from coursebot.errors import SettingsError
from coursebot.feedback import Store
from coursebot.web.watch import Face, Watch
from coursebot.web.watch.traces import STAGES, Traces
from tests.api_server import LONG, open_assistant

Collected = list[tuple[str, bytes]]


@pytest.fixture
def collector() -> Iterator[tuple[str, Collected]]:
    """Return the address of a collector, and what it was sent."""
    came: Collected = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            came.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/v1/traces", came
        server.shutdown()
        thread.join()


def test_a_question_and_its_stages(collector: tuple[str, Collected], tmp_path: Path) -> None:
    """One span with what is known of the question but its words, and one in it for each stage."""
    address, came = collector
    assistant = open_assistant(tmp_path, traces_url=address)
    watch = Watch(assistant, Store.open(assistant.settings))
    with watch.question(LONG, "kites", Face.API) as asked:
        asked.answer = assistant.ask(LONG)
    watch.close()
    ((path, body),) = came
    assert path == "/v1/traces"
    assert b"main line" not in body
    (resource,) = ExportTraceServiceRequest.FromString(body).resource_spans
    (scope,) = resource.scope_spans
    spans = {span.name: span for span in scope.spans}
    assert spans.keys() == {"question", "encode", "search", "answer"}
    question = spans.pop("question")
    attributes = {pair.key: pair.value.string_value for pair in question.attributes}
    assert attributes["coursebot.course"] == "kites"
    assert attributes["coursebot.face"] == "api"
    at = question.start_time_unix_nano
    for name in (stage for stage in STAGES if stage in spans):
        span = spans[name]
        assert (span.trace_id, span.parent_span_id) == (question.trace_id, question.span_id)
        assert at <= span.start_time_unix_nano <= span.end_time_unix_nano
        at = span.end_time_unix_nano
    assert at <= question.end_time_unix_nano


def test_nothing_is_sent_unless_an_address_is_set(
    collector: tuple[str, Collected], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever OpenTelemetry's own variables say."""
    address, came = collector
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
    assistant = open_assistant(tmp_path)
    watch = Watch(assistant, Store.open(assistant.settings))
    with watch.question(LONG, None, Face.API):
        pass
    watch.close()
    assert came == []


def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """An address that is none, and the extra that was not installed."""
    with pytest.raises(SettingsError, match="COURSEBOT_TRACES_URL is not an address"):
        Traces("localhost:4318")
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(SettingsError, match=r"\.\[otel\]"):
        Traces("http://localhost:4318/v1/traces")
