"""Who somebody is ▶ which courses they may see; a file of people with their passwords' hashes."""

from coursebot.people.file import Entry, People
from coursebot.people.person import EVERYONE, NOBODY, Person, Role

__all__ = ["EVERYONE", "NOBODY", "Entry", "People", "Person", "Role"]
