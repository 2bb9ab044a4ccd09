"""The newest entries of the history, a line each, of what the user may see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.urls import reverse
from django.utils.text import Truncator

from console.history.access import may_read, visible_entries
from console.history.models import LogEntry
from console.history.words import Told, tell
from console.sites import public_site
from tenants.history import not_told_by_operations

#: How much of one line is shown; the entry's own page has all of it.
SHORT = 140


@dataclass(frozen=True, slots=True)
class NewChange:
    text: str
    url: str
    who: str
    at: datetime


def may_see_changes(request: HttpRequest, site: AdminSite) -> bool:
    """Whether the site shows the history, and to this user."""
    return LogEntry in site._registry and may_read(request)


def newest_changes(request: HttpRequest, site: AdminSite, limit: int) -> list[NewChange]:
    """The newest first; none for those who may not see the history, or where the site has none.

    On the staff's side what operations do to the status of a client is left out: the operations
    are on the page.
    """
    if not may_see_changes(request, site):
        return []
    entries = visible_entries(request, site)
    if site is public_site:
        entries = not_told_by_operations(entries)
    return [
        NewChange(
            Truncator(_line(told)).chars(SHORT),
            reverse("admin:history_logentry_change", args=[told.entry.pk]),
            told.who,
            told.entry.timestamp,
        )
        for told in tell(entries[:limit])
    ]


def _line(told: Told) -> str:
    """“Plan Team added”, “Acme: Suspended”, “Acme: Colour: red → blue”."""
    entry = told.entry
    if told.text and not entry.event:
        return told.text
    what = told.text or "; ".join(str(change) for change in told.changes)
    return f"{entry.object_repr}: {what}" if what else entry.object_repr
