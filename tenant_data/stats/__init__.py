"""Read-only questions about a company's work, for its home page and the lists behind it.

Each takes the same number of queries whatever there is to count, and reads what it has to: what
is left to do through an index of that alone, and rows of a few projects or milestones, not all.
"""

from tenant_data.stats.milestones import Ahead, milestones_ahead
from tenant_data.stats.people import WorkOf, people_named, work_left
from tenant_data.stats.projects import Progress, most_active_projects, progress_of
from tenant_data.stats.questions import NOT_DONE, done_since, late
from tenant_data.stats.setup import has_customers, has_other_users, has_projects, how_many_tasks
from tenant_data.stats.talk import newest_comments
from tenant_data.stats.tasks import (
    TaskCounts,
    my_tasks,
    nobodys_tasks,
    number_done_since,
    task_counts,
)
from tenant_data.stats.weeks import ends_of_weeks

__all__ = [
    "NOT_DONE",
    "Ahead",
    "Progress",
    "TaskCounts",
    "WorkOf",
    "done_since",
    "ends_of_weeks",
    "has_customers",
    "has_other_users",
    "has_projects",
    "how_many_tasks",
    "late",
    "milestones_ahead",
    "most_active_projects",
    "my_tasks",
    "newest_comments",
    "nobodys_tasks",
    "number_done_since",
    "people_named",
    "progress_of",
    "task_counts",
    "work_left",
]
