"""What learners say of answers ▶ rows of a database, and back."""

from __future__ import annotations

from coursebot.feedback.copies import put_back, save
from coursebot.feedback.records import Feedback, Reason, Row, Settled, Unanswered, Verdict
from coursebot.feedback.store import Store

__all__ = [
    "Feedback",
    "Reason",
    "Row",
    "Settled",
    "Store",
    "Unanswered",
    "Verdict",
    "put_back",
    "save",
]
