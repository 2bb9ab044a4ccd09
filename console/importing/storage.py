"""Where the files of imports are: below one folder, in a folder for each schema."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, storages
from django.db import connection

_NAME = re.compile(r"[0-9a-f]{32}")
_SCHEMA = re.compile(r"[a-z][a-z0-9_]*")
#: No request and no job takes so long (seconds) to name a file in a row that it has stored.
UNNAMED_FOR = 24 * 60 * 60


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
    return cast(SchemaStorage, storages["imports"])


@dataclass(frozen=True)
class Kept:
    """A file in the storage: the random name that it has there, and what it is known again by."""

    name: str
    digest: str
    size: int


def keep(file: File[bytes]) -> Kept:
    """Store the file for the schema of the connection, under a random name."""
    digest, size = hashlib.sha256(), 0
    for piece in file.chunks():
        digest.update(piece)
        size += len(piece)
    file.seek(0)
    name = _storage().save(secrets.token_hex(16), file)
    return Kept(name, digest.hexdigest(), size)


@contextmanager
def look(name: str, *, digest: str = "") -> Iterator[BinaryIO]:
    """The file of that name, to be read from its start; it stays where it is.

    Raises ``FileNotFoundError`` where there is none in this schema, or, where a ``digest`` is
    given, not the same any more.
    """
    with _path(name).open("rb") as file:
        if digest:
            if hashlib.file_digest(file, "sha256").hexdigest() != digest:
                raise FileNotFoundError(name)
            file.seek(0)
        yield file


def fetch(name: str) -> BinaryIO:
    """The file of that name; whoever gets it closes it. Raises ``FileNotFoundError``."""
    return _path(name).open("rb")


@contextmanager
def write() -> Iterator[tuple[str, BinaryIO]]:
    """A new file, under a random name, which is gone where the block fails."""
    name = secrets.token_hex(16)
    path = _path(name)
    folder = Path(_storage().location)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        try:
            yield name, file
        except BaseException:
            path.unlink(missing_ok=True)
            raise


def drop(*names: str) -> None:
    """Delete these files, where they are there; an empty name is none."""
    for name in names:
        if name:
            _path(name).unlink(missing_ok=True)


def stale() -> set[str]:
    """The names of this schema's files that were written more than a day ago."""
    oldest, found = time.time() - UNNAMED_FOR, set()
    with suppress(FileNotFoundError):
        for path in Path(_storage().location).iterdir():
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < oldest:
                    found.add(path.name)
    return found


def drop_unnamed(names: Collection[str]) -> None:
    """Delete what lies in this schema's folder under these names, whatever it is called."""
    folder = Path(_storage().location)
    for name in names:
        (folder / Path(name).name).unlink(missing_ok=True)


def _path(name: str) -> Path:
    if not _NAME.fullmatch(name):
        raise FileNotFoundError(name)
    return Path(_storage().path(name))
