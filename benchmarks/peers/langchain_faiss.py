"""LangChain: the FAISS vector store with its default (exact, L2 on unit vectors) index."""

from __future__ import annotations

from langchain_community.vectorstores import FAISS
from langchain_core.embeddings import Embeddings
from shared import Ranking, Task, main


class Known(Embeddings):
    """The task's vectors on LangChain's embedding interface."""

    def __init__(self, task: Task) -> None:
        self._task = task

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return the vectors of chunks."""
        return [self._task.passage(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        """Return the vector of a question."""
        return self._task.query(text)


def rank(task: Task) -> list[Ranking]:
    """Return chunk numbers and scores for each question, best first."""
    numbers = [{"number": number} for number in range(len(task.chunks))]
    store = FAISS.from_texts(list(task.chunks), Known(task), metadatas=numbers)
    return [
        [
            (hit.metadata["number"], -float(distance))
            for hit, distance in store.similarity_search_with_score(question, k=task.depth)
        ]
        for question in task.questions
    ]


if __name__ == "__main__":
    main(rank)
