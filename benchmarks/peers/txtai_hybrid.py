"""txtai: ``Embeddings(hybrid=True)`` with external vectors, as its documentation shows."""

from __future__ import annotations

import numpy as np
from shared import Ranking, Task, main
from txtai import Embeddings


def rank(task: Task) -> list[Ranking]:
    """Return chunk numbers and scores for each question, best first."""
    asking = False

    def transform(texts: list[str]) -> np.ndarray:
        embed = task.query if asking else task.passage
        return np.array([embed(text) for text in texts], dtype=np.float32)

    embeddings = Embeddings(method="external", transform=transform, hybrid=True)
    embeddings.index((number, text, None) for number, text in enumerate(task.chunks))
    asking = True
    return [
        [(number, float(score)) for number, score in embeddings.search(question, task.depth)]
        for question in task.questions
    ]


if __name__ == "__main__":
    main(rank)
