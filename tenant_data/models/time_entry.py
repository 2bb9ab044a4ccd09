from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenant_data.models.bounds import USUAL_DAYS
from tenant_data.models.task import Task

A_DAY = 24 * 60


def hours(minutes: int) -> str:
    """Minutes as people write them: ``1:30``."""
    return f"{minutes // 60}:{minutes % 60:02d}"


class TimeEntry(models.Model):
    """Time that somebody spent on a task, on one day.

    Nobody who has booked time can be deleted: somebody may have paid for it.
    """

    task = models.ForeignKey(
        Task, models.PROTECT, related_name="time_entries", verbose_name=_("task")
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="time_entries",
        verbose_name=_("person"),
    )
    spent_on = models.DateField(_("day"), default=timezone.localdate, validators=USUAL_DAYS)
    minutes = models.PositiveSmallIntegerField(
        _("minutes"), validators=[MinValueValidator(1), MaxValueValidator(A_DAY)]
    )
    note = models.CharField(_("note"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("booked"), auto_now_add=True)

    history_words: ClassVar[dict[str, Any]] = {"minutes": hours}

    class Meta:
        verbose_name = _("time entry")
        verbose_name_plural = _("time entries")
        ordering = ("-spent_on", "-pk")
        default_permissions = ("add", "change", "delete", "view", "export")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(minutes__gte=1, minutes__lte=A_DAY),
                name="tenant_data_timeentry_within_a_day",
            ),
        )
        indexes = (
            models.Index(fields=("person", "-spent_on"), name="tenant_data_time_of_person"),
            models.Index(fields=("-spent_on", "-id"), name="tenant_data_time_newest"),
        )

    def __str__(self) -> str:
        return f"{self.in_hours} · {self.task}"

    @property
    def in_hours(self) -> str:
        return hours(self.minutes)

    def history_subject(self) -> Any:
        return self.task
