from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


class ProjectQuerySet(models.QuerySet["Project"]):
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
    name = models.CharField(_("name"), max_length=120)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = ProjectQuerySet.as_manager()

    class Meta:
        verbose_name = _("project")
        verbose_name_plural = _("projects")
        ordering = ("name", "key")
        default_permissions = ("add", "change", "delete", "view", "import", "export")

    def __str__(self) -> str:
        return f"{self.key} · {self.name}"

    def natural_key(self) -> tuple[str]:
        return (self.key,)
