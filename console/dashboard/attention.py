"""What needs attention on the staff's home page: what failed, what is late, what is over."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import ngettext

from console.dashboard.lists import clients_url, operations_url, rollouts_url
from tenants import schema_state, stats
from tenants.models import ClientStatus


@dataclass(frozen=True, slots=True)
class Matter:
    """Something that somebody should look at, in a sentence, and where."""

    text: str
    url: str
    icon: str
    #: ``bad``, ``warn`` or ``info``.
    tone: str


def operation_matters(
    counts: stats.OperationCounts, *, worker_there: bool, paused: int
) -> list[Matter]:
    matters = []
    if counts.waiting and not worker_there:
        text = ngettext(
            "No worker is at work: %(n)d operation waits for one.",
            "No worker is at work: %(n)d operations wait for one.",
            counts.waiting,
        )
        matters.append((text, counts.waiting, operations_url(state="queued"), "power_off", "bad"))
    if counts.unresolved:
        text = ngettext(
            "%(n)d operation failed and was not made good since.",
            "%(n)d operations failed and were not made good since.",
            counts.unresolved,
        )
        matters.append(
            (text, counts.unresolved, operations_url(state="unresolved"), "error", "bad")
        )
    if paused:
        text = ngettext(
            "%(n)d rollout is paused and goes on when somebody says so.",
            "%(n)d rollouts are paused and go on when somebody says so.",
            paused,
        )
        matters.append((text, paused, rollouts_url(state__exact="paused"), "pause", "warn"))
    return [_matter(*matter) for matter in matters]


def client_matters(counts: stats.ClientCounts, dates: stats.ClientDates) -> list[Matter]:
    behind = counts.by_schema[schema_state.BEHIND]
    missing = counts.by_schema[schema_state.MISSING]
    matters = [
        (
            ngettext(
                "The schema of %(n)d client is not in the database any more.",
                "The schemas of %(n)d clients are not in the database any more.",
                missing,
            ),
            missing,
            clients_url(schema=schema_state.MISSING),
            "error",
            "bad",
        ),
        (
            ngettext(
                "The schema of %(n)d client is behind this version of the console.",
                "The schemas of %(n)d clients are behind this version of the console.",
                behind,
            ),
            behind,
            clients_url(schema=schema_state.BEHIND),
            "history",
            "warn",
        ),
        (
            ngettext(
                "The trial of %(n)d client is over.",
                "The trials of %(n)d clients are over.",
                dates.trial_over,
            ),
            dates.trial_over,
            clients_url(trial="over"),
            "hourglass_disabled",
            "warn",
        ),
        (
            ngettext(
                "The data of %(n)d archived client need not be kept any longer.",
                "The data of %(n)d archived clients need not be kept any longer.",
                dates.removal_due,
            ),
            dates.removal_due,
            clients_url(
                status=ClientStatus.ARCHIVED.value,
                removal_on__lte=timezone.localdate().isoformat(),
                provisioned_at__isnull="False",
            ),
            "auto_delete",
            "info",
        ),
        (
            ngettext(
                "Nobody of %(n)d active client was there for %(days)d days.",
                "Nobody of %(n)d active clients was there for %(days)d days.",
                dates.quiet,
            ),
            dates.quiet,
            clients_url(status=ClientStatus.ACTIVE.value, activity="quiet"),
            "bedtime",
            "info",
        ),
    ]
    return [_matter(*matter) for matter in matters if matter[1]]


def _matter(text: str, number: int, url: str, icon: str, tone: str) -> Matter:
    return Matter(text % {"n": number, "days": stats.QUIET_AFTER.days}, url, icon, tone)
