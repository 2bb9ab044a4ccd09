"""Operations: pieces of schema work, written down before they start and closed after they end."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from console.history.acting import who
from tenants.models.client import Client
from tenants.models.schema_version import SchemaVersion


class OperationKind(models.TextChoices):
    CREATE_SCHEMA = "create_schema", _("Create schema")
    MIGRATE_SCHEMA = "migrate_schema", _("Migrate schema")
    DROP_SCHEMA = "drop_schema", _("Drop schema")
    ADOPT_SCHEMA = "adopt_schema", _("Adopt schema")


#: Kinds after which a client has a schema: until then it is “provisioning”, and a draft again
#: where nothing comes of it.
MAKING = (OperationKind.CREATE_SCHEMA, OperationKind.ADOPT_SCHEMA)


class OperationState(models.TextChoices):
    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("Running")
    SUCCEEDED = "succeeded", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


#: What an operation of each kind does, in order: the code that its log lines have, and a label.
STEPS: dict[str, tuple[tuple[str, Any], ...]] = {
    OperationKind.CREATE_SCHEMA: (
        ("schema", _("Schema and roles")),
        ("tables", _("Tables")),
        ("rights", _("Rights")),
        ("admin", _("First admin")),
    ),
    OperationKind.MIGRATE_SCHEMA: (
        ("check", _("Check")),
        ("tables", _("Tables")),
        ("version", _("New version")),
    ),
    OperationKind.DROP_SCHEMA: (
        ("schema", _("Schema and its data")),
        ("roles", _("Roles")),
        ("files", _("Files")),
    ),
    OperationKind.ADOPT_SCHEMA: (
        ("check", _("Check")),
        ("rights", _("Rights")),
        ("version", _("Version")),
    ),
}

#: The step of the line that begins an attempt: what the log has before it is over and undone.
ATTEMPT = "attempt"
#: The step of the line that says that the operation waits for its client's reactivation.
HELD_BACK = "held_back"

#: The step of the lines that say what was applied by itself, or is being applied, and stays
#: whatever becomes of the operation.
STAYS = "stays"

#: An operation in one of these states is not over; a client has one of them at the most.
OPEN_STATES = (OperationState.QUEUED, OperationState.RUNNING)


class Requested(models.Model):
    """Who asked, and when. The address is kept as text: it outlives the account."""

    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        null=True,
        related_name="+",
        verbose_name=_("requested by"),
        # A tenant's table of users is another one: deleting there must never reach this row.
        db_constraint=False,
    )
    requested_by_email = models.CharField(_("requested by"), max_length=254, blank=True)
    created_at = models.DateTimeField(_("requested"), default=timezone.now, db_index=True)

    class Meta:
        abstract = True

    @property
    def who(self) -> str:
        """Who asked, in words."""
        return who(self.requested_by_email)


class OperationQuerySet(models.QuerySet["Operation"]):
    def open(self) -> OperationQuerySet:
        return self.filter(state__in=OPEN_STATES)

    def failed(self) -> OperationQuerySet:
        return self.filter(state=OperationState.FAILED)


class Operation(Requested):
    """One piece of schema work for one client."""

    kind = models.CharField(_("kind"), max_length=20, choices=OperationKind.choices)
    client = models.ForeignKey(
        Client, models.PROTECT, related_name="operations", verbose_name=_("client")
    )
    rollout = models.ForeignKey(
        "tenants.Rollout",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="operations",
        verbose_name=_("rollout"),
    )
    #: Of its rollout's waves, the one it belongs to; 0 are the canaries.
    wave = models.PositiveSmallIntegerField(_("wave"), default=0, editable=False)
    #: Not to be tried before then: its schema was busy.
    due_at = models.DateTimeField(null=True, editable=False)
    state = models.CharField(
        _("state"), max_length=10, choices=OperationState.choices, default=OperationState.QUEUED
    )
    #: The migrations that its schema should have in the end, if it is in no rollout, which has its
    #: own; empty where it does not migrate one.
    target = models.ForeignKey(
        SchemaVersion,
        models.PROTECT,
        null=True,
        related_name="+",
        editable=False,
        # A version is never deleted, so nobody looks for what has it.
        db_index=False,
    )
    #: When it was asked for again, after a failure: by whom, ``requested_by`` says then.
    asked_again_at = models.DateTimeField(_("asked for again"), null=True, editable=False)
    #: Whether a worker runs it; a command runs its own, and nobody else may.
    queued = models.BooleanField(default=True, editable=False)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    started_at = models.DateTimeField(_("started"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)
    error = models.TextField(_("what went wrong"), blank=True)
    error_detail = models.TextField(_("technical detail"), blank=True)

    objects = OperationQuerySet.as_manager()

    class Meta:
        verbose_name = _("operation")
        verbose_name_plural = _("operations")
        ordering = ("-created_at", "-pk")
        default_permissions = ("view",)
        constraints = (
            models.UniqueConstraint(
                fields=("client",),
                condition=Q(state__in=[state.value for state in OPEN_STATES]),
                name="tenants_operation_one_open_per_client",
            ),
        )
        indexes = (models.Index(fields=("state", "-created_at"), name="tenants_operation_state"),)

    def __str__(self) -> str:
        return f"{self.get_kind_display()} #{self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def asked_at(self) -> datetime:
        """When whoever is behind it asked for it."""
        return self.asked_again_at or self.created_at

    @property
    def duration(self) -> timedelta | None:
        """How long the last attempt took, or has taken so far; ``None`` before it starts."""
        if self.started_at is None:
            return None
        end: datetime = self.finished_at or timezone.now()
        return end - self.started_at


class OperationEvent(models.Model):
    """One line of an operation's log, visible while the operation still runs."""

    operation = models.ForeignKey(Operation, models.CASCADE, related_name="events")
    at = models.DateTimeField(default=timezone.now)
    message = models.CharField(max_length=500)
    #: The step that this line begins, one of ``STEPS``, or what happens to the
    #: operation: ``ATTEMPT``, ``HELD_BACK``, ``STAYS``; empty inside a step.
    step = models.CharField(max_length=20, blank=True)

    class Meta:
        verbose_name = _("log line")
        verbose_name_plural = _("log lines")
        ordering = ("pk",)
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.message
