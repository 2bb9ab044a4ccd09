from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from console import limits
from console.names import validate_name
from tenant_data.models.bounds import LONG_TEXT, USUAL_DAYS
from tenant_data.models.label import Label
from tenant_data.models.milestone import Milestone
from tenant_data.models.project import Project

#: The highest number that somebody may choose for a task. From there on a project still has more
#: numbers to give than there will be tasks.
HIGHEST = 9_999_999
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


class TaskQuerySet(limits.CountedQuerySet):
    def get_by_natural_key(self, key: str, number: int) -> Task:
        return self.get(project__key=key, number=number)

    def bulk_create(self, objs: Any, *args: Any, **kwargs: Any) -> list[Any]:
        """Raises ``LimitReached`` as one save for each would. Those without a number get their
        projects' next ones, in their order."""
        objs = list(objs)
        for task in objs:
            task.keep_done_at()
        give_numbers(objs)
        created = super().bulk_create(objs, *args, **kwargs)
        highest: dict[int, int] = {}
        for task in objs:
            highest[task.project_id] = max(highest.get(task.project_id, 0), task.number)
        for project_id, number in sorted(highest.items()):
            note_number(project_id, number)
        return created


class Task(models.Model):
    """Something to do in a project. Known to people by its reference, as WEB-12."""

    project = models.ForeignKey(
        Project, models.PROTECT, related_name="tasks", verbose_name=_("project")
    )
    number = models.PositiveIntegerField(
        _("number"),
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(HIGHEST)],
        help_text=_("Leave empty for the project's next number."),
    )
    title = models.CharField(_("title"), max_length=200, validators=[validate_name])
    description = models.TextField(_("description"), blank=True, validators=LONG_TEXT)
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
    due_on = models.DateField(_("due"), null=True, blank=True, validators=USUAL_DAYS)
    milestone = models.ForeignKey(
        Milestone,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="tasks",
        verbose_name=_("milestone"),
    )
    parent = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="parts",
        verbose_name=_("part of"),
        help_text=_("A larger task of the same project that this one is a part of."),
    )
    estimate = models.DecimalField(
        _("estimate (hours)"),
        max_digits=6,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
    )
    labels = models.ManyToManyField(
        Label, blank=True, related_name="tasks", verbose_name=_("labels")
    )
    position = models.PositiveIntegerField(
        _("order"),
        default=0,
        help_text=_("Where tasks are sorted by their order, the smallest number comes first."),
    )
    #: When the status became “done”; the database keeps the two together.
    done_at = models.DateTimeField(_("done"), null=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    #: What the name of one is made of, for who reads many.
    named_with = ("project",)
    #: Set by who has checked the parents of many tasks together.
    parent_is_checked = False
    #: What a plan counts tasks as; see ``console.limits``.
    counted_as = "tasks"

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
            # Every part is in the project of the whole: the other half is in the migration.
            models.UniqueConstraint(fields=("id", "project"), name="tenant_data_task_of_project"),
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
            models.CheckConstraint(
                condition=models.Q(estimate=None) | models.Q(estimate__gte=0),
                name="tenant_data_task_estimate_not_negative",
            ),
            models.CheckConstraint(
                condition=models.Q(status=TaskStatus.DONE, done_at__isnull=False)
                | models.Q(~models.Q(status=TaskStatus.DONE), done_at=None),
                name="tenant_data_task_done_has_a_time",
            ),
            models.CheckConstraint(
                condition=models.Q(parent=None) | ~models.Q(parent=models.F("id")),
                name="tenant_data_task_no_part_of_itself",
                violation_error_message=_("A task cannot be a part of itself."),
            ),
        )
        indexes = (
            models.Index(fields=("status", "due_on"), name="tenant_data_task_status_due"),
            models.Index(
                fields=("assignee", "status", "due_on"), name="tenant_data_task_of_person"
            ),
            models.Index(fields=("project", "status"), name="tenant_data_task_by_project"),
            # What is next in each project, and how much of it is late.
            models.Index(
                fields=("project", "due_on"),
                condition=~models.Q(status=TaskStatus.DONE),
                name="tenant_data_task_next",
            ),
            models.Index(fields=("done_at",), name="tenant_data_task_done_at"),
            models.Index(fields=("created_at",), name="tenant_data_task_created_at"),
            # What is left to do, of everybody, without a look at the tasks themselves.
            models.Index(
                fields=("assignee", "due_on"),
                include=("estimate",),
                condition=~models.Q(status=TaskStatus.DONE),
                name="tenant_data_task_left",
            ),
        )

    def __str__(self) -> str:
        return f"{self.reference} {self.title}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, giving the task its project's next number where it has none.

        Locks the project's row until the transaction ends, so that no two tasks get one number.
        Raises ``LimitReached`` for one more than the plan allows.
        """
        with limits.held(self):
            self.keep_done_at()
            if kwargs.get("update_fields") is not None:
                kwargs["update_fields"] = {*kwargs["update_fields"], "done_at"}
            adding = self._state.adding
            if adding:
                numbers = lock_projects({self.project_id})
                if self.number is None:
                    self.number = numbers[self.project_id] + 1
            super().save(*args, **kwargs)
            if adding:
                note_number(self.project_id, self.number)

    def clean(self) -> None:
        errors = {}
        if self.milestone_id and self.milestone.project_id != self.project_id:
            errors["milestone"] = _t("This milestone belongs to another project.")
        if self.parent_id and not self.parent_is_checked:
            errors |= self._wrong_parent()
        if errors:
            raise ValidationError(errors)
        limits.check_new(self)

    def _wrong_parent(self) -> dict[str, str]:
        """Two levels are all there is: a part has no parts."""
        if self.parent_id == self.pk:
            return {"parent": _t("A task cannot be a part of itself.")}
        if self.parent.project_id != self.project_id:
            return {"parent": _t("This task belongs to another project.")}
        if self.parent.parent_id:
            return {"parent": _t("This task is a part of another one itself.")}
        if self.pk and self.parts.exists():
            return {"parent": _t("This task has parts of its own, so it cannot be one.")}
        return {}

    def keep_done_at(self) -> None:
        """Have the time at which the task was done agree with its status."""
        if self.status != TaskStatus.DONE:
            self.done_at = None
        elif self.done_at is None:
            self.done_at = timezone.now()

    def natural_key(self) -> tuple[str, int]:
        return (self.project.key, self.number)

    @property
    def reference(self) -> str:
        """What people call the task; unique in the company, unlike the number."""
        return f"{self.project.key}-{self.number}"

    @property
    def is_done(self) -> bool:
        return self.status == TaskStatus.DONE

    @property
    def is_late(self) -> bool:
        """Whether it should have been done before today, where its company is."""
        return not self.is_done and self.due_on is not None and self.due_on < timezone.localdate()


def lock_projects(keys: set[int]) -> dict[int, int]:
    """Lock the projects, in the order of their keys, until the transaction ends; returns the
    highest number that each has given. Whoever gives numbers does this first."""
    rows = Project.objects.filter(pk__in=keys).order_by("pk").select_for_update(no_key=True)
    return dict(rows.values_list("pk", "last_number"))


def give_numbers(tasks: Iterable[Task]) -> None:
    """Give the new ones without a number the next of their projects that none of the others has.

    Locks the projects of all new ones, as ``lock_projects`` says.
    """
    new = [task for task in tasks if task._state.adding]
    last = lock_projects({task.project_id for task in new})
    taken = {(task.project_id, task.number) for task in new}
    for task in new:
        if task.number is None:
            number = last[task.project_id] + 1
            while (task.project_id, number) in taken:
                number += 1
            task.number = last[task.project_id] = number


def note_number(project_id: int, number: int) -> None:
    """Have the project go on from this number, if it has not given a higher one."""
    projects = Project.objects.filter(pk=project_id, last_number__lt=number)
    projects.update(last_number=number)
