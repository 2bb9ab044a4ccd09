"""When somebody has to wait, and until when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Sum
from django.utils import timezone

from console.throttling.addresses import NOWHERE
from console.throttling.names import ASKING

#: How often something was tried, and when last.
Tries = tuple[int, datetime]


def free_at(name: str, address: str) -> datetime | None:
    """When ``name`` may be tried again from ``address``; ``None`` where it may be now. One query,
    in the schema that the connection is in."""
    since = timezone.now() - settings.AXES_COOLOFF_TIME
    attempts = AccessAttempt.objects.filter(ip_address=address, attempt_time__gt=since)
    if address == NOWHERE:
        # Everybody is there: nobody waits for what the others do.
        attempts = attempts.filter(username=name)
    rows = attempts.order_by("attempt_time").values_list(
        "username", "failures_since_start", "attempt_time"
    )
    ends = [_end(tries, limit) for tries, limit in _rules(list(rows), name, address)]
    return max((end for end in ends if end is not None), default=None)


def is_waiting_anywhere(name: str) -> bool:
    """Whether there is a place from which ``name`` may not be tried now, for what was tried with
    it."""
    since = timezone.now() - settings.AXES_COOLOFF_TIME
    places = AccessAttempt.objects.filter(username=name, attempt_time__gt=since)
    counts = places.order_by().values("ip_address").annotate(n=Sum("failures_since_start"))
    return counts.filter(n__gte=settings.AXES_FAILURE_LIMIT).exists()


def forget_failures(name: str) -> int:
    """Forget what was tried with ``name``, wherever it was; returns how many rows that were."""
    return AccessAttempt.objects.filter(username=name).delete()[0]


def _rules(
    rows: list[tuple[str, int, datetime]], name: str, address: str
) -> Iterator[tuple[list[Tries], int]]:
    own = [(count, at) for username, count, at in rows if username == name]
    if name == ASKING:
        yield own, settings.PLACE_ASKING_LIMIT
        return
    yield own, settings.AXES_FAILURE_LIMIT
    if address != NOWHERE:
        failures = [(count, at) for username, count, at in rows if username != ASKING]
        yield failures, settings.PLACE_FAILURE_LIMIT


def _end(tries: Iterable[Tries], limit: int) -> datetime | None:
    """When so much of it is forgotten, the oldest first, that it is under the limit."""
    tries = list(tries)
    left = sum(count for count, _at in tries)
    end = None
    for count, at in tries:
        if left < limit:
            break
        left -= count
        end = at + settings.AXES_COOLOFF_TIME
    return end
