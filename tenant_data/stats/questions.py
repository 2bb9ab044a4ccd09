"""What lists and numbers mean by “not done”, “late” and “done this week”: both ask these."""

from __future__ import annotations

import datetime

from django.db.models import Q
from django.utils import timezone

from tenant_data.models import TaskStatus
from tenant_data.stats.weeks import midnight

NOT_DONE = ~Q(status=TaskStatus.DONE)


def late(today: datetime.date | None = None) -> Q:
    """Tasks that should have been done before today, where the company is."""
    return NOT_DONE & Q(due_on__lt=today or timezone.localdate())


def done_since(day: datetime.date) -> Q:
    """Tasks that were done on this day or later, by the company's clock."""
    return Q(status=TaskStatus.DONE, done_at__gte=midnight(day))
