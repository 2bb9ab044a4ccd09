"""What a company's own schema keeps of its settings, and the exports of all its data."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q, Value
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _

#: The folder of the exports in the storage of each schema.
FOLDER = "exports"
#: How long the file of an export is kept.
KEPT_FOR = timedelta(days=7)


class Settings(models.Model):
    """The one row that stands for the company's settings here, and carries the rights to them.

    The values are in ``public``, where every request is led to its company by them: see
    ``tenants.operations.own_settings``, the one way to change them from here. The history of such
    changes hangs on this row.
    """

    ONLY = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY, editable=False)
    changed_at = models.DateTimeField(_("changed"), default=timezone.now)
    changed_by_email = models.CharField(_("changed by"), max_length=254, blank=True)

    class Meta:
        verbose_name = _("company settings")
        verbose_name_plural = _("company settings")
        default_permissions = ("view", "change")
        constraints = (
            models.CheckConstraint(condition=Q(id=1), name="company_settings_has_one_row"),
        )

    def __str__(self) -> str:
        return str(_("Company settings"))

    @classmethod
    def the_row(cls) -> Settings:
        """The row; the first to change something writes it."""
        return cls.objects.get_or_create(pk=cls.ONLY)[0]


class ExportState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Being made")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")


#: An export in one of these states is not over; there is one at the most.
OPEN_STATES = (ExportState.WAITING, ExportState.RUNNING)


def new_file_name() -> str:
    """A place in the storage that nobody guesses."""
    return f"{FOLDER}/{get_random_string(32)}.zip"


class DataExportQuerySet(models.QuerySet["DataExport"]):
    def open(self) -> DataExportQuerySet:
        return self.filter(state__in=OPEN_STATES)

    def with_file(self) -> DataExportQuerySet:
        """Those that have, or may have, a file in the storage."""
        return self.exclude(file="").filter(deleted_at=None)


class DataExport(models.Model):
    """Everything that the company has here in one file, made by the worker when it is asked for."""

    created_at = models.DateTimeField(_("asked for"), default=timezone.now)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("asked for by"),
    )
    #: Outlives the account.
    requested_by_email = models.CharField(_("asked for by"), max_length=254)
    state = models.CharField(
        _("state"), max_length=8, choices=ExportState.choices, default=ExportState.WAITING
    )
    #: How often it was begun: a worker that is killed in the middle leaves it to the next one.
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    started_at = models.DateTimeField(_("started"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)
    #: Its name is written down before the file is, so that half a file is found again.
    file = models.FileField(_("file"), max_length=100, blank=True)
    size = models.PositiveBigIntegerField(_("size"), null=True)
    #: How many there are of each kind, by the name of the kind's file.
    row_counts = models.JSONField(_("what is in it"), default=dict)
    error = models.TextField(_("what went wrong"), blank=True)
    deleted_at = models.DateTimeField(_("deleted"), null=True)

    objects = DataExportQuerySet.as_manager()

    class Meta:
        verbose_name = _("data export")
        verbose_name_plural = _("data exports")
        ordering = ("-created_at", "-pk")
        default_permissions = ("view", "add")
        constraints = (
            models.UniqueConstraint(
                Value(1),
                condition=Q(state__in=[state.value for state in OPEN_STATES]),
                name="company_dataexport_one_open",
            ),
        )

    def __str__(self) -> str:
        return str(_("Export #%(n)s") % {"n": self.pk})

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def kept_until(self) -> datetime | None:
        return self.finished_at + KEPT_FOR if self.finished_at else None

    @property
    def is_there(self) -> bool:
        """Whether there is a file that can be downloaded."""
        return (
            self.state == ExportState.DONE
            and self.deleted_at is None
            and self.kept_until is not None
            and timezone.now() < self.kept_until
        )
