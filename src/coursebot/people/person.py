"""A person: name, role and groups, and what they may see."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from coursebot.types import Course

EVERYONE = "*"
"""In a course's groups: everyone who is signed in."""


class Role(StrEnum):
    """What somebody may do."""

    LEARNER = "learner"
    """Ask, search and read."""
    INSTRUCTOR = "instructor"
    """The workbench too, for the courses that they may see."""
    ADMIN = "admin"
    """Everything, of every course."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who sends a request."""

    name: str = ""
    """Empty: nobody knows."""
    role: Role = Role.LEARNER
    groups: frozenset[str] = frozenset()

    @property
    def teaches(self) -> bool:
        """Whether the workbench is theirs."""
        return self.role is not Role.LEARNER

    def sees(self, course: Course) -> bool:
        """Whether anything of a course may be shown to them."""
        if not course.groups or self.role is Role.ADMIN:
            return True
        if not self.name:
            return False
        return EVERYONE in course.groups or not self.groups.isdisjoint(course.groups)


NOBODY = Person()
