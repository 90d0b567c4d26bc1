"""What learners say of answers ▶ rows of a database, and back."""

from __future__ import annotations

from coursebot.feedback.copies import put_back, save
from coursebot.feedback.records import Feedback, Reason, Row, Settled, Unanswered, Verdict
from coursebot.feedback.store import Store
from coursebot.feedback.tables import VERSION

__all__ = [
    "VERSION",
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
