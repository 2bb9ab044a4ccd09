"""Making an export, and deleting it again: what the worker does, in the schema as its role."""

from __future__ import annotations

import logging
import tempfile

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django_tenants.utils import schema_context

from console.accounts.models import User
from console.company.archive import Archive
from console.company.asking import ASK, has_export
from console.company.exceptions import (
    ExportNotAllowed,
    ExportNotInPlan,
    ExportRefused,
    TryAgainLater,
)
from console.company.history import CompanyEvent
from console.company.models import OPEN_STATES, DataExport, ExportState, new_file_name
from console.company.queue import enqueue_deletion
from console.history.acting import acting_as
from console.history.record import record_event
from console.middleware import language_of
from console.postgres.moment import one_moment
from tenants.models import Client
from tenants.operations.versions import is_behind
from tenants.schemas.locks import schema_lock

logger = logging.getLogger(__name__)

#: How often an export is begun before somebody has to ask for it again.
MAX_ATTEMPTS = 3
#: Not said of the export itself: the database or the connection failed, the job runs again.
_PASSING = (OperationalError, InterfaceError)


def make_export(schema: str, key: int) -> None:
    """Make the export that waits, or that an earlier worker left in the middle.

    Does nothing where it is over, where the client has no schema any more, and while the client
    is closed: ``reopened`` takes it up again. Holds the lock on the schema, so that whoever gets
    here knows that nobody else is at it. Raises ``TryAgainLater``, ``SchemaBusy``, and what may
    pass; anything else closes the export as failed.
    """
    client = client_to_work_for(schema)
    if client is None:
        return
    with (
        schema_lock(schema),
        schema_context(schema),
        translation.override(language_of(client)),
        timezone.override(client.time_zone),
    ):
        export = _begin(key)
        if export is None:
            return
        try:
            user = _require_still(export, client)
            _make(export, client, user)
        except _PASSING:
            raise
        except ExportRefused as exc:
            _fail(export, str(exc))
        except Exception:
            logger.exception("Export %s of %s failed.", key, schema)
            _fail(export, _("Something went wrong on our side. Nothing of your data was changed."))
        else:
            _delete_older(export)


def client_to_work_for(schema: str) -> Client | None:
    """The client whose schema this is, with its plan; ``None`` while its pages are closed, and
    where it has no schema. Raises ``TryAgainLater`` where the schema is behind the code."""
    client = Client.objects.select_related("plan").filter(schema_name=schema).first()
    if client is None or not client.is_provisioned or client.is_suspended or client.is_archived:
        return None
    if is_behind(client):
        raise TryAgainLater
    return client


def _begin(key: int) -> DataExport | None:
    """Mark the export as being made; ``None`` where it is over, or was begun too often."""
    with transaction.atomic():
        export = DataExport.objects.select_for_update(of=("self",)).filter(pk=key).first()
        if export is None or export.state not in OPEN_STATES:
            return None
        if export.file:
            default_storage.delete(export.file.name)  # Half of it, from the attempt before.
        if export.attempts < MAX_ATTEMPTS:
            export.state = ExportState.RUNNING
            export.attempts += 1
            export.started_at = timezone.now()
            export.file = new_file_name()
            export.save()
            return export
    _fail(export, _("It was interrupted several times in a row. Make a new one, or ask for help."))
    return None


def _require_still(export: DataExport, client: Client) -> User:
    """Who asked, if they still may: the worker acts minutes after the button."""
    user = User.objects.filter(pk=export.requested_by_id).first()
    if user is None or not user.has_perm(ASK):
        raise ExportNotAllowed
    if not has_export(client):
        raise ExportNotInPlan
    return user


def _make(export: DataExport, client: Client, user: User) -> None:
    # A file without a name: of a worker that is killed nothing stays.
    with tempfile.TemporaryFile(dir=settings.DATA_DIR) as content:
        with one_moment():
            export.row_counts = Archive(content).write(client=client, user=user)
        export.size = content.tell()
        content.seek(0)
        default_storage.save(export.file.name, File(content))
    with transaction.atomic(), acting_as(user):
        export.state = ExportState.DONE
        export.finished_at = timezone.now()
        export.save()
        record_event(export, CompanyEvent.EXPORT_DONE)
        enqueue_deletion(client.schema_name, export.pk)


def _delete_older(export: DataExport) -> None:
    """Delete the files of those before it. Raises nothing: the new one is done, and what stays here
    is deleted when its own time is over."""
    for older in DataExport.objects.with_file().exclude(pk=export.pk):
        try:
            _delete_file(older)
        except Exception:
            logger.exception("The file of the older export %s is still there.", older.pk)


def _fail(export: DataExport, error: str) -> None:
    if export.file:
        default_storage.delete(export.file.name)
    with transaction.atomic(), acting_as(export.requested_by):
        export.file, export.size, export.row_counts = "", None, {}
        export.state = ExportState.FAILED
        export.finished_at = timezone.now()
        export.error = error
        export.save()
        record_event(export, CompanyEvent.EXPORT_FAILED)


def delete_export(schema: str, key: int) -> None:
    """Delete the file of an export whose time is over, whether the client's pages are open or not.

    Raises ``TryAgainLater`` where the schema is behind the code.
    """
    client = Client.objects.filter(schema_name=schema, provisioned_at__isnull=False).first()
    if client is None:
        return
    if is_behind(client):
        raise TryAgainLater
    with schema_lock(schema), schema_context(schema):
        export = DataExport.objects.with_file().filter(pk=key).first()
        if export is not None and not export.is_open and not export.is_there:
            _delete_file(export)


def _delete_file(export: DataExport) -> None:
    default_storage.delete(export.file.name)
    export.deleted_at = timezone.now()
    export.save(update_fields=["deleted_at"])
