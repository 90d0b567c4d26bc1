"""Haystack: in-memory BM25 and embedding retrievers, joined by reciprocal rank fusion."""

from __future__ import annotations

from haystack import Document, Pipeline
from haystack.components.joiners import DocumentJoiner
from haystack.components.retrievers.in_memory import (
    InMemoryBM25Retriever,
    InMemoryEmbeddingRetriever,
)
from haystack.document_stores.in_memory import InMemoryDocumentStore
from shared import Ranking, Task, main


def rank(task: Task) -> list[Ranking]:
    """Return chunk numbers and scores for each question, best first."""
    store = InMemoryDocumentStore(embedding_similarity_function="cosine")
    store.write_documents(
        [
            Document(id=str(number), content=text, embedding=task.passage(text))
            for number, text in enumerate(task.chunks)
        ]
    )
    pipeline = Pipeline()
    pipeline.add_component("bm25", InMemoryBM25Retriever(store, top_k=task.depth))
    pipeline.add_component("dense", InMemoryEmbeddingRetriever(store, top_k=task.depth))
    pipeline.add_component("joiner", DocumentJoiner(join_mode="reciprocal_rank_fusion"))
    pipeline.connect("bm25", "joiner")
    pipeline.connect("dense", "joiner")
    rankings = []
    for question in task.questions:
        found = pipeline.run(
            {"bm25": {"query": question}, "dense": {"query_embedding": task.query(question)}}
        )
        documents = found["joiner"]["documents"]
        rankings.append([(int(document.id), float(document.score)) for document in documents])
    return rankings


if __name__ == "__main__":
    main(rank)
