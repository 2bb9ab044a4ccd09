from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from console.names import validate_name


class BillingPeriod(models.TextChoices):
    MONTH = "month", _("Monthly")
    YEAR = "year", _("Yearly")


class Feature(models.TextChoices):
    """What a plan can switch on. The tenant's side asks for it by these values."""

    ATTACHMENTS = "attachments", _("Attachments")
    TIME_TRACKING = "time_tracking", _("Time tracking")
    CUSTOMERS = "customers", _("Customers")
    BRANDING = "branding", _("Own colours and logo")
    DATA_EXPORT = "data_export", _("Export of all data")


class Limit(models.TextChoices):
    """What a plan can limit; the values are those that the tenants' side counts by."""

    USERS = "users", _("Users")
    PROJECTS = "projects", _("Projects")
    TASKS = "tasks", _("Tasks")
    STORAGE = "storage", _("Storage")


def _limit(verbose_name: Any) -> models.PositiveIntegerField[int | None, int | None]:
    return models.PositiveIntegerField(
        verbose_name, null=True, blank=True, help_text=_("Empty: no limit.")
    )


class PlanQuerySet(models.QuerySet["Plan"]):
    def offered(self) -> PlanQuerySet:
        """Those that a client can be given."""
        return self.filter(is_retired=False)

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
    name = models.CharField(_("name"), max_length=80, validators=[validate_name])
    description = models.CharField(_("description"), max_length=200, blank=True)
    price = models.DecimalField(
        _("price"),
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

    billing_period = models.CharField(
        _("billing period"),
        max_length=5,
        choices=BillingPeriod.choices,
        default=BillingPeriod.MONTH,
    )
    max_users = _limit(_("users"))
    max_projects = _limit(_("projects"))
    max_tasks = _limit(_("tasks"))
    max_storage_mb = _limit(_("storage (MB)"))
    features = ArrayField(
        models.CharField(max_length=20, choices=Feature.choices),
        verbose_name=_("features"),
        default=list,
        blank=True,
    )
    position = models.PositiveSmallIntegerField(
        _("order"), default=0, help_text=_("Plans are listed by this number, the smallest first.")
    )
    is_retired = models.BooleanField(
        _("retired"),
        default=False,
        help_text=_("Clients that have it keep it; nobody else can be given it."),
    )

    objects = PlanQuerySet.as_manager()

    class Meta:
        verbose_name = _("plan")
        verbose_name_plural = _("plans")
        ordering = ("position", "name")
        default_permissions = ("add", "change", "delete", "view", "import", "export")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(price__gte=0), name="tenants_plan_price_not_negative"
            ),
        )

    def __str__(self) -> str:
        return self.name

    def natural_key(self) -> tuple[Any, ...]:
        return (self.code,)

    def has(self, feature: Feature) -> bool:
        return feature.value in self.features

    def limits(self) -> dict[str, int | None]:
        """The limit of each kind (``None``: there is none); storage in bytes."""
        storage = self.max_storage_mb
        return {
            Limit.USERS.value: self.max_users,
            Limit.PROJECTS.value: self.max_projects,
            Limit.TASKS.value: self.max_tasks,
            Limit.STORAGE.value: None if storage is None else storage * 1024 * 1024,
        }
