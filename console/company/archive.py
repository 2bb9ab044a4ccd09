"""The file that an export is: a ZIP with one CSV for each kind of record, the files, and a guide.

It is written as it is read, row by row and piece by piece: its size is the disk's business, and
never the memory's.
"""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import IO

from django.conf import settings
from django.core.files.storage import default_storage
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.module_loading import import_string
from django.utils.text import slugify

from console.accounts.models import User
from console.company.archive_names import place_for
from console.importing.exported import ExportedResource
from console.importing.formats import CSV
from tenants.models import Client

ATTACHMENTS = "attachments"
#: The name of the guide; no kind of record has it.
README = "README.txt"

#: A kind of record: the name of its file, and what reads it.
Kind = tuple[str, type[ExportedResource]]


def kinds() -> Iterator[Kind]:
    """What ``TENANT_RESOURCES`` names, in its order."""
    for path in settings.TENANT_RESOURCES:
        resource: type[ExportedResource] = import_string(path)
        yield _file_name(resource), resource


def titles() -> dict[str, str]:
    """What each kind of record is called, by the name of its file, in the reader's language."""
    return {name: str(resource._meta.model._meta.verbose_name_plural) for name, resource in kinds()}


def _file_name(resource: type[ExportedResource]) -> str:
    """In English whoever asks, so that a file is called the same everywhere."""
    with translation.override(None):
        plural = str(resource._meta.model._meta.verbose_name_plural)
    return f"{getattr(resource._meta, 'name', None) or slugify(plural)}.csv"


class Archive:
    """Writes everything that the schema of the connection has into a file, once."""

    def __init__(self, content: IO[bytes]) -> None:
        self._content = content
        self._taken: set[str] = set()
        #: Names of files that the storage did not have.
        self._missing: list[str] = []

    def write(self, *, client: Client, user: User) -> dict[str, int]:
        """Write all of it; how many there are of each kind, by the name of its file or folder."""
        counts: dict[str, int] = {}
        with zipfile.ZipFile(self._content, "w", zipfile.ZIP_DEFLATED) as self._zip:
            for name, resource in kinds():
                counts[name] = self._write_records(name, resource())
            if files := self._write_files():
                counts[f"{ATTACHMENTS}/"] = files
            self._write_readme(client, user, counts)
        return counts

    def _write_records(self, name: str, resource: ExportedResource) -> int:
        with self._zip.open(name, "w", force_zip64=True) as entry:
            return resource.write_to(entry, CSV)

    def _write_files(self) -> int:
        """Files are compressed already, most of them."""
        count = 0
        for name, stored in _files():
            place = f"{ATTACHMENTS}/{place_for(name, self._taken)}"
            try:
                with default_storage.open(stored, "rb") as file:
                    entry = zipfile.ZipInfo(place, date_time=timezone.localtime().timetuple()[:6])
                    with self._zip.open(entry, "w", force_zip64=True) as copy:
                        shutil.copyfileobj(file, copy)
            except FileNotFoundError:
                self._missing.append(name)
                continue
            count += 1
        return count

    def _write_readme(self, client: Client, user: User, counts: dict[str, int]) -> None:
        now: datetime = timezone.localtime()
        named = titles()
        context = {
            "client": client,
            "user": user,
            "now": now,
            "records": [(name, named[name], counts[name]) for name in named],
            "folder": f"{ATTACHMENTS}/",
            "files": counts.get(f"{ATTACHMENTS}/"),
            "missing": self._missing,
        }
        text = render_to_string("company/README.txt", context)
        # Windows' own editor is where many will read it.
        self._zip.writestr(README, text.replace("\n", "\r\n").encode("utf-8-sig"))


def _files() -> Iterable[tuple[str, str]]:
    if not settings.TENANT_FILES:
        return ()
    files: Callable[[], Iterable[tuple[str, str]]] = import_string(settings.TENANT_FILES)
    return files()
