"""What Gradio keeps of tabs."""

from __future__ import annotations

import gc
from pathlib import Path

import gradio as gr
import httpx
from gradio.queueing import Queue

from tests.api_server import LONG, ask_page, open_assistant
from tests.web.conftest import application, running


def kept() -> int:
    """Return how many components there are in this process."""
    gc.collect()
    return sum(issubclass(type(thing), gr.components.Component) for thing in gc.get_objects())


def test_questions_leave_nothing_behind(tmp_path: Path) -> None:
    """Gradio would keep three components and the whole conversation for each."""
    assistant = open_assistant(tmp_path)
    with (
        running(application(assistant)) as address,
        httpx.Client(base_url=address, trust_env=False, timeout=60) as client,
    ):
        assert LONG in ask_page(client, LONG, "first")
        before = kept()
        for number in range(3):
            assert LONG in ask_page(client, LONG, f"tab-{number}")
        assert kept() <= before
        queues = [thing for thing in gc.get_objects() if type(thing) is Queue]
        assert queues
        assert all(len(queue.event_analytics) <= 1 for queue in queues)  # who came when
