"""Where an uploaded file waits between its preview and the confirmation."""

from __future__ import annotations

import os
import re
import secrets
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, storages
from django.db import connection

_NAME = re.compile(r"[0-9a-f]{32}")
_SCHEMA = re.compile(r"[a-z][a-z0-9_]*")
#: Files that nobody confirmed are deleted after this time (seconds).
STALE_AFTER = 24 * 60 * 60
#: As many files as this wait at the most, in each schema.
MAX_WAITING = 20


class SchemaStorage(FileSystemStorage):
    """Files below ``location``, in a folder for each schema, readable for this user alone.

    The folder follows the connection: a tenant's request sees its own files and no others.
    """

    def __init__(self, location: Any = None, **options: Any) -> None:
        modes = {"file_permissions_mode": 0o600, "directory_permissions_mode": 0o700}
        super().__init__(location=location, **{**modes, **options})

    @property
    def base_location(self) -> Any:  # type: ignore[override]  # not cached: the schema changes
        schema = connection.schema_name
        if not _SCHEMA.fullmatch(schema):
            raise SuspiciousFileOperation(f"No folder for the schema {schema!r}.")
        return Path(self._location) / schema

    @property
    def location(self) -> str:  # type: ignore[override]
        return os.path.abspath(self.base_location)


def _storage() -> SchemaStorage:
    return storages["imports"]


def keep(content: bytes) -> str:
    """Store the content for the schema of the connection, under a random name; returns it."""
    name = secrets.token_hex(16)
    return _storage().save(name, ContentFile(content))


def take(name: str) -> bytes:
    """The content that was kept under the name, once: the file is gone after that.

    Raises ``FileNotFoundError`` where there is none in this schema; of two who take the same
    file at the same moment, one gets it.
    """
    if not _NAME.fullmatch(name):
        raise FileNotFoundError(name)
    path = Path(_storage().path(name))
    taken = path.with_suffix(".taken")
    path.rename(taken)
    try:
        return taken.read_bytes()
    finally:
        taken.unlink()


def look(name: str) -> bytes:
    """The content that was kept under the name, which stays there.

    Raises ``FileNotFoundError`` where there is none in this schema.
    """
    if not _NAME.fullmatch(name):
        raise FileNotFoundError(name)
    return Path(_storage().path(name)).read_bytes()


def sweep() -> int:
    """Delete this schema's files that nobody confirmed in time, and the oldest of too many.

    Returns how many were deleted. So a tenant cannot fill the disk with previews.
    """
    oldest, found, deleted = time.time() - STALE_AFTER, [], 0
    with suppress(FileNotFoundError):
        for path in Path(_storage().location).iterdir():
            with suppress(FileNotFoundError):
                found.append((path.stat().st_mtime, path))
    found.sort(reverse=True)
    for place, (modified, path) in enumerate(found):
        if modified < oldest or place >= MAX_WAITING:
            path.unlink(missing_ok=True)
            deleted += 1
    return deleted
