"""Text ▶ vectors."""

from coursebot.encoder import quiet
from coursebot.encoder.load import load

quiet.switch_off()

__all__ = ["load"]
