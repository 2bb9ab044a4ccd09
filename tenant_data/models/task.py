from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from tenant_data.models.project import Project

REFERENCE = re.compile(r"(?P<key>[A-Z][A-Z0-9]{1,9})-(?P<number>[1-9][0-9]{0,8})")


class TaskStatus(models.TextChoices):
    OPEN = "open", _("Open")
    IN_PROGRESS = "in_progress", _("In progress")
    REVIEW = "review", _("In review")
    DONE = "done", _("Done")


class TaskPriority(models.IntegerChoices):
    LOW = 1, _("Low")
    NORMAL = 2, _("Normal")
    HIGH = 3, _("High")
    URGENT = 4, _("Urgent")


class TaskQuerySet(models.QuerySet["Task"]):
    def get_by_natural_key(self, key: str, number: int) -> Task:
        return self.get(project__key=key, number=number)


class Task(models.Model):
    """Something to do in a project. Known to people by its reference, as WEB-12."""

    project = models.ForeignKey(
        Project, models.PROTECT, related_name="tasks", verbose_name=_("project")
    )
    number = models.PositiveIntegerField(
        _("number"),
        blank=True,
        help_text=_("Leave empty for the project's next number."),
    )
    title = models.CharField(_("title"), max_length=200)
    description = models.TextField(_("description"), blank=True)
    status = models.CharField(
        _("status"), max_length=12, choices=TaskStatus.choices, default=TaskStatus.OPEN
    )
    priority = models.PositiveSmallIntegerField(
        _("priority"), choices=TaskPriority.choices, default=TaskPriority.NORMAL
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="tasks",
        verbose_name=_("assignee"),
    )
    due_on = models.DateField(_("due"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects = TaskQuerySet.as_manager()

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        ordering = ("project__key", "number")
        default_permissions = ("add", "change", "delete", "view", "import", "export")
        constraints = (
            models.UniqueConstraint(
                fields=("project", "number"),
                name="tenant_data_task_reference",
                violation_error_message=_("The project has a task with this number already."),
            ),
            models.CheckConstraint(
                condition=models.Q(number__gte=1), name="tenant_data_task_number_positive"
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=TaskStatus.values),
                name="tenant_data_task_status_known",
            ),
            models.CheckConstraint(
                condition=models.Q(priority__in=TaskPriority.values),
                name="tenant_data_task_priority_known",
            ),
        )
        indexes = (models.Index(fields=("status", "due_on"), name="tenant_data_task_status_due"),)

    def __str__(self) -> str:
        return f"{self.reference} {self.title}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, giving the task its project's next number where it has none.

        Locks the project's row until the transaction ends, so that no two tasks get one number.
        """
        if self.number is not None:
            super().save(*args, **kwargs)
            return
        with transaction.atomic():
            Project.objects.select_for_update().get(pk=self.project_id)
            highest = Task.objects.filter(project_id=self.project_id).aggregate(n=Max("number"))
            self.number = (highest["n"] or 0) + 1
            super().save(*args, **kwargs)

    def natural_key(self) -> tuple[str, int]:
        return (self.project.key, self.number)

    @property
    def reference(self) -> str:
        """What people call the task; unique in the tenant, unlike the number."""
        return f"{self.project.key}-{self.number}"
