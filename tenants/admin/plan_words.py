"""A plan's price, limits and features in words."""

from __future__ import annotations

from django.template.defaultfilters import filesizeformat
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenants.models import BillingPeriod, Feature, Plan


def price_of(plan: Plan) -> str:
    """Such as “49.00 EUR a month”."""
    if not plan.price:
        return _("Free of charge")
    words = {"price": number_format(plan.price, 2, force_grouping=True), "currency": plan.currency}
    if plan.billing_period == BillingPeriod.YEAR:
        return _("%(price)s %(currency)s a year") % words
    return _("%(price)s %(currency)s a month") % words


def limits_of(plan: Plan) -> str:
    """Such as “25 users, 5.0 GB”: only what is limited."""
    limits = []
    if (n := plan.max_users) is not None:
        limits.append(ngettext("%(n)s user", "%(n)s users", n) % {"n": _number(n)})
    if (n := plan.max_projects) is not None:
        limits.append(ngettext("%(n)s project", "%(n)s projects", n) % {"n": _number(n)})
    if (n := plan.max_tasks) is not None:
        limits.append(ngettext("%(n)s task", "%(n)s tasks", n) % {"n": _number(n)})
    if (n := plan.max_storage_mb) is not None:
        limits.append(filesizeformat(n * 1024 * 1024))
    return ", ".join(limits) or _("No limits")


def features_of(plan: Plan) -> str:
    """The labels of what the plan switches on."""
    on = [str(feature.label) for feature in Feature if plan.has(feature)]
    return ", ".join(on) or _("None")


def _number(n: int) -> str:
    return number_format(n, 0, force_grouping=True)
