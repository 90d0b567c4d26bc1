"""What Gradio keeps of a tab: whether it is open, and what must not pile up."""

from __future__ import annotations

import gradio as gr

SESSIONS = 100
"""Tabs whose state Gradio may keep between two events; it needs none of it here."""


async def gone(page: gr.Blocks, request: gr.Request) -> bool:
    """Return whether Gradio has seen the tab that an event came from close."""
    session = request.session_hash
    events = [
        event
        for together in page._queue.active_jobs
        for event in together or ()
        if event.session_hash == session
    ]
    return bool(events) and not any(event.alive for event in events)


def awaited(page: gr.Blocks, session: str) -> bool:
    """Return whether there is, or will be, something for a tab to fetch."""
    return session in page._queue.pending_messages_per_session


def forget(page: gr.Blocks, request: gr.Request) -> None:
    """Let Gradio's state of the tab go.

    Gradio keeps a copy of all components for each tab, adds one for each update and removes none
    when the tab is closed. What a page shows is the browser's to keep.
    """
    holder = page.state_holder
    session = request.session_hash or ""
    with holder.lock:
        holder.session_data.pop(session, None)
        holder.time_last_used.pop(session, None)
