"""What learners were not content with ▶ groups of like questions ▶ drafts of golden items."""

from coursebot.inbox.drafts import NOTHING, Draft, draft_item, propose_id
from coursebot.inbox.groups import Group, Grouped, group
from coursebot.inbox.likeness import Likeness
from coursebot.inbox.reading import Inbox

__all__ = [
    "NOTHING",
    "Draft",
    "Group",
    "Grouped",
    "Inbox",
    "Likeness",
    "draft_item",
    "group",
    "propose_id",
]
