"""The imports that a side keeps: the staff's in ``public``, a company's in its own schema."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class ImportState(models.TextChoices):
    """How far an import has come. Nothing was changed by one that is not ``DONE`` or later."""

    UPLOADED = "uploaded", _("Waits to be checked")
    CHECKING = "checking", _("Being checked")
    #: A person has to say how the file is to be read; ``preview`` has the questions.
    UNSETTLED = "unsettled", _("Has a question")
    READY = "ready", _("Waits to be confirmed")
    WAITING = "waiting", _("Waits to be imported")
    RUNNING = "running", _("Being imported")
    DONE = "done", _("Imported")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")
    UNDOING = "undoing", _("Being undone")
    UNDONE = "undone", _("Undone")


#: The worker is to do something, or does.
AT_WORK = (
    ImportState.UPLOADED,
    ImportState.CHECKING,
    ImportState.WAITING,
    ImportState.RUNNING,
    ImportState.UNDOING,
)
#: A person is to do something: settle how the file is read, or confirm.
WITH_A_PERSON = (ImportState.UNSETTLED, ImportState.READY)
#: What the file says is in the database, or was.
IMPORTED = (ImportState.DONE, ImportState.UNDOING, ImportState.UNDONE)
#: Nothing will come of the file any more.
OVER = (*IMPORTED, ImportState.FAILED, ImportState.CANCELLED)

# As the constraints have them.
_OVER = [state.value for state in OVER]
_CONFIRMED = ["waiting", "running", *(state.value for state in IMPORTED)]
_CHECKED = [*(state.value for state in WITH_A_PERSON), *_CONFIRMED]


class ImportQuerySet(models.QuerySet["Import"]):
    def at_work(self) -> ImportQuerySet:
        return self.filter(state__in=AT_WORK)

    def with_a_person(self) -> ImportQuerySet:
        return self.filter(state__in=WITH_A_PERSON)

    def standing(self) -> ImportQuerySet:
        """Those whose rows are in the database: imported, and not undone."""
        return self.filter(state=ImportState.DONE)


class RememberedMapping(models.Model):
    """How the columns of files with the same headings were read when one was last imported."""

    #: What is imported, as ``app.model``; of which headings, see ``digest_of_headings``.
    model = models.CharField(max_length=100)
    headings = models.CharField(max_length=64)
    mapping = models.JSONField()
    #: In which order its dates and with which sign its numbers were written, by kind of column.
    ways = models.JSONField(default=dict)
    used_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("remembered mapping")
        verbose_name_plural = _("remembered mappings")
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(
                fields=("model", "headings"), name="importing_rememberedmapping_one"
            ),
        )

    def __str__(self) -> str:
        return self.model


class Import(models.Model):
    """One file: who brought it, how it was read, and what came of it.

    The row stays; the file is kept until it was imported, or was not confirmed in time. Every
    entry that an import writes into the history has its ``cid``.
    """

    #: What is imported, as ``app.model``.
    model = models.CharField(_("what"), max_length=100, editable=False)
    file_name = models.CharField(_("file"), max_length=100)
    digest = models.CharField(_("SHA-256"), max_length=64)
    size = models.PositiveBigIntegerField(_("size"))
    #: The name of the file in the storage of imports; empty once it is gone.
    stored_as = models.CharField(max_length=32, blank=True, editable=False)
    #: The same of the file with the rows in error alone.
    faulty = models.CharField(max_length=32, blank=True, editable=False)
    #: How the file is read, and which of its columns is what: see ``reading`` and ``mapping``.
    reading = models.JSONField(default=dict, blank=True, editable=False)
    mapping = models.JSONField(default=dict, blank=True, editable=False)
    good_rows_only = models.BooleanField(_("only the good rows"), default=False)

    state = models.CharField(
        _("state"), max_length=9, choices=ImportState.choices, default=ImportState.UPLOADED
    )
    #: What the page shows of the check, bounded whatever the file: see ``keeping``.
    preview = models.JSONField(null=True, editable=False, encoder=DjangoJSONEncoder)
    error = models.TextField(_("what went wrong"), blank=True)
    #: Somebody wants it to stop; whoever is at work looks every second or so.
    cancel_asked = models.BooleanField(default=False, editable=False)
    #: How often its work was begun: a worker that is killed in the middle leaves it to the next.
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)

    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("by"),
    )
    #: Outlives the account.
    requested_by_email = models.CharField(_("by"), max_length=254)
    #: Whether it was somebody who is no user here: those who run the console, for a company.
    by_provider = models.BooleanField(default=False, editable=False)

    created_at = models.DateTimeField(_("uploaded"), default=timezone.now)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True)
    #: Of what is being done now, or was done last: the check, then the import.
    started_at = models.DateTimeField(_("started"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)

    #: Rows of the file, and how many of them the work has come to.
    total = models.PositiveIntegerField(_("rows"), default=0)
    done = models.PositiveIntegerField(default=0, editable=False)
    #: How many rows a second the work has come on lately.
    rate = models.FloatField(default=0, editable=False)
    #: What came of the rows: what would come of them before it is imported.
    new = models.PositiveIntegerField(_("new"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    in_error = models.PositiveIntegerField(_("in error"), default=0)

    undone_at = models.DateTimeField(_("undone"), null=True)
    undone_by_email = models.CharField(_("undone by"), max_length=254, blank=True)
    #: What undoing it left as it was, and why.
    left_alone = models.JSONField(null=True, editable=False, encoder=DjangoJSONEncoder)

    objects = ImportQuerySet.as_manager()

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ("-created_at", "-pk")
        # Who may import a kind of record may see its imports: there is no right of its own.
        default_permissions = ()
        indexes = (
            models.Index(fields=("model", "digest"), name="importing_import_same_file"),
            models.Index(fields=("-created_at", "-id"), name="importing_import_newest"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=_OVER, finished_at__isnull=False)
                | (~Q(state__in=_OVER) & Q(finished_at__isnull=True)),
                name="importing_import_over_is_finished",
            ),
            models.CheckConstraint(
                condition=Q(state__in=_OVER) | ~Q(stored_as=""),
                name="importing_import_open_has_file",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=_CHECKED) | Q(preview__isnull=False),
                name="importing_import_checked_has_preview",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=_CONFIRMED) | Q(confirmed_at__isnull=False),
                name="importing_import_imported_was_confirmed",
            ),
            models.CheckConstraint(
                condition=Q(state="undone", undone_at__isnull=False)
                | (~Q(state="undone") & Q(undone_at__isnull=True)),
                name="importing_import_undone_when",
            ),
            models.CheckConstraint(
                condition=Q(done__lte=F("total")), name="importing_import_done_of_total"
            ),
            models.UniqueConstraint(
                fields=("stored_as",), condition=~Q(stored_as=""), name="importing_import_one_file"
            ),
        )

    def __str__(self) -> str:
        return self.file_name

    @property
    def cid(self) -> str:
        """What every entry in the history has that this import wrote."""
        return f"import:{self.pk}"

    @property
    def undo_cid(self) -> str:
        """The same of what was written when it was undone."""
        return f"undo:{self.pk}"

    @property
    def is_at_work(self) -> bool:
        return self.state in AT_WORK

    @property
    def is_over(self) -> bool:
        return self.state in OVER

    @property
    def has_nothing(self) -> bool:
        """Whether it was checked, and has nothing that anybody could confirm."""
        return self.state == ImportState.READY and not self.new + self.changed

    def belongs_to(self, user: Any) -> bool:
        """Whether the user brought it: nobody else may confirm it."""
        if self.by_provider or getattr(user, "is_provider", False):
            # A user here may have the same address.
            is_theirs = self.by_provider and getattr(user, "is_provider", False)
            return bool(is_theirs and user.email and self.requested_by_email == user.email)
        return user.pk is not None and bool(self.requested_by_id == user.pk)
