"""The client: a company, and what is known here of its tenant."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Func, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django_tenants.models import TenantMixin

from tenants.models.plan import Plan
from tenants.validators import (
    PUBLIC_SCHEMA,
    SCHEMA_NAME,
    SCHEMA_NAME_MAX_LENGTH,
    validate_schema_name,
)


class SchemaExists(Func):
    """Whether PostgreSQL has a schema of this name, asked in the query that reads the row."""

    template = "(to_regnamespace(quote_ident(%(expressions)s)) IS NOT NULL)"
    output_field = models.BooleanField()


class ClientQuerySet(models.QuerySet["Client"]):
    def companies(self) -> ClientQuerySet:
        """Every client but the row that stands for the console itself."""
        return self.exclude(schema_name=PUBLIC_SCHEMA)

    def with_schema_exists(self) -> ClientQuerySet:
        return self.annotate(schema_exists=SchemaExists("schema_name"))

    def provisioned(self) -> ClientQuerySet:
        return self.companies().filter(provisioned_at__isnull=False)

    def get_by_natural_key(self, schema_name: str) -> Client:
        return self.get(schema_name=schema_name)


class Client(TenantMixin):
    """A company. Its tenant is the schema, made by an operation and never by saving this row."""

    # django-tenants would create and drop schemas from save() and delete().
    auto_create_schema = False
    auto_drop_schema = False

    name = models.CharField(_("name"), max_length=120)
    schema_name = models.CharField(
        _("schema name"),
        max_length=SCHEMA_NAME_MAX_LENGTH,
        unique=True,
        validators=[validate_schema_name],
        help_text=_("The client's schema in the database. It cannot be changed once it is made."),
    )
    plan = models.ForeignKey(
        Plan, models.PROTECT, null=True, related_name="clients", verbose_name=_("plan")
    )
    admin_name = models.CharField(
        _("first admin's name"), max_length=150, help_text=_("Who gets the first account.")
    )
    admin_email = models.EmailField(
        _("first admin's e-mail"),
        help_text=_("The first account is made with the schema, for this address."),
    )
    colour = models.CharField(
        _("colour"),
        max_length=7,
        default="#2563eb",
        validators=[RegexValidator(r"\A#[0-9a-f]{6}\Z", _("Use a colour such as #2563eb."))],
        help_text=_("The main colour of the client's own pages."),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)
    provisioned_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        _("schema made"), null=True, editable=False
    )

    objects = ClientQuerySet.as_manager()

    class Meta:
        verbose_name = _("client")
        verbose_name_plural = _("clients")
        ordering = ("name", "schema_name")
        default_permissions = ("add", "change", "delete", "view", "import", "export")
        permissions = (
            ("provision_client", _("Can create and migrate schemas")),
            ("invite_client_admin", _("Can show sign-in links of client admins")),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(schema_name__regex=rf"^{SCHEMA_NAME.pattern}$"),
                name="tenants_client_schema_name_form",
            ),
            models.CheckConstraint(
                condition=Q(admin_email=Lower("admin_email")),
                name="tenants_client_admin_email_is_lower_case",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def natural_key(self) -> tuple[str]:
        return (self.schema_name,)

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        self.admin_email = self.admin_email.strip().lower()
        self.colour = self.colour.strip().lower()
        super().clean_fields(exclude=exclude)

    @property
    def is_public(self) -> bool:
        """Whether this row stands for the console itself."""
        return self.schema_name == PUBLIC_SCHEMA

    @property
    def is_provisioned(self) -> bool:
        return self.provisioned_at is not None
