"""Text ▶ vectors."""

from coursebot.encoder import quiet
from coursebot.encoder.compiled import Compiled
from coursebot.encoder.load import BASE, BUNDLED, load

quiet.switch_off()

__all__ = ["BASE", "BUNDLED", "Compiled", "load"]
