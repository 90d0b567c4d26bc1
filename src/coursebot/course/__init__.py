"""Course folder ▶ sections, statements and passages."""

from coursebot.course import embedding, links, render
from coursebot.course.folder import read_corpus
from coursebot.course.passages import cut
from coursebot.course.sections import read_document

__all__ = ["cut", "embedding", "links", "read_corpus", "read_document", "render"]
