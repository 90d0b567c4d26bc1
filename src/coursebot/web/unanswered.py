"""Questions that the material does not answer ▶ the store, where everyone agrees to that."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from coursebot.config import Settings
from coursebot.errors import StoreError
from coursebot.feedback import Store, Unanswered
from coursebot.types import Answer, State

_log = logging.getLogger(__name__)


def keep(
    store: Store,
    chosen: Settings,
    answer: Answer,
    *,
    course: str | None,
    history: Sequence[str],
    index: str,
    allowed: bool,
) -> None:
    """Keep the question of an answer that is unsure or not covered.

    Nothing is kept unless the site's owner has turned that on and the learner has ``allowed`` it.
    A store that fails is logged: it never costs the learner the answer.
    """
    if answer.state is State.ANSWERED or not (chosen.keep_unanswered and allowed):
        return
    try:
        store.add_unanswered(
            Unanswered(
                question=answer.question,
                course=course,
                language=answer.language.value,
                state=answer.state.value,
                confidence=answer.confidence,
                index=index,
                settings=settings_of(chosen),
                history=tuple(history),
            )
        )
    except StoreError as error:
        _log.warning("An unanswered question was not kept: %s", error)


def settings_of(chosen: Settings) -> Mapping[str, object]:
    """Return the settings that an answer depends on; no address and no key is among them."""
    return {
        "model": chosen.model,
        "passage_tokens": chosen.passage_tokens,
        "top_k": chosen.top_k,
        "answered_above": chosen.answered_above,
        "unsure_above": chosen.unsure_above,
        "llm_model": chosen.llm_model if chosen.llm_url else "",
    }
