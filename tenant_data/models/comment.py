from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from tenant_data.models.task import Task


class Comment(models.Model):
    """What somebody said about a task."""

    task = models.ForeignKey(Task, models.CASCADE, related_name="comments", verbose_name=_("task"))
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="comments",
        verbose_name=_("author"),
    )
    text = models.TextField(_("text"), max_length=10_000)
    created_at = models.DateTimeField(_("written"), auto_now_add=True)
    edited_at = models.DateTimeField(_("edited"), null=True, editable=False)

    #: The history tells which comment it was and no more: somebody who deletes what should not have
    #: been said must not find it there in full.
    history_shortens: ClassVar[dict[str, int]] = {"text": 120}

    class Meta:
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        ordering = ("-created_at", "-pk")
        default_permissions = ("add", "change", "delete", "view", "export")
        constraints = (
            models.CheckConstraint(
                condition=~models.Q(text=""), name="tenant_data_comment_says_something"
            ),
        )
        indexes = (
            models.Index(fields=("task", "-created_at"), name="tenant_data_comment_of_task"),
            models.Index(fields=("-created_at", "-id"), name="tenant_data_comment_newest"),
        )

    def __str__(self) -> str:
        return Truncator(" ".join(self.text.split())).chars(60)

    def clean(self) -> None:
        self.text = self.text.replace("\r\n", "\n")

    def history_subject(self) -> Any:
        return self.task
