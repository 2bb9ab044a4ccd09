"""What of a company's work is in its history."""

from __future__ import annotations

from auditlog.registry import auditlog
from django.db.models import Model

from console.history.emptied import track_emptied
from console.history.many import track_many
from tenant_data.models import (
    Attachment,
    Comment,
    Customer,
    Label,
    Milestone,
    Project,
    Task,
    TimeEntry,
)

#: What is kept by the way: it changes when something else does, which is written down.
KEPT = {"created_at", "updated_at", "done_at", "edited_at", "last_number"}
#: Of a file, what people know it by; where it lies and what is in it are nobody's business here.
OF_A_FILE = {"task", "name", "size", "uploaded_by"}


def track() -> None:
    """Have django-auditlog write down what is saved; called once, when the apps are ready."""
    for model in (Customer, Project, Milestone, Label, Task, Comment, TimeEntry):
        auditlog.register(model, include_fields=_fields(model))
    auditlog.register(Attachment, include_fields=sorted(OF_A_FILE))
    track_many(Project, "members")
    track_many(Task, "labels")
    track_emptied(Task, "milestone", "parent", "assignee")
    track_emptied(Project, "lead")


def _fields(model: type[Model]) -> list[str]:
    """Named one by one: auditlog would take the other ends of relations for fields too."""
    fields = model._meta.concrete_fields
    return [field.name for field in fields if field.name not in KEPT and not field.primary_key]
