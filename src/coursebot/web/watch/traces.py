"""Questions and their stages ▶ spans, sent where a setting says, and nowhere else.

OpenTelemetry is an extra, and its parts are our own: nothing is registered for the whole process,
so that no other library's spans go along.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from importlib.metadata import version
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from coursebot.errors import SettingsError, extra

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

STAGES = ("encode", "search", "read", "answer", "model")
"""In the order in which they follow each other."""
PATIENCE = 2.0
"""Seconds that whoever collects is given for one batch."""
MILLISECOND = 1_000_000
"""In nanoseconds."""


class Traces:
    """Where spans go; nowhere when no address is set."""

    def __init__(self, url: str) -> None:
        """Begin to send to ``url``, if it is not empty; raises SettingsError."""
        self._provider: TracerProvider | None = _provider(url) if url else None

    def question(
        self, seconds: float, said: Mapping[str, object], timings_ms: Mapping[str, float]
    ) -> None:
        """Note a question that is over now: one span, and one in it for each stage."""
        if self._provider is None:
            return
        from opentelemetry.trace import set_span_in_context

        ended = time.time_ns()
        at = ended - int(seconds * 1e9)
        tracer = self._provider.get_tracer("coursebot", version("coursebot"))
        attributes = {
            f"coursebot.{name}": value
            for name, value in said.items()
            if isinstance(value, str | int | float)
        }
        span = tracer.start_span("question", start_time=at, attributes=attributes)
        inside = set_span_in_context(span)
        for stage in STAGES:
            if stage in timings_ms:
                part = tracer.start_span(stage, context=inside, start_time=at)
                at += int(timings_ms[stage] * MILLISECOND)
                part.end(at)
        span.end(max(ended, at))

    def close(self) -> None:
        """Send what is left, and stop."""
        if self._provider is not None:
            self._provider.force_flush(int(PATIENCE * 1000))
            self._provider.shutdown()


def _provider(url: str) -> TracerProvider:
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc:
        raise SettingsError(
            "COURSEBOT_TRACES_URL is not an address.",
            "It should read http://localhost:4318/v1/traces.",
        )
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise SettingsError(
            "COURSEBOT_TRACES_URL is set, but OpenTelemetry cannot be imported.",
            extra("otel"),
        ) from None
    resource = Resource({SERVICE_NAME: "coursebot", SERVICE_VERSION: version("coursebot")})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    exporter = OTLPSpanExporter(endpoint=url, timeout=PATIENCE)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider
