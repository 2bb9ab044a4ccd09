"""The staff's home page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from console.dashboard.steps import Step, link_if
from tenants import stats
from tenants.admin.base import STATE_LABELS
from tenants.models import Operation

LATEST = 8


def home(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What the template shows, within what the user may see; the same queries for any data."""
    sees_clients = request.user.has_perm("tenants.view_client")
    sees_operations = request.user.has_perm("tenants.view_operation") or request.user.has_perm(
        "tenants.provision_client"
    )
    if sees_clients:
        counts = stats.client_counts()
        context["clients"] = counts
        if not counts.total:
            context["steps"] = _first_steps(request)
    if sees_operations:
        context["operations"] = stats.operation_counts()
        context["failed_migrations"] = stats.failed_migrations()
        context["latest"] = [_row(row) for row in stats.latest_operations(LATEST)]
    context["sees_nothing"] = not (sees_clients or sees_operations)
    return context


def _row(operation: Operation) -> dict[str, Any]:
    return {
        "operation": operation,
        "variant": STATE_LABELS[operation.state],
        "is_new": timezone.now() - operation.created_at < timedelta(minutes=1),
    }


def _first_steps(request: HttpRequest) -> list[Step]:
    may = request.user.has_perm
    return [
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
