from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_tenants.models import DomainMixin

from tenants.models.client import Client
from tenants.validators import normalize_hostname, validate_hostname


class Domain(DomainMixin):
    """A host name, and whose it is."""

    domain = models.CharField(
        _("domain"),
        max_length=253,
        unique=True,
        validators=[validate_hostname],
        error_messages={"unique": _("This domain belongs to a client already.")},
        help_text=_("The host name alone, as in “acme.example.com”."),
    )
    tenant = models.ForeignKey(
        Client, models.CASCADE, related_name="domains", verbose_name=_("client")
    )
    is_primary = models.BooleanField(
        _("primary"), default=True, help_text=_("Links to the client lead to this address.")
    )

    class Meta:
        verbose_name = _("domain")
        verbose_name_plural = _("domains")
        ordering = ("domain",)
        default_permissions = ("add", "change", "delete", "view", "import", "export")
        constraints = (
            models.UniqueConstraint(
                fields=("tenant",),
                condition=Q(is_primary=True),
                name="tenants_domain_one_primary_per_client",
            ),
        )

    def __str__(self) -> str:
        return self.domain

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        self.domain = normalize_hostname(self.domain)
        super().clean_fields(exclude=exclude)

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.domain = normalize_hostname(self.domain)
        super().save(*args, **kwargs)

    def history_subject(self) -> Client:
        return self.tenant
