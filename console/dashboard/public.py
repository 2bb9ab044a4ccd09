"""The staff's home page: what needs attention, the numbers, and the lists behind them."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.dashboard.attention import Matter, client_matters, operation_matters
from console.dashboard.cards import Card
from console.dashboard.changes import newest_changes
from console.dashboard.charts import Bar, scaled
from console.dashboard.lists import clients_url, operations_url
from console.dashboard.steps import Step, link_if
from console.sites import public_site
from tenants import schema_state, stats
from tenants.admin.base import STATE_LABELS, client_url, may_follow, operation_url
from tenants.models import ClientStatus, Operation

LATEST = 8
TRIALS = 8
MONTHS = 12


def home(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What the template shows, within what the user may see.

    The same queries for any data, but for one more for each model that the newest changes name.
    """
    may = request.user.has_perm
    sees_clients = may("tenants.view_client") or may("tenants.change_client")
    sees_operations = may_follow(request)
    context["sees_nothing"] = not (sees_clients or sees_operations)
    cards: list[Card] = []
    matters: list[Matter] = []
    if sees_operations:
        operations = stats.operation_counts()
        cards += _operation_cards(operations)
        matters += operation_matters(
            operations, worker_there=stats.is_worker_there(), paused=stats.paused_rollouts()
        )
        context["latest"] = [_row(row) for row in stats.latest_operations(LATEST)]
    if sees_clients:
        counts = stats.client_counts()
        dates = stats.client_dates()
        if counts.total:
            context["charts"] = _charts(counts)
            context["trials"] = [_trial(client) for client in stats.trials_ending(TRIALS)]
            context["trials_url"] = clients_url(trial="soon")
            context["trial_days"] = stats.TRIAL_SOON.days
            context["more_trials"] = max(dates.trial_soon - TRIALS, 0)
        else:
            context["steps"] = _first_steps(request)
        cards = [*_client_cards(counts, dates), *cards]
        matters += client_matters(counts, dates)
    context["changes"] = newest_changes(request, public_site, LATEST)
    context["cards"] = [] if "steps" in context else cards
    context["matters"] = matters
    return context


# --- Numbers --------------------------------------------------------------------------------------


def _client_cards(counts: stats.ClientCounts, dates: stats.ClientDates) -> list[Card]:
    ready, none = counts.by_schema[schema_state.READY], counts.by_schema[schema_state.NONE]
    behind = counts.by_schema[schema_state.BEHIND]
    archived = _("%(n)d archived") % {"n": counts.archived} if counts.archived else ""
    list_url = clients_url()
    return [
        Card(_("Clients in use"), counts.in_use, list_url, "apartment", archived),
        Card(
            _("Schemas up to date"), ready, clients_url(schema=schema_state.READY), "check_circle"
        ),
        Card(
            _("Schemas behind"),
            behind,
            clients_url(schema=schema_state.BEHIND),
            "history",
            tone="warn",
        ),
        Card(
            _("Without a schema"),
            none,
            clients_url(schema=schema_state.NONE),
            "pending",
            tone="warn",
        ),
        Card(
            _("Trials ending in %(n)d days") % {"n": stats.TRIAL_SOON.days},
            dates.trial_soon,
            clients_url(trial="soon"),
            "hourglass_bottom",
            tone="info",
        ),
    ]


def _operation_cards(counts: stats.OperationCounts) -> list[Card]:
    note = _("%(n)d running") % {"n": counts.running} if counts.running else ""
    return [
        Card(_("Under way"), counts.open, operations_url(state="open"), "sync", note, "info"),
        Card(
            _("Failed operations"),
            counts.unresolved,
            operations_url(state="unresolved"),
            "error",
            tone="bad",
        ),
    ]


# --- Charts ---------------------------------------------------------------------------------------


def _charts(counts: stats.ClientCounts) -> dict[str, list[Bar]]:
    by_status = [
        _bar(str(status.label), counts.by_status[status], clients_url(status=status.value), status)
        for status in ClientStatus
    ]
    by_plan = [
        _bar(plan.name, counts.by_plan.get(plan.pk, 0), clients_url(plan__id__exact=plan.pk))
        for plan in stats.plans()
        if counts.by_plan.get(plan.pk)
    ]
    if without := counts.by_plan.get(None):
        by_plan.append(_bar(_("No plan"), without, clients_url(plan__isnull="True")))
    months = [_month(day, number) for day, number in stats.sign_ups(MONTHS)]
    return {
        "by_status": scaled(by_status),
        "by_plan": scaled(by_plan),
        "months": scaled(months),
    }


def _bar(label: str, number: int, url: str, kind: str = "") -> Bar:
    return Bar(label, number, url, _in_words(label, number), kind=str(kind))


def _month(first_day: date, number: int) -> Bar:
    last_day = first_day.replace(day=monthrange(first_day.year, first_day.month)[1])
    url = clients_url(
        status="all", created_at_from=first_day.isoformat(), created_at_to=last_day.isoformat()
    )
    text = _in_words(date_format(first_day, "F Y"), number)
    return Bar(date_format(first_day, "M"), number, url, text)


def _in_words(what: str, number: int) -> str:
    text = ngettext("%(what)s: %(n)d client", "%(what)s: %(n)d clients", number)
    return text % {"what": what, "n": number}


# --- Lists ----------------------------------------------------------------------------------------


def _trial(client: Any) -> dict[str, Any]:
    days = (client.trial_ends_on - timezone.localdate()).days
    if days == 0:
        when = _("today")
    else:
        when = ngettext("in %(n)d day", "in %(n)d days", days) % {"n": days}
    return {"client": client, "url": client_url(client), "when": when}


def _row(operation: Operation) -> dict[str, Any]:
    return {
        "operation": operation,
        "url": operation_url(operation),
        "variant": STATE_LABELS[operation.state],
        "is_new": timezone.now() - operation.created_at < timedelta(minutes=1),
    }


def _first_steps(request: HttpRequest) -> list[Step]:
    may = request.user.has_perm
    return [
        Step(
            _("Make your plans"),
            _("What clients pay for: a price, limits, and what is switched on."),
            bool(stats.plans()),
            link_if(may("tenants.add_plan"), "admin:tenants_plan_add", _("Add a plan"))
            + link_if(may("tenants.import_plan"), "admin:tenants_plan_import", _("Import a file")),
        ),
        Step(
            _("Add your first client"),
            _("A client is a company: its name, its address, and who gets the first account."),
            False,
            link_if(may("tenants.add_client"), "admin:tenants_client_add", _("Add a client")),
        ),
        Step(
            _("Or bring all of them at once"),
            _("A CSV or Excel file, a line per client. You see what it does before it is done."),
            False,
            link_if(
                may("tenants.import_client"), "admin:tenants_client_import", _("Import a file")
            ),
        ),
        Step(
            _("Create their schemas"),
            _("Each client gets a room of its own in the database, made while you watch."),
            False,
            (),
        ),
        Step(
            _("Pass on the sign-in link"),
            _("The first admin of a client sets a password through it and does the rest alone."),
            False,
            (),
        ),
    ]
