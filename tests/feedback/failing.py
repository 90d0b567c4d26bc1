"""Opening a feedback store, and what it says when it cannot be used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from coursebot.config import Settings
from coursebot.errors import StoreError
from coursebot.feedback import Feedback, Store

Make = Callable[..., Feedback]


def opened(data: Path, address: str = "") -> Store:
    """Return the store of these settings."""
    return Store.open(Settings.load(data=data, database_url=address))


def why(use: Callable[[], object]) -> tuple[str, str]:
    """Return message and hint of the StoreError that a use raises, as nothing else does."""
    with pytest.raises(StoreError) as caught:
        use()
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    return caught.value.message, caught.value.hint
