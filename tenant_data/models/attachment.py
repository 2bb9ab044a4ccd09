from __future__ import annotations

import secrets
from typing import Any, ClassVar

from django.conf import settings
from django.db import models, transaction
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

from console import limits
from tenant_data.models.task import Task


def stored_name(attachment: Attachment, filename: str) -> str:
    """Nothing of what the sender called the file: that is in the row."""
    return f"attachments/{secrets.token_urlsafe(24)}"


class Attachment(models.Model):
    """A file that belongs to a task."""

    task = models.ForeignKey(
        Task, models.CASCADE, related_name="attachments", verbose_name=_("task")
    )
    file = models.FileField(_("file"), upload_to=stored_name, max_length=100)
    name = models.CharField(_("name"), max_length=150)
    content_type = models.CharField(_("type"), max_length=100, editable=False)
    #: In bytes; what the plan's storage is counted by.
    size = models.PositiveBigIntegerField(_("size"), editable=False)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="attachments",
        verbose_name=_("uploaded by"),
    )
    created_at = models.DateTimeField(_("uploaded"), auto_now_add=True)

    history_words: ClassVar[dict[str, Any]] = {"size": filesizeformat}

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        ordering = ("-created_at", "-pk")
        default_permissions = ("add", "delete", "view")
        constraints = (
            models.UniqueConstraint(fields=("file",), name="tenant_data_attachment_one_file"),
        )

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Raises ``LimitReached`` where the plan has no room for the file.

        The file is written before the row: where there is no row in the end, it is taken back.
        """
        was_stored = self.file._committed
        try:
            with transaction.atomic():
                if self._state.adding:
                    limits.check("storage", adding=self.size)
                super().save(*args, **kwargs)
        except BaseException:
            if self.file._committed and not was_stored:
                self.file.storage.delete(self.file.name)
            raise

    def history_subject(self) -> Any:
        return self.task
