"""The client: a company, and what is known here of its tenant."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.files.storage import Storage, storages
from django.core.validators import FileExtensionValidator, RegexValidator
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Lower
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _
from django_tenants.models import TenantMixin

from console.names import NAME
from tenants.models.plan import Plan
from tenants.models.schema_version import SchemaVersion
from tenants.models.week import WeekStart
from tenants.validators import (
    PUBLIC_SCHEMA,
    SCHEMA_NAME,
    SCHEMA_NAME_MAX_LENGTH,
    validate_schema_name,
    validate_tag,
    validate_time_zone,
)

LOGO_TYPES = ("png", "jpg", "jpeg", "webp")


class ClientStatus(models.TextChoices):
    """How things stand between the company and us. The verbs change it, nobody else."""

    DRAFT = "draft", _("Draft")
    PROVISIONING = "provisioning", _("Provisioning")
    ACTIVE = "active", _("Active")
    SUSPENDED = "suspended", _("Suspended")
    ARCHIVED = "archived", _("Archived")


class SchemaExists(Func):
    """Whether PostgreSQL has a schema of this name, asked in the query that reads the row."""

    template = "(to_regnamespace(quote_ident(%(expressions)s)) IS NOT NULL)"
    output_field = models.BooleanField()


def logo_storage() -> Storage:
    return storages["logos"]


def logo_name(client: Client, filename: str) -> str:
    """A name that nobody guesses and nothing else has; the sender's name is not kept."""
    return f"{get_random_string(24)}.{filename.rpartition('.')[2].lower()}"


def language_choices() -> list[tuple[str, Any]]:
    return list(settings.LANGUAGES)


class ClientQuerySet(models.QuerySet["Client"]):
    def companies(self) -> ClientQuerySet:
        """Every client but the row that stands for the console itself."""
        return self.exclude(schema_name=PUBLIC_SCHEMA)

    def with_schema_exists(self) -> ClientQuerySet:
        return self.annotate(schema_exists=SchemaExists("schema_name"))

    def provisioned(self) -> ClientQuerySet:
        return self.companies().filter(provisioned_at__isnull=False)

    def in_use(self) -> ClientQuerySet:
        """Those that schema work is done for: not the archived ones."""
        return self.companies().exclude(status=ClientStatus.ARCHIVED)

    def tags_in_use(self, limit: int = 500) -> list[str]:
        """The tags that any of these clients has, in one query."""
        tags = self.order_by().annotate(tag=Func(F("tags"), function="unnest"))
        return list(tags.values_list("tag", flat=True).distinct().order_by("tag")[:limit])

    def get_by_natural_key(self, schema_name: str) -> Client:
        return self.get(schema_name=schema_name)


