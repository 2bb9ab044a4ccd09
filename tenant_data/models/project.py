from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from console import limits
from console.names import composed, validate_name
from tenant_data.models.bounds import LONG_TEXT, USUAL_DAYS
from tenant_data.models.colours import Colour, ColourField
from tenant_data.models.customer import Customer


class ProjectStatus(models.TextChoices):
    PLANNED = "planned", _("Planned")
    ACTIVE = "active", _("Active")
    PAUSED = "paused", _("Paused")
    DONE = "done", _("Done")


class ProjectQuerySet(limits.CountedQuerySet):
    def get_by_natural_key(self, key: str) -> Project:
        return self.get(key=key)


class Project(models.Model):
    """A piece of work with an end, made of tasks."""

    key = models.CharField(
        _("key"),
        max_length=10,
        unique=True,
        validators=[
            RegexValidator(
                r"\A[A-Z][A-Z0-9]{1,9}\Z",
                _("Use two to ten capital letters and digits, a letter first."),
            )
        ],
        error_messages={"unique": _("There is a project with this key already.")},
        help_text=_("Begins the reference of each task, as WEB in WEB-12."),
    )
    name = models.CharField(_("name"), max_length=120, validators=[validate_name])
    description = models.TextField(_("description"), blank=True, validators=LONG_TEXT)
    status = models.CharField(
        _("status"), max_length=10, choices=ProjectStatus.choices, default=ProjectStatus.ACTIVE
    )
    colour = ColourField(default=Colour.BLUE)
    customer = models.ForeignKey(
        Customer,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="projects",
        verbose_name=_("customer"),
    )
    lead = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="led_projects",
        verbose_name=_("lead"),
        help_text=_("Who answers for the project."),
    )
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        blank=True,
        related_name="projects",
        verbose_name=_("members"),
        help_text=_("Who works on it. Everybody else with an account can see it too."),
    )
    starts_on = models.DateField(_("start"), null=True, blank=True, validators=USUAL_DAYS)
    due_on = models.DateField(_("due"), null=True, blank=True, validators=USUAL_DAYS)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    #: The highest number that a task of the project ever had: none is given twice.
    last_number = models.PositiveIntegerField(default=0, editable=False)

    #: What a plan counts projects as; see ``console.limits``.
    counted_as = "projects"

    objects = ProjectQuerySet.as_manager()

    class Meta:
        verbose_name = _("project")
        verbose_name_plural = _("projects")
        ordering = ("name", "key")
        default_permissions = ("add", "change", "delete", "view", "import", "export")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(status__in=ProjectStatus.values),
                name="tenant_data_project_status_known",
            ),
            models.CheckConstraint(
                condition=models.Q(starts_on=None)
                | models.Q(due_on=None)
                | models.Q(due_on__gte=models.F("starts_on")),
                name="tenant_data_project_dates_in_order",
                violation_error_message=_("The project cannot be due before it starts."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.key} · {self.name}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Raises ``LimitReached`` for one more than the plan allows."""
        with limits.held(self):
            super().save(*args, **kwargs)

    def clean(self) -> None:
        self.name = composed(self.name)
        if self.starts_on and self.due_on and self.due_on < self.starts_on:
            raise ValidationError({"due_on": _t("The project cannot be due before it starts.")})
        limits.check_new(self)

    def natural_key(self) -> tuple[str]:
        return (self.key,)
