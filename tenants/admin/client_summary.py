"""How things stand with a client, at the top of its page: what support is asked about first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join, linebreaks
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from console.history.access import may_read
from console.history.models import LogEntry
from console.history.words import in_words
from tenants.admin.base import link, may_follow, operation_url
from tenants.admin.client_words import address_link, trial_end
from tenants.admin.state_badge import badge, status_badge
from tenants.models import Client, Operation, OperationState


@dataclass(frozen=True, slots=True)
class Fact:
    label: str
    value: str | SafeString
    #: Takes the whole width; the other one, on a phone.
    is_long: bool = False
    is_wide: bool = False


@dataclass(frozen=True, slots=True)
class ClientSummary:
    facts: list[Fact]
    #: What an archived client's page says first; else empty.
    note: str


def summary_of(client: Client, request: HttpRequest) -> ClientSummary:
    """What this user may see of the client; of the optional facts those that are there.

    Needs a client as the list of clients annotates it.
    """
    facts = [
        (_("Status"), _status(client, request)),
        (_("Schema"), badge(client)),
        (_("Address"), address_link(client) or _("None yet")),
        (_("Plan"), _plan(client, request)),
        (_("Trial ends"), trial_end(client)),
        (_("Contact"), _contact(client)),
        (_("Latest operation"), _latest_operation(client, request)),
        (_("Last active"), _moment(client.last_active_at) or _("Never")),
        (_("Created"), _moment(client.created_at)),
        (_("Tags"), ", ".join(client.tags)),
    ]
    wide = (_("Contact"), _("Latest operation"))
    shown = [Fact(label, value, is_wide=label in wide) for label, value in facts if value]
    if client.notes:
        shown.append(Fact(_("Notes"), SafeString(linebreaks(client.notes, True)), is_long=True))
    return ClientSummary(shown, _note(client))


def _status(client: Client, request: HttpRequest) -> SafeString:
    if client.is_suspended:
        return format_html("{} {}", status_badge(client), _why_suspended(client, request))
    if not client.is_archived or client.removal_on is None:
        return status_badge(client)
    until = _("kept until %(day)s") % {"day": date_format(client.removal_on)}
    return format_html("{} {}", status_badge(client), until)


def _why_suspended(client: Client, request: HttpRequest) -> str:
    """Since when a suspended client is closed, and to those who may read the history the reason
    that was given."""
    since = _("since %(day)s") % {"day": date_format(localtime(client.suspended_at))}
    if not may_read(request):
        return since
    entry = LogEntry.objects.about(client).filter(event="suspended").first()
    reason = (entry.additional_data or {}).get("reason") if entry else ""
    return f"{since}: {reason}" if reason else since


def _plan(client: Client, request: HttpRequest) -> str | SafeString:
    if client.plan is None:
        return ""
    if not request.user.has_perm("tenants.view_plan"):
        return str(client.plan)
    return link(reverse("admin:tenants_plan_change", args=[client.plan.pk]), client.plan)


def _contact(client: Client) -> SafeString:
    """The name, and ways to write and to call."""
    ways: list[Any] = [client.contact_name] if client.contact_name else []
    if client.contact_email:
        ways.append(link(f"mailto:{quote(client.contact_email, safe='@')}", client.contact_email))
    if client.contact_phone:
        # “+49 (0)30 …” is dialled without what is in brackets.
        written = client.contact_phone.replace("(0)", "")
        number = "".join(sign for sign in written if sign in "+0123456789")
        ways.append(link(f"tel:{number}", client.contact_phone) if number else client.contact_phone)
    return format_html_join("", '<span class="client-way">{}</span>', ((way,) for way in ways))


def _latest_operation(client: Client, request: HttpRequest) -> str | SafeString:
    if not client.latest:
        return ""
    operation = Operation(pk=client.latest["id"], kind=client.latest["kind"])
    state = OperationState(client.latest["state"]).label.lower()
    if not may_follow(request):
        return f"{operation}, {state}"
    every = f"{reverse('admin:tenants_operation_changelist')}?client__id__exact={client.pk}"
    return format_html(
        "{}, {} \N{MIDDLE DOT} {}",
        link(operation_url(operation), operation),
        state,
        link(every, _("all operations")),
    )


def _note(client: Client) -> str:
    if not client.is_archived:
        return ""
    if client.is_provisioned:
        return _("This client is archived. Restore it before you change anything.")
    return _(
        "This client is archived. Restore it before you change anything; its domains alone can be "
        "taken away, so that another client can have them."
    )


def _moment(moment: datetime | None) -> SafeString | None:
    if moment is None:
        return None
    return format_html('<time datetime="{}">{}</time>', moment.isoformat(), in_words(moment))