class Client(TenantMixin):
    """A company. Its tenant is the schema, made by an operation and never by saving this row."""

    # django-tenants would create and drop schemas from save() and delete().
    auto_create_schema = False
    auto_drop_schema = False

    name = models.CharField(_("name"), max_length=120, validators=NAME)
    schema_name = models.CharField(
        _("schema name"),
        max_length=SCHEMA_NAME_MAX_LENGTH,
        unique=True,
        validators=[validate_schema_name],
        help_text=_("The client's schema in the database. It cannot be changed once it is made."),
    )
    external_reference = models.CharField(
        _("external reference"),
        max_length=64,
        blank=True,
        help_text=_("What the client is called elsewhere: a customer number, an id in a CRM."),
    )
    plan = models.ForeignKey(
        Plan, models.PROTECT, null=True, related_name="clients", verbose_name=_("plan")
    )
    trial_ends_on = models.DateField(
        _("trial ends"), null=True, blank=True, help_text=_("The last day. Empty: no trial.")
    )
    tags = ArrayField(
        models.CharField(max_length=40, validators=[validate_tag]),
        verbose_name=_("tags"),
        default=list,
        blank=True,
        help_text=_("Words to find clients by, with commas between them."),
    )
    notes = models.TextField(
        _("notes"), blank=True, max_length=10_000, help_text=_("For staff; the client sees none.")
    )

    contact_name = models.CharField(
        _("contact"), max_length=150, blank=True, validators=NAME, help_text=_("Whom to ask for.")
    )
    contact_email = models.EmailField(_("contact's e-mail"), blank=True)
    contact_phone = models.CharField(
        _("contact's phone"),
        max_length=40,
        blank=True,
        validators=[
            RegexValidator(r"\A\+?[0-9][0-9 ()/.-]*\Z", _("Use digits, as in “+49 30 1234567”."))
        ],
    )
    admin_name = models.CharField(
        _("first admin's name"),
        max_length=150,
        validators=NAME,
        help_text=_("Who gets the first account."),
    )
    admin_email = models.EmailField(
        _("first admin's e-mail"),
        help_text=_("The first account is made with the schema, for this address."),
    )

    time_zone = models.CharField(
        _("time zone"), max_length=64, default="UTC", validators=[validate_time_zone]
    )
    language = models.CharField(
        _("language"), max_length=10, default=settings.LANGUAGE_CODE, choices=language_choices
    )
    week_starts_on = models.CharField(
        _("start of the week"), max_length=8, default=WeekStart.LANGUAGE, choices=WeekStart.choices
    )
    colour = models.CharField(
        _("colour"),
        max_length=7,
        default="#2563eb",
        validators=[RegexValidator(r"\A#[0-9a-f]{6}\Z", _("Use a colour such as #2563eb."))],
        help_text=_("The main colour of the client's own pages."),
    )
    logo = models.ImageField(
        _("logo"),
        storage=logo_storage,
        upload_to=logo_name,
        max_length=100,
        blank=True,
        validators=[FileExtensionValidator(LOGO_TYPES)],
        help_text=_("PNG, JPEG or WebP, 1 MB at the most. Shown on the client's own pages."),
    )
    redirect_to_primary = models.BooleanField(
        _("other domains lead to the primary one"),
        default=False,
        help_text=_("Otherwise the client can be used on each of its domains."),
    )

    # --- What the verbs keep ----------------------------------------------------------------

    status = models.CharField(
        _("status"),
        max_length=12,
        choices=ClientStatus.choices,
        default=ClientStatus.DRAFT,
        editable=False,
        db_index=True,
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True, db_index=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)
    last_active_at = models.DateTimeField(_("last active"), null=True, editable=False)
    provisioned_at = models.DateTimeField(_("schema made"), null=True, editable=False)
    schema_version = models.ForeignKey(
        SchemaVersion,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="clients",
        verbose_name=_("schema version"),
    )
    suspended_at = models.DateTimeField(_("suspended"), null=True, editable=False)
    archived_at = models.DateTimeField(_("archived"), null=True, editable=False)
    removal_on = models.DateField(
        _("kept until"),
        null=True,
        editable=False,
        help_text=_("The schema of an archived client can be dropped from this day on."),
    )

    objects = ClientQuerySet.as_manager()

    class Meta:
        verbose_name = _("client")
        verbose_name_plural = _("clients")
        ordering = ("name", "schema_name")
        default_permissions = ("add", "change", "view", "import", "export")
        permissions = (
            ("provision_client", _("Can create and migrate schemas")),
            ("invite_client_admin", _("Can add client admins and show their sign-in links")),
            ("suspend_client", _("Can suspend and reactivate clients")),
            ("archive_client", _("Can archive and restore clients")),
            ("drop_client", _("Can drop the schemas of archived clients")),
            ("import_client_data", _("Can import data into the schemas of clients")),
        )
        indexes = (GinIndex(fields=("tags",), name="tenants_client_tags"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(schema_name__regex=rf"^{SCHEMA_NAME.pattern}$"),
                name="tenants_client_schema_name_form",
            ),
            models.CheckConstraint(
                condition=Q(admin_email=Lower("admin_email")),
                name="tenants_client_admin_email_is_lower_case",
            ),
            models.UniqueConstraint(
                fields=("external_reference",),
                condition=~Q(external_reference=""),
                name="tenants_client_external_reference_unique",
                violation_error_message=_("Another client has this external reference."),
            ),
            models.CheckConstraint(
                condition=(
                    Q(
                        status__in=["draft", "provisioning"],
                        provisioned_at__isnull=True,
                        suspended_at__isnull=True,
                        archived_at__isnull=True,
                    )
                    | Q(
                        status="active",
                        provisioned_at__isnull=False,
                        suspended_at__isnull=True,
                        archived_at__isnull=True,
                    )
                    | Q(
                        status="suspended",
                        provisioned_at__isnull=False,
                        suspended_at__isnull=False,
                        archived_at__isnull=True,
                    )
                    | Q(status="archived", archived_at__isnull=False)
                ),
                name="tenants_client_status_agrees_with_dates",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def natural_key(self) -> tuple[str]:
        return (self.schema_name,)

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        self.admin_email = self.admin_email.strip().lower()
        self.contact_email = self.contact_email.strip().lower()
        self.external_reference = self.external_reference.strip()
        self.colour = self.colour.strip().lower()
        self.tags = sorted({tag.strip().lower() for tag in self.tags or [] if tag.strip()})
        super().clean_fields(exclude=exclude)

    @property
    def is_public(self) -> bool:
        """Whether this row stands for the console itself."""
        return self.schema_name == PUBLIC_SCHEMA

    @property
    def is_provisioned(self) -> bool:
        return self.provisioned_at is not None

    @property
    def is_suspended(self) -> bool:
        return self.status == ClientStatus.SUSPENDED

    @property
    def is_archived(self) -> bool:
        return self.status == ClientStatus.ARCHIVED
