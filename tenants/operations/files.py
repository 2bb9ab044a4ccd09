"""The files of a client that go with its schema: aside first, for good once that is committed."""

from __future__ import annotations

import logging
from datetime import UTC
from pathlib import Path

from django.db import Error

from tenants.exceptions import FilesInTheWay, SchemaBusy
from tenants.models import Client
from tenants.schemas import files
from tenants.schemas.locks import schema_lock

logger = logging.getLogger(__name__)


def set_files_aside(client: Client) -> None:
    """Set the client's folders and its logo aside, before the commit of the drop.

    The caller holds the schema, and calls ``settle_files`` when the transaction is over. Raises
    ``FilesInTheWay``.
    """
    paths = files.folders_of(client.schema_name)
    if client.logo:
        paths.append(Path(client.logo.path))
    try:
        for path in paths:
            files.set_aside(path, schema=client.schema_name, mark=_mark(client))
    except OSError as exc:
        raise FilesInTheWay(schema=client.schema_name) from exc


def settle_files(schema: str) -> bool:
    """Delete what was set aside of a schema that is dropped, and put back what is of one that is
    still there; whatever happened between, the client's row says which.

    The caller holds the schema. Returns whether nothing is left aside, and raises nothing:
    what could not be done is done by ``sweep_files``.
    """
    try:
        aside = [each for each in files.found_aside(_homes()) if each.schema == schema]
        client = Client.objects.filter(schema_name=schema).first() if aside else None
        for each in aside:
            # A schema that was made anew since has another mark, and none of the old files.
            if client is not None and each.mark == _mark(client):
                each.put_back()
            else:
                each.delete()
    except (OSError, Error) as exc:
        logger.warning("Files of %s are still set aside: %s", schema, exc)
        return False
    return True


def sweep_files() -> None:
    """Settle what a worker that was killed, or a folder that refused, left aside."""
    for schema in sorted({each.schema for each in files.found_aside(_homes())}):
        try:
            with schema_lock(schema):
                settle_files(schema)
        except SchemaBusy:
            continue  # Whoever has the schema settles it.


def _homes() -> set[Path]:
    return files.homes() | {Path(Client._meta.get_field("logo").storage.location)}


def _mark(client: Client) -> str:
    """Which schema of this name the client has: the moment at which it was made."""
    made = client.provisioned_at
    return made.astimezone(UTC).strftime("%Y%m%d%H%M%S%f") if made else ""
