"""Text ▶ vectors."""

from coursebot.encoder.load import load

__all__ = ["load"]
