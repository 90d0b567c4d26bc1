"""Command line ▶ the assistant, its index and its page; domain errors become one line each."""

from coursebot.cli.app import app, main

__all__ = ["app", "main"]
