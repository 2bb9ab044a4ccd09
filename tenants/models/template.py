from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class SchemaTemplate(models.Model):
    """The SQL that makes a tenant's schema as the migrations would, and far quicker."""

    #: Of the migrations that it stands for, as ``SchemaVersion`` has it.
    fingerprint = models.CharField(_("fingerprint"), max_length=64, unique=True)
    #: Stands in the SQL wherever the schema's name belongs.
    placeholder = models.CharField(_("placeholder"), max_length=40)
    sql = models.TextField(_("SQL"))
    #: Every object that it makes, with its definition, and in which words these are written down.
    catalog = models.JSONField(_("objects"), default=dict)
    catalog_form = models.CharField(_("form of the objects"), max_length=40, default="")
    created_at = models.DateTimeField(_("made"), auto_now_add=True)

    class Meta:
        verbose_name = _("schema template")
        verbose_name_plural = _("schema templates")
        ordering = ("-created_at", "-pk")
        default_permissions = ()

    def __str__(self) -> str:
        return self.fingerprint[:12]
