"""The instructor's workbench at ``/instructor``: golden questions, runs, comparisons, the inbox.

Request ▶ :mod:`door` (who may come in) ▶ the pages (:mod:`golden`, :mod:`runs`,
:mod:`comparisons`, :mod:`inbox`, :mod:`bench`) ▶ the frame around them (:mod:`shell`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import FastAPI

    from coursebot.assistant import Assistant
    from coursebot.feedback import Store

__all__ = ["mount"]


def mount(server: FastAPI, assistant: Assistant, store: Store) -> None:
    """Put the workbench into a server; raises SettingsError when nobody could log in."""
    from coursebot.web.instructor import pages
    from coursebot.web.instructor.door import Door
    from coursebot.web.instructor.shell import Desk

    desk = Desk(assistant, store)
    server.include_router(pages.router(desk))
    server.add_middleware(Door, desk=desk)
