"""LlamaIndex: ``VectorStoreIndex`` with its default store and retriever."""

from __future__ import annotations

from typing import Any

from llama_index.core import VectorStoreIndex
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.schema import QueryBundle, TextNode
from pydantic import PrivateAttr
from shared import Ranking, Task, main


class Known(BaseEmbedding):
    """The task's vectors on LlamaIndex's embedding interface."""

    _task: Task = PrivateAttr()

    def __init__(self, task: Task, **options: Any) -> None:  # noqa: ANN401
        super().__init__(**options)
        self._task = task

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._task.query(query)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._task.query(query)

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._task.passage(text)


def index_of(task: Task) -> VectorStoreIndex:
    """Return an index of the task's chunks."""
    nodes = [TextNode(id_=str(number), text=text) for number, text in enumerate(task.chunks)]
    return VectorStoreIndex(nodes, embed_model=Known(task))


def rank(task: Task) -> list[Ranking]:
    """Return chunk numbers and scores for each question, best first."""
    retriever = index_of(task).as_retriever(similarity_top_k=task.depth)
    return [
        [
            (int(hit.node.node_id), float(hit.score or 0.0))
            for hit in retriever.retrieve(QueryBundle(question))
        ]
        for question in task.questions
    ]


if __name__ == "__main__":
    main(rank)
