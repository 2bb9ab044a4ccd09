"""Plans from files and in files."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from console.importing.columns import Column
from console.importing.measures import Amount, Whole
from console.importing.resource import KeyedResource
from console.importing.widgets import OneOf, Several, Text, YesNo
from tenants.models import BillingPeriod, Feature, Plan


def _limit(name: str, meaning: Any, *samples: str) -> Column:
    return Column(
        attribute=name,
        widget=Whole(),
        meaning=meaning,
        samples=(samples[0], samples[1]),
        # Without “max_” is how a price list has it; “users limit” is what billing programs write.
        aliases=(name.removeprefix("max_"), f"{name.removeprefix('max_')}_limit"),
    )


class PlanResource(KeyedResource):
    """A plan by its code."""

    code = Column(
        attribute="code",
        widget=Text(lower=True),
        meaning=_("Names the plan in files, as in “team-yearly”."),
        samples=("team", "team-yearly"),
        required=True,
        key=True,
        aliases=("plan", "plan code", "sku"),
    )
    name = Column(
        attribute="name",
        widget=Text(),
        meaning=_("What people call the plan."),
        samples=("Team", "Team, paid by the year"),
        required=True,
        aliases=("plan name", "title"),
    )
    description = Column(
        attribute="description",
        widget=Text(),
        meaning=_("One line about it."),
        samples=("Up to 25 people", ""),
        aliases=("details", "Beschreibung"),
    )
    price = Column(
        attribute="price",
        widget=Amount(),
        meaning=_("An amount with a decimal point."),
        samples=("49.00", "490.00"),
        blank_keeps=True,
        aliases=("amount", "Preis"),
    )
    currency = Column(
        attribute="currency",
        widget=Text(),
        meaning=_("Three capital letters."),
        samples=("EUR", "EUR"),
        blank_keeps=True,
        aliases=("currency code", "Währung"),
    )
    billing_period = Column(
        attribute="billing_period",
        widget=OneOf(BillingPeriod),
        meaning=_("month or year."),
        samples=("month", "year"),
        blank_keeps=True,
        aliases=("period", "interval", "billing interval", "billing cycle"),
    )
    max_users = _limit("max_users", _("The most users a client has; empty: no limit."), "25", "25")
    max_projects = _limit(
        "max_projects", _("The most projects a client has; empty: no limit."), "50", ""
    )
    max_tasks = _limit("max_tasks", _("The most tasks a client has; empty: no limit."), "", "")
    max_storage_mb = _limit(
        "max_storage_mb",
        _("The most that a client's files take, in MB; empty: no limit."),
        "5120",
        "10240",
    )
    features = Column(
        attribute="features",
        widget=Several(OneOf(Feature), at_most=len(Feature)),
        meaning=_(
            "What the plan switches on, with commas between: attachments, time_tracking, "
            "customers, branding, data_export."
        ),
        samples=("attachments, branding", ""),
        aliases=("feature",),
    )
    position = Column(
        attribute="position",
        widget=Whole(),
        meaning=_("Plans are listed by this number, the smallest first."),
        samples=("20", "30"),
        blank_keeps=True,
        aliases=("order", "sort order"),
    )
    is_retired = Column(
        attribute="is_retired",
        widget=YesNo(),
        meaning=_("yes: clients that have it keep it, and nobody else can be given it."),
        samples=("no", "no"),
        blank_keeps=True,
        aliases=("retired", "archived", "inactive"),
    )

    class Meta:
        model = Plan
        import_id_fields = ("code",)
        fields = import_order = export_order = (
            "code",
            "name",
            "description",
            "price",
            "currency",
            "billing_period",
            "max_users",
            "max_projects",
            "max_tasks",
            "max_storage_mb",
            "features",
            "position",
            "is_retired",
        )

    def read_key(self, row: dict[str, str]) -> str:
        return self.fields["code"].clean(row)

    def find(self, keys: list[str], *, lock: bool) -> dict[str, Plan]:
        plans = Plan.objects.filter(code__in=keys).order_by("pk")
        if lock:
            plans = plans.select_for_update(no_key=True)
        return {plan.code: plan for plan in plans}

    def start(self, key: str, row: dict[str, str]) -> Plan:
        return Plan(code=key)

    def filter_export(self, queryset: QuerySet[Plan], **kwargs: Any) -> QuerySet[Plan]:
        return queryset.order_by("code")
