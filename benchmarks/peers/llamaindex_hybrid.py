"""LlamaIndex: vector and BM25 retrievers in a ``QueryFusionRetriever``, reciprocal rank mode."""

from __future__ import annotations

from llama_index.core.llms import MockLLM
from llama_index.core.retrievers import QueryFusionRetriever
from llama_index.core.retrievers.fusion_retriever import FUSION_MODES
from llama_index.core.schema import QueryBundle, TextNode
from llama_index.retrievers.bm25 import BM25Retriever
from llamaindex_vector import index_of
from shared import Ranking, Task, main


def rank(task: Task) -> list[Ranking]:
    """Return chunk numbers and scores for each question, best first."""
    nodes = [TextNode(id_=str(number), text=text) for number, text in enumerate(task.chunks)]
    depth = min(task.depth, len(nodes))
    retriever = QueryFusionRetriever(
        [
            index_of(task).as_retriever(similarity_top_k=depth),
            BM25Retriever.from_defaults(nodes=nodes, similarity_top_k=depth),
        ],
        llm=MockLLM(),
        mode=FUSION_MODES.RECIPROCAL_RANK,
        similarity_top_k=depth,
        num_queries=1,
        use_async=False,
    )
    return [
        [
            (int(hit.node.node_id), float(hit.score or 0.0))
            for hit in retriever.retrieve(QueryBundle(question))
        ]
        for question in task.questions
    ]


if __name__ == "__main__":
    main(rank)
