"""What the list of clients and the page of one say in the same words: its address, days, times."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext as _t

from tenants import stats
from tenants.admin.state_badge import label
from tenants.models import Client, ClientStatus
from tenants.operations.invite import address as address_of


def address_link(client: Client) -> str | SafeString | None:
    """The primary domain; a link where somebody answers. Needs a client that the list of clients
    has annotated."""
    if not client.primary_domain:
        return None
    if client.status != ClientStatus.ACTIVE:
        return client.primary_domain
    return format_html(
        '<a class="tenants-link" href="{}" target="_blank" rel="noopener">{}</a>',
        address_of(client.primary_domain, client.origin),
        client.primary_domain,
    )


def trial_end(client: Client) -> SafeString | None:
    """The last day of the trial, with a warning where it is near or over."""
    day, today = client.trial_ends_on, timezone.localdate()
    if day is None:
        return None
    if client.is_archived:
        warning = SafeString("")
    elif day < today:
        warning = label(_t("Over"), "danger")
    elif day <= today + stats.TRIAL_SOON:
        warning = label(_t("Soon"), "warning")
    else:
        warning = SafeString("")
    return format_html('<span class="tenants-day">{} {}</span>', day_of(day), warning)


def day_of(day: date) -> SafeString:
    return format_html(
        '<time datetime="{}">{}</time>', day.isoformat(), date_format(day, "DATE_FORMAT")
    )


def ago(moment: datetime) -> SafeString:
    """How long ago, in one unit; the moment itself for those who point at it."""
    is_now = timezone.now() - moment < timedelta(minutes=1)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(),
        date_format(timezone.localtime(moment), "DATETIME_FORMAT"),
        _t("Just now") if is_now else _t("%(time)s ago") % {"time": timesince(moment, depth=1)},
    )
