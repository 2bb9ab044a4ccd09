"""When a tenant was last in use."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import Error, transaction
from django.db.models import Q
from django.utils import timezone

from console.postgres.contexts import platform_context
from tenants.models import Client

logger = logging.getLogger(__name__)

#: It is written down this often at the most.
EVERY = timedelta(minutes=15)


def is_due(client: Client) -> bool:
    """Whether the row, as it was read for this request, is old enough for a new note."""
    return client.last_active_at is None or client.last_active_at < timezone.now() - EVERY


def note_activity(client: Client) -> None:
    """Write down, from a request of the tenant, that it is in use now.

    Not a change that anybody made, so neither the history nor ``updated_at`` tells of it. Never
    waits: while a worker or somebody else holds the row it is left as it is, and so it is where
    the database refuses, for the request has its answer by then.
    """
    now = timezone.now()
    due = Q(last_active_at=None) | Q(last_active_at__lt=now - EVERY)
    try:
        with platform_context(), transaction.atomic():
            free = Client.objects.filter(due, pk=client.pk).select_for_update(
                skip_locked=True, no_key=True
            )
            Client.objects.filter(pk__in=free.values("pk")).update(last_active_at=now)
    except Error:
        logger.exception("It was not noted that %s is in use.", client.schema_name)
