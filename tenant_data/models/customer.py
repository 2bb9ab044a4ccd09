from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from console.names import one_name, validate_name
from tenant_data.models.bounds import LONG_TEXT


class CustomerQuerySet(models.QuerySet["Customer"]):
    def get_by_natural_key(self, name: str) -> Customer:
        return self.get(name=name)


class Customer(models.Model):
    """Somebody for whom the company works. Projects may be for one."""

    name = models.CharField(_("name"), max_length=120, validators=[validate_name])
    contact_name = models.CharField(
        _("contact"), max_length=120, blank=True, validators=[validate_name]
    )
    contact_email = models.EmailField(_("e-mail"), blank=True)
    contact_phone = models.CharField(_("phone"), max_length=40, blank=True)
    notes = models.TextField(_("notes"), blank=True, validators=LONG_TEXT)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = CustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        ordering = ("name",)
        default_permissions = ("add", "change", "delete", "view", "import", "export")
        constraints = (
            models.UniqueConstraint(
                Lower("name"),
                name="tenant_data_customer_name",
                violation_error_message=_("There is a customer of this name already."),
            ),
        )

    def __str__(self) -> str:
        return self.name

    def natural_key(self) -> tuple[str]:
        return (self.name,)

    def clean(self) -> None:
        self.name = one_name(self.name)
        self.contact_email = self.contact_email.strip().lower()
