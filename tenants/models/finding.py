"""What the last check of all schemas found, and when that was."""

from __future__ import annotations

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenants.models.client import Client

#: Of a schema that differs in more than that, so many differences are kept.
DIFFERENCES_AT_MOST = 200


class FindingKind(models.TextChoices):
    MISSING = "missing", _("Missing")
    ORPHANED = "orphaned", _("Orphaned")
    DRIFTED = "drifted", _("Drifted")


class SchemaFindingQuerySet(models.QuerySet["SchemaFinding"]):
    def standing(self) -> SchemaFindingQuerySet:
        """Those that nobody has seen to since, as far as the clients' rows say: a schema is
        missing or drifted as long as its client is to have one, orphaned as long as none is."""
        has_client = Exists(
            Client.objects.provisioned().filter(schema_name=OuterRef("schema_name"))
        )
        return self.filter(Q(has_client) ^ Q(kind=FindingKind.ORPHANED))


class SchemaFinding(models.Model):
    """One thing that is wrong with one schema. ``tenants.operations.fleet_check`` writes these
    rows, and nobody else."""

    schema_name = models.CharField(_("schema"), max_length=63)
    #: Of an orphan: a client of that name whose schema, by its row, is not made.
    client = models.ForeignKey(
        Client, models.CASCADE, null=True, related_name="findings", verbose_name=_("client")
    )
    kind = models.CharField(_("state"), max_length=10, choices=FindingKind.choices)
    #: Of an orphan: whether it has the tables that the console makes. Others are never touched.
    is_ours = models.BooleanField(default=True)
    #: Of one that drifted, as ``{"object": …, "expected": …, "found": …}``; an object that is
    #: missing was found as an empty text. Of rights, ``found`` is a sentence.
    differences = models.JSONField(_("differences"), default=list)
    #: How many there are, if not all are kept.
    difference_count = models.PositiveIntegerField(_("differences"), default=0)
    found_at = models.DateTimeField(_("first found"), default=timezone.now)

    objects = SchemaFindingQuerySet.as_manager()

    class Meta:
        verbose_name = _("finding")
        verbose_name_plural = _("findings")
        ordering = ("schema_name",)
        default_permissions = ("view",)
        constraints = (
            models.UniqueConstraint(
                fields=("schema_name", "kind"), name="tenants_schemafinding_once"
            ),
        )

    def __str__(self) -> str:
        return self.schema_name


class CheckReason(models.TextChoices):
    COMMAND = "command", _("“manage.py fleet --verify”")
    NIGHTLY = "nightly", _("the check of every night")
    ASKED = "asked", _("“Check now”")


class FleetCheck(models.Model):
    """One check of all schemas, which came to its end."""

    started_at = models.DateTimeField(_("started"))
    finished_at = models.DateTimeField(_("finished"))
    reason = models.CharField(_("reason"), max_length=10, choices=CheckReason.choices)
    #: The address of whoever asked for it on the page.
    asked_by_email = models.CharField(_("asked for by"), max_length=254, blank=True)
    #: How many schemas were looked at, and which could not be: others were at work on them.
    schemas = models.PositiveIntegerField(_("schemas"))
    passed_over = models.JSONField(_("passed over"), default=list)

    class Meta:
        verbose_name = _("check of the fleet")
        verbose_name_plural = _("checks of the fleet")
        ordering = ("-finished_at", "-pk")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.get_reason_display()}"
