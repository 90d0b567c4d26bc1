"""Question and statements, read together ▶ which of them answers, where in it, and whether any."""

from coursebot.reader.load import load, shipped
from coursebot.reader.windows import Line, Window, windows

__all__ = ["Line", "Window", "load", "shipped", "windows"]
