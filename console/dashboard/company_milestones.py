"""Milestones that are due, and how much of each is done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.dashboard.company_lists import tasks_url
from console.dashboard.steps import link_if
from tenant_data import stats
from tenant_data.stats import Ahead

SHOWN = 8
AHEAD = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Due:
    """A milestone, and how much of it is done."""

    ahead: Ahead
    url: str
    when: str
    is_overdue: bool
    text: str
    #: Of a hundred.
    percent: int


def milestones_due(request: HttpRequest) -> dict[str, Any]:
    """Those that are due soon or overdue, and the ways to all of them and to a new one."""
    ahead = stats.milestones_ahead(AHEAD, SHOWN)
    may = request.user.has_perm
    name = "admin:tenant_data_milestone"
    return {
        "milestones": [_due(one) for one in ahead],
        "ahead_days": AHEAD.days,
        "all_milestones": link_if(True, f"{name}_changelist", _("All milestones")),
        "add_milestone": link_if(
            may("tenant_data.add_milestone"), f"{name}_add", _("Add a milestone")
        ),
    }


def _due(ahead: Ahead) -> Due:
    milestone, total, done = ahead.milestone, ahead.total, ahead.done
    days = (milestone.due_on - timezone.localdate()).days
    if days < 0:
        when = ngettext("%(n)d day late", "%(n)d days late", -days) % {"n": -days}
    elif days == 0:
        when = _("today")
    else:
        when = ngettext("in %(n)d day", "in %(n)d days", days) % {"n": days}
    text = ngettext(
        "%(done)d of %(total)d task done", "%(done)d of %(total)d tasks done", total
    ) % {"done": done, "total": total}
    return Due(
        ahead,
        tasks_url(milestone__id__exact=milestone.pk),
        when,
        days < 0,
        text if total else _("no tasks yet"),
        done * 100 // total if total else 0,
    )
