from __future__ import annotations

from collections.abc import Collection
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_tenants.models import DomainMixin

from tenants.models.client import Client
from tenants.validators import (
    normalize_hostname,
    unicode_hostname,
    validate_clients_hostname,
    validate_hostname,
)


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

    #: The name that the row has in the database; ``None`` for a new one.
    _stored: str | None = None

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

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> Self:
        domain = super().from_db(*args, **kwargs)
        domain._stored = domain.__dict__.get("domain")
        return domain

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        self.domain = normalize_hostname(self.domain)
        super().clean_fields(exclude=exclude)
        if "domain" not in (exclude or ()):
            self._check_name()

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Raises ``ValidationError``: verbs and scripts keep to the rules of the forms."""
        self.domain = normalize_hostname(self.domain)
        self._check_name()
        # Together: a domain that cannot be saved leaves the old primary one in its place.
        with transaction.atomic():
            if self.is_primary:
                self._take_place()
            super().save(*args, **kwargs)
        self._stored = self.domain

    def _take_place(self) -> None:
        """django-tenants takes it from the old primary by an update that no history sees."""
        primary = type(self).objects.filter(tenant_id=self.tenant_id, is_primary=True)
        for other in primary.exclude(pk=self.pk):  # One at the most.
            other.is_primary = False
            models.Model.save(other, update_fields=["is_primary"])

    def _check_name(self) -> None:
        """A new name has to be one that a client may have. The console's own is an operator's
        choice; and a name that became reserved later does not stop its client from being saved.
        """
        if self.domain == self._stored or self._is_the_consoles():
            return
        try:
            validate_hostname(self.domain)
            validate_clients_hostname(self.domain)
        except ValidationError as error:
            raise ValidationError({"domain": error}) from error

    def _is_the_consoles(self) -> bool:
        tenant = self._state.fields_cache.get("tenant")
        if tenant is None and self.tenant_id is not None:
            tenant = self.tenant
        return tenant is not None and tenant.is_public

    @property
    def in_unicode(self) -> str:
        """The name as its owner writes it, where it is stored as ``xn--…``; or else empty."""
        return unicode_hostname(self.domain)

    def history_subject(self) -> Client:
        return self.tenant
