from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from console.names import composed, validate_name
from tenant_data.models.bounds import LONG_TEXT, USUAL_DAYS
from tenant_data.models.project import Project


class MilestoneQuerySet(models.QuerySet["Milestone"]):
    def get_by_natural_key(self, key: str, name: str) -> Milestone:
        return self.get(project__key=key, name=name)


class Milestone(models.Model):
    """A day by which some tasks of a project are to be done."""

    project = models.ForeignKey(
        Project, models.CASCADE, related_name="milestones", verbose_name=_("project")
    )
    name = models.CharField(_("name"), max_length=120, validators=[validate_name])
    description = models.TextField(_("description"), blank=True, validators=LONG_TEXT)
    due_on = models.DateField(_("due"), null=True, blank=True, validators=USUAL_DAYS)
    is_reached = models.BooleanField(_("reached"), default=False)

    #: What the name of one is made of, for who reads many.
    named_with = ("project",)

    objects = MilestoneQuerySet.as_manager()

    class Meta:
        verbose_name = _("milestone")
        verbose_name_plural = _("milestones")
        ordering = ("project__key", "due_on", "name")
        default_permissions = ("add", "change", "delete", "view", "import", "export")
        constraints = (
            models.UniqueConstraint(
                fields=("project", "name"),
                name="tenant_data_milestone_name",
                violation_error_message=_("The project has a milestone of this name already."),
            ),
            # Every task's milestone is one of its own project: the other half is in the migration.
            models.UniqueConstraint(
                fields=("id", "project"), name="tenant_data_milestone_of_project"
            ),
        )

    def __str__(self) -> str:
        return f"{self.project.key} · {self.name}"

    def natural_key(self) -> tuple[str, str]:
        return (self.project.key, self.name)

    def clean(self) -> None:
        self.name = composed(self.name)

    def history_subject(self) -> Any:
        return self.project
