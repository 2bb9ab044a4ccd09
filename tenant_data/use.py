"""How much of a plan's limits is used; asked by whoever writes rows and by the staff's pages."""

from __future__ import annotations

from collections.abc import Callable

from django.db.models import Sum

from console.accounts.models import User
from tenant_data.models import Attachment, Project, Task


def used(kind: str) -> int:
    """How much of one kind the current tenant uses: a number of rows, or bytes of storage."""
    return _COUNTERS[kind]()


def _stored_bytes() -> int:
    """What the rows say: walking the files of a large company would take seconds."""
    return Attachment.objects.aggregate(total=Sum("size"))["total"] or 0


_COUNTERS: dict[str, Callable[[], int]] = {
    "users": lambda: User.objects.filter(is_active=True).count(),
    "projects": Project.objects.count,
    "tasks": Task.objects.count,
    "storage": _stored_bytes,
}
