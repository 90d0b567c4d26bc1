"""Public data sets ▶ golden sets that ``coursebot eval`` runs; the quiz's is kept here."""

from pathlib import Path

QUIZ = Path(__file__).with_name("iot-quiz.jsonl")
"""The quiz of IoT for Beginners, with its licence beside it."""
