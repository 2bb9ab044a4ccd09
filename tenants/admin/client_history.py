"""The life of a client on its page: what was changed, and what was done to its schema."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from console.history.access import may_read, visible_entries
from console.history.models import subject_of
from console.history.together import Whole, wholes_of
from console.history.words import Change, Told, tell
from console.sites import public_site
from tenants.admin.base import STATE_LABELS, may_follow, operation_url
from tenants.admin.durations import duration_in_words
from tenants.history import not_told_by_operations
from tenants.models import Client, Operation

#: How many lines the page has; the log has them all.
SHOWN = 20


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the history."""

    at: datetime
    who: str
    text: str
    changes: tuple[Change, ...] = ()
    url: str = ""
    #: The state of an operation, and the colour of its label.
    state: str = ""
    label: str = ""
    error: str = ""
    #: What it was a part of, in words, and where that is.
    whole: Whole = ("", "")


@dataclass(frozen=True, slots=True)
class ClientHistory:
    moments: list[Moment]
    #: Where older ones are found; empty where there are none, or none that the user may see.
    older_url: str
    operations_url: str


def history_of(client: Client, request: HttpRequest) -> ClientHistory | None:
    """The newest of what this user may see, by a fixed number of queries; ``None`` where the user
    may see neither the history nor operations."""
    if not may_read(request) and not may_follow(request):
        return None
    about = subject_of(client)
    entries = visible_entries(request, public_site).filter(subject=about)
    operations: list[Operation] = []
    if may_follow(request):
        operations = _operations(client)
        entries = not_told_by_operations(entries)
    newest = list(entries[: SHOWN + 1])
    wholes = wholes_of(newest, request, public_site)
    moments = [_change(each, wholes) for each in tell(newest)]
    moments += [_work(each) for each in operations]
    moments.sort(key=lambda moment: moment.at, reverse=True)
    is_cut = len(moments) > SHOWN
    log = f"{reverse('admin:history_logentry_changelist')}?{urlencode({'subject': about})}"
    work = f"{reverse('admin:tenants_operation_changelist')}?client__id__exact={client.pk}"
    return ClientHistory(
        moments[:SHOWN],
        older_url=log if is_cut and may_read(request) else "",
        operations_url=work if is_cut and may_follow(request) else "",
    )


def _change(told: Told, wholes: dict[str, Whole]) -> Moment:
    return Moment(
        at=told.entry.timestamp,
        who=told.who,
        text=told.text,
        changes=told.said_by_changes,
        url=reverse("admin:history_logentry_change", args=[told.entry.pk]),
        whole=wholes.get(told.entry.cid or "", ("", "")),
    )


def _operations(client: Client) -> list[Operation]:
    newest = Coalesce("asked_again_at", "created_at").desc()
    return list(client.operations.order_by(newest, "-pk")[: SHOWN + 1])


def _work(operation: Operation) -> Moment:
    took: Any = operation.duration
    return Moment(
        at=operation.asked_at,
        who=operation.who,
        text=_in_full(operation, took),
        url=operation_url(operation),
        state=operation.get_state_display(),
        label=STATE_LABELS.get(operation.state, ""),
        error=operation.error,
    )


def _in_full(operation: Operation, took: Any) -> str:
    if operation.finished_at is None or took is None:
        return str(operation)
    return _("%(operation)s, in %(time)s") % {
        "operation": operation,
        "time": duration_in_words(took),
    }
