"""Files of companies that no row names any more, or none ever came to name: deleted after a day.

A process that is killed between storing a file and committing its row leaves one, and so does one
that is killed between the commit that deletes a row and the deletion of its file.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.apps import apps
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import Error, OperationalError, connection, transaction
from django.db.models import FileField, Model
from django.utils import timezone
from django_tenants.utils import schema_context

from console.company.exceptions import TryAgainLater
from console.company.making import client_to_work_for
from tenants.exceptions import SchemaBusy
from tenants.models import Client
from tenants.schemas.locks import lock_timeout, schema_lock

logger = logging.getLogger(__name__)

#: No request and no export takes so long to commit the row of a file that it has stored.
KEPT_FOR = timedelta(days=1)
#: How many files are asked about by one query, and deleted under one lock.
BATCH = 500
#: Of one company at a time; the rest is for the next day.
AT_MOST = 5_000
#: Whoever writes such a row is not kept waiting for longer than this.
PATIENCE = "500ms"


def sweep_all() -> int:
    """Sweep after every company whose pages are open; returns how many files were deleted.

    One that is worked on, closed or behind the code, or whose folder refuses, has its turn later.
    """
    swept = 0
    for schema in list(Client.objects.companies().values_list("schema_name", flat=True)):
        try:
            swept += sweep(schema)
        except (SchemaBusy, TryAgainLater, OSError, Error) as exc:
            logger.warning("Files of %s were not swept: %s", schema, exc)
    return swept


def sweep(schema: str) -> int:
    """Delete the files of one company that are a day old and that no row names.

    Holds the lock on the schema. Raises ``SchemaBusy``, ``TryAgainLater``, ``OSError`` and what
    the database does.
    """
    if client_to_work_for(schema) is None:
        return 0
    swept = 0
    with schema_lock(schema), schema_context(schema):
        for names in _old_files(timezone.now() - KEPT_FOR):
            if unnamed := names - _named(names):
                swept += _delete(unnamed)
            if swept >= AT_MOST:
                break
    if swept:
        logger.info("%s files of %s that no record named were deleted.", swept, schema)
    return swept


def _delete(names: set[str]) -> int:
    """Delete those that no row names once nobody is about to commit one."""
    try:
        with transaction.atomic(), lock_timeout(PATIENCE):
            with connection.cursor() as cursor:
                for model, _field in _file_fields():
                    # Waits for those who have written a row and not committed it yet.
                    table = connection.ops.quote_name(model._meta.db_table)
                    cursor.execute(f"LOCK TABLE {table} IN SHARE MODE")
            unnamed = names - _named(names)
            for name in unnamed:
                default_storage.delete(name)
            return len(unnamed)
    except OperationalError as exc:
        logger.warning("Somebody is storing files, so none were deleted: %s", exc)
        return 0


def _file_fields() -> Iterator[tuple[type[Model], str]]:
    """Every field of the tenants' models whose files are in the storage of the companies."""
    for config in apps.get_app_configs():
        if config.name in settings.TENANT_APPS:
            for model in config.get_models():
                for field in model._meta.concrete_fields:
                    if isinstance(field, FileField) and field.storage is default_storage:
                        yield model, field.name


def _named(names: set[str]) -> set[str]:
    found: set[str] = set()
    for model, field in _file_fields():
        rows = model._base_manager.filter(**{f"{field}__in": names})
        found |= set(rows.values_list(field, flat=True))
    return found


def _old_files(before: datetime) -> Iterator[set[str]]:
    """The names of the stored files that were written before then, some at a time."""
    batch: set[str] = set()
    for name in _files(""):
        if default_storage.get_modified_time(name) < before:
            batch.add(name)
        if len(batch) >= BATCH:
            yield batch
            batch = set()
    if batch:
        yield batch


def _files(folder: str) -> Iterator[str]:
    """All files below a folder, but for what begins with a dot: that was set aside by somebody."""
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in files:
        yield f"{folder}/{name}".lstrip("/")
    for name in folders:
        if not name.startswith("."):
            yield from _files(f"{folder}/{name}".lstrip("/"))
