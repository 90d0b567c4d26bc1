"""Questions and the index ▶ figures in Prometheus' text format; no learner's words among them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from importlib.metadata import version
from threading import Lock
from typing import TYPE_CHECKING

from prometheus_client import (
    CollectorRegistry,
    Counter,
    GCCollector,
    Histogram,
    Info,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from coursebot.assistant import Assistant
    from coursebot.types import Encoder
    from coursebot.web.admission import Admission

COURSES = 500
"""Courses that have a label of their own; those that come after are ``(other)``."""
STAGES = ("encode", "search", "read", "answer", "model", "total")
"""Parts of an answer's ``timings_ms`` that are measured; ``total`` is all of it."""
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
"""Upper bounds in seconds: from a lexical search to a language model that is given up."""
BATCHES = (1, 2, 4, 8, 16, 32)
"""Upper bounds of texts in a batch."""
ALL, UNKNOWN, OTHER = "(all)", "(unknown)", "(other)"
"""Labels in the place of a course's name: none was named, there is none of that name, too many."""
RESTRICTED = "(restricted)"
"""Label of all restricted courses, where figures are not held back by a token."""

# It makes a series more for each, which nobody asks for.
disable_created_metrics()  # type: ignore[no-untyped-call]


class Metrics:
    """What is counted; safe to use from many threads."""

    def __init__(self, assistant: Assistant, waiting: Callable[[], Mapping[str, int]]) -> None:
        """Begin at 0; ``waiting`` returns how many wait in each queue."""
        self._assistant = assistant
        self.admission: Admission | None = None
        # Without a token everybody on this machine reads the figures.
        self._guarded = bool(assistant.settings.metrics_token.get_secret_value())
        self._lock = Lock()
        self._courses: set[str] = set()
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        Info("coursebot_build", "Which coursebot this is.", registry=self.registry).info(
            {"version": version("coursebot")}
        )
        self._questions = Counter(
            "coursebot_questions",
            "Questions that are over, by what came of them.",
            ("state", "course", "face"),
            registry=self.registry,
        )
        self._stages = Histogram(
            "coursebot_stage_seconds",
            "Time that a stage of an answer took; total is all of them.",
            ("stage",),
            buckets=BUCKETS,
            registry=self.registry,
        )
        for stage in STAGES:
            self._stages.labels(stage)
        self.registry.register(_Now(assistant, waiting, lambda: self.admission))

    def over(self, state: str, course: str | None, face: str) -> None:
        """Count a question."""
        self._questions.labels(state, self._label(course), face).inc()

    def timed(self, timings_ms: Mapping[str, float]) -> None:
        """Note how long the stages of an answer took."""
        for stage in STAGES:
            if stage in timings_ms:
                self._stages.labels(stage).observe(timings_ms[stage] / 1000)

    def text(self, accept: str) -> tuple[bytes, str]:
        """Return all figures and their media type, in the form that a client takes."""
        encode, media_type = choose_encoder(accept)
        return encode(self.registry), media_type

    def _label(self, course: str | None) -> str:
        """Return a course's label: what a learner sends makes no series of its own."""
        if not course:
            return ALL
        known = self._assistant.courses.get(course)
        if known is None:
            return UNKNOWN
        if known.groups and not self._guarded:
            return RESTRICTED
        with self._lock:
            if course not in self._courses and len(self._courses) >= COURSES:
                return OTHER
            self._courses.add(course)
        return course


class _Now(Collector):
    """What is looked up when somebody asks."""

    def __init__(
        self,
        assistant: Assistant,
        waiting: Callable[[], Mapping[str, int]],
        admission: Callable[[], Admission | None],
    ) -> None:
        self._assistant = assistant
        self._waiting = waiting
        self._admission = admission

    def describe(self) -> Iterator[Metric]:
        """Yield nothing: the names are unlike all others."""
        yield from ()

    def collect(self) -> Iterator[Metric]:
        """Yield the figures of this moment."""
        queue = GaugeMetricFamily(
            "coursebot_queue_length",
            "Questions under way (open), and what waits: questions for a place, page events for "
            "their turn, other requests for a thread.",
            labels=["queue"],
        )
        for name, count in self._waiting().items():
            queue.add_metric([name], count)
        yield queue
        yield from _places(self._admission())
        yield from _batches(self._assistant.encoder)
        index = self._assistant.index
        built = datetime.fromisoformat(index.manifest.built_at).timestamp()
        yield GaugeMetricFamily(
            "coursebot_index_age_seconds",
            "Time since the index that answers was built.",
            value=max(time.time() - built, 0.0),
        )
        contents = GaugeMetricFamily(
            "coursebot_index_contents", "What the index that answers holds.", labels=["kind"]
        )
        for kind, count in index.manifest.counts.items():
            contents.add_metric([kind], count)
        yield contents
        taken, refused = self._assistant.reloads
        reloads = CounterMetricFamily(
            "coursebot_index_reloads",
            "Newer indexes that were taken up, or refused because they could not be used.",
            labels=["result"],
        )
        reloads.add_metric(["taken"], taken)
        reloads.add_metric(["refused"], refused)
        yield reloads


def _places(admission: Admission | None) -> Iterator[Metric]:
    """Yield who is at work, and who was told to come again."""
    if admission is None:
        return
    places = GaugeMetricFamily(
        "coursebot_places", "Questions that can be worked on at once (all), and are.", labels=["of"]
    )
    places.add_metric(["all"], admission.places)
    places.add_metric(["taken"], admission.taken)
    yield places
    yield GaugeMetricFamily(
        "coursebot_expected_wait_seconds",
        "How long a question that came now would wait for its place.",
        value=admission.expected,
    )
    refused = CounterMetricFamily(
        "coursebot_refusals",
        "Questions and searches that were told to come again later.",
        labels=["face"],
    )
    for face, count in admission.refused.items():
        refused.add_metric([face], count)
    yield refused


def _batches(encoder: Encoder) -> Iterator[Metric]:
    """Yield how many questions were encoded together."""
    counts: Mapping[int, int] | None = getattr(encoder, "batches", None)
    if counts is None:
        return
    found = HistogramMetricFamily(
        "coursebot_encoded_together", "Texts that the model encoded in one batch."
    )
    buckets = [
        (str(float(most)), sum(count for size, count in counts.items() if size <= most))
        for most in BATCHES
    ]
    total = sum(counts.values())
    texts = sum(size * count for size, count in counts.items())
    found.add_metric([], [*buckets, ("+Inf", total)], texts)
    yield found
