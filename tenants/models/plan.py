from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


class PlanQuerySet(models.QuerySet["Plan"]):
    def get_by_natural_key(self, code: str) -> Plan:
        return self.get(code=code)


class Plan(models.Model):
    """What a client pays for."""

    code = models.CharField(
        _("code"),
        max_length=40,
        unique=True,
        validators=[
            RegexValidator(
                r"\A[a-z][a-z0-9-]*\Z",
                _("Use a letter, then letters, digits and hyphens, all lower case."),
            )
        ],
        help_text=_("Names the plan in files; lower case, as in “team-yearly”."),
    )
    name = models.CharField(_("name"), max_length=80)
    description = models.CharField(_("description"), max_length=200, blank=True)
    monthly_price = models.DecimalField(
        _("monthly price"),
        max_digits=9,
        decimal_places=2,
        default=Decimal("0.00"),
        validators=[MinValueValidator(Decimal(0))],
    )
    currency = models.CharField(
        _("currency"),
        max_length=3,
        default="EUR",
        validators=[RegexValidator(r"\A[A-Z]{3}\Z", _("Use three capital letters, such as EUR."))],
    )

    objects = PlanQuerySet.as_manager()

    class Meta:
        verbose_name = _("plan")
        verbose_name_plural = _("plans")
        ordering = ("monthly_price", "name")
        default_permissions = ("add", "change", "delete", "view", "import", "export")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(monthly_price__gte=0), name="tenants_plan_price_not_negative"
            ),
        )

    def __str__(self) -> str:
        return self.name

    def natural_key(self) -> tuple[Any, ...]:
        return (self.code,)
