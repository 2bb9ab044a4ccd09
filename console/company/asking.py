"""Asking for an export, and taking it away: what a company's pages do about its exports."""

from __future__ import annotations

from django.core.files.base import File
from django.db import IntegrityError, transaction

from console.accounts.models import User
from console.company.exceptions import (
    ExportGone,
    ExportNotAllowed,
    ExportNotInPlan,
    ExportOpen,
)
from console.company.history import CompanyEvent
from console.company.models import DataExport
from console.company.queue import enqueue_again_if_lost, enqueue_export
from console.history.acting import acting_as
from console.history.record import record_event
from console.limits import includes
from tenants.models import Client, Feature

ASK = "company.add_dataexport"
DOWNLOAD = "company.view_dataexport"


def has_export(client: Client) -> bool:
    """Whether the client's plan has it; its plan must have been read."""
    return includes(client.plan, Feature.DATA_EXPORT)


def request_export(client: Client, *, acting_user: User) -> DataExport:
    """Write down that everything is to be exported and hand it to the worker, in one transaction.

    Called in the client's schema. Raises ``ExportNotAllowed``, ``ExportNotInPlan``, and
    ``ExportOpen`` where one is not over: of two who press the button at once, one starts it. One
    that has lost its job is given another.
    """
    if not acting_user.has_perm(ASK):
        raise ExportNotAllowed
    if not has_export(client):
        raise ExportNotInPlan
    if open_one := DataExport.objects.open().first():
        enqueue_again_if_lost(client.schema_name, open_one.pk)
        raise ExportOpen
    try:
        with transaction.atomic(), acting_as(acting_user):
            export = DataExport.objects.create(
                requested_by=acting_user, requested_by_email=acting_user.email
            )
            record_event(export, CompanyEvent.EXPORT_ASKED_FOR)
            enqueue_export(client.schema_name, export.pk)
    except IntegrityError as exc:
        raise ExportOpen from exc
    return export


def open_export(export: DataExport, *, acting_user: User) -> File[bytes]:
    """The file of an export, to be read; that somebody took it is written down.

    Raises ``ExportNotAllowed``, and ``ExportGone`` where there is none, or not any more.
    """
    if not acting_user.has_perm(DOWNLOAD):
        raise ExportNotAllowed
    if not export.is_there:
        raise ExportGone
    try:
        file: File[bytes] = export.file.open("rb")
    except FileNotFoundError as exc:
        raise ExportGone from exc
    with acting_as(acting_user):
        record_event(export, CompanyEvent.EXPORT_DOWNLOADED)
    return file
