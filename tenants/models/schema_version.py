from __future__ import annotations

import hashlib
from collections.abc import Iterable

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


def fingerprint_of(migrations: Iterable[str]) -> str:
    """One text for exactly these migrations (``app.name``), in whatever order."""
    return hashlib.sha256("\n".join(sorted(set(migrations))).encode()).hexdigest()


class SchemaVersionManager(models.Manager["SchemaVersion"]):
    def of(self, migrations: Iterable[str]) -> SchemaVersion:
        """The row for exactly these migrations (``app.name``), made where there is none."""
        names = sorted(set(migrations))
        version, _created = self.get_or_create(
            fingerprint=fingerprint_of(names), defaults={"migrations": names}
        )
        return version


class SchemaVersion(models.Model):
    """A set of migrations that some tenants' schemas have; thousands of schemas share a few."""

    fingerprint = models.CharField(_("fingerprint"), max_length=64, unique=True)
    migrations = ArrayField(models.CharField(max_length=400), verbose_name=_("migrations"))
    created_at = models.DateTimeField(_("first seen"), auto_now_add=True)

    objects = SchemaVersionManager()

    class Meta:
        verbose_name = _("schema version")
        verbose_name_plural = _("schema versions")
        ordering = ("-created_at", "-pk")
        default_permissions = ()

    def __str__(self) -> str:
        return self.fingerprint[:12]
