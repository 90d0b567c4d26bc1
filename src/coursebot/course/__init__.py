"""Course folder ▶ sections, statements and passages."""

from coursebot.course import embedding, links, render
from coursebot.course.folder import File, Many, Survey, find, read_corpus, survey
from coursebot.course.passages import cut
from coursebot.course.sections import read_document

__all__ = [
    "File",
    "Many",
    "Survey",
    "cut",
    "embedding",
    "find",
    "links",
    "read_corpus",
    "read_document",
    "render",
    "survey",
]
