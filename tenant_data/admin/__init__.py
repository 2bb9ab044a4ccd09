"""The pages of a company's work. Importing this registers them."""

from tenant_data.admin import (
    attachments,
    comments,
    customers,
    labels,
    milestones,
    projects,
    tasks,
    time_entries,
)

__all__ = [
    "attachments",
    "comments",
    "customers",
    "labels",
    "milestones",
    "projects",
    "tasks",
    "time_entries",
]
