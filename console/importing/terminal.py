"""Importing a file in a terminal: the same checks and the same writing as on the pages."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from django.core.files.base import File
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django_tenants.utils import get_public_schema_name

from console.importing import storage
from console.importing.admin import ImportExportMixin
from console.importing.checking import bring_in, check
from console.importing.exceptions import (
    ConflictError,
    FileError,
    ImportingError,
    shorten,
)
from console.importing.headings import heading
from console.importing.mapping import Mapping
from console.importing.models import Import
from console.importing.progress import Watch
from console.importing.reading import FIND_OUT, Reading
from console.importing.resource import KeyedResource
from console.importing.state_words import needs_again
from console.importing.suggesting import ROWS, suggest
from console.importing.table import OF_TERMINALS, Table
from console.importing.working import at_hand, in_schema_of
from console.sites import public_site, tenant_site
from tenants.models import Client
from tenants.operations.data import data_hindrance


class Unusable(FileError):
    """There is nothing to import the file into, or not in this way. Nothing was read."""


class ErrorsNotWritten(ImportingError):
    """The rows are imported, but for those in error, and of these there is no file."""

    message = _lazy(
        "The rows were imported, but those in error could not be written to %(path)s: %(why)s."
    )


class RowsInError(ImportingError):
    """Rows are in error, and nobody chose to leave them out; or there are no others."""

    message = _lazy("Rows are in error, so nothing was imported.")


@dataclass(frozen=True)
class Wishes:
    """What somebody says of a file beforehand; whatever is left open is found out."""

    reading: Reading = FIND_OUT
    #: By the heading in the file, as it is written there: the field, or nothing.
    columns: dict[str, str] = field(default_factory=dict)
    good_rows_only: bool = False
    again: bool = False
    #: Find out what would come of it, and nothing else.
    only_check: bool = False
    #: Where to write the rows in error: a file that is not there yet.
    errors: Path | None = None


def pages_of(schema: str, name: str) -> ImportExportMixin:
    """The pages of what is called so, as “tasks” or ``tenant_data.task``. Raises ``Unusable``."""
    site = public_site if schema == get_public_schema_name() else tenant_site
    found = [page for page in site._registry.values() if isinstance(page, ImportExportMixin)]
    for pages in found:
        of_model = pages.opts.model_name or ""
        if name.casefold() in (pages.opts.label_lower, of_model, f"{of_model}s"):
            return pages
    known = ", ".join(sorted(f"{pages.opts.model_name}s" for pages in found))
    raise Unusable(_("“%(name)s” cannot be imported there: %(known)s can."), name=name, known=known)


@contextmanager
def alone_in(schema: str) -> Iterator[None]:
    """Be in the schema as a job is, also where the client's pages are closed.

    Raises ``Unusable``, what ``data_hindrance`` says, and ``SchemaBusy``.
    """
    if schema == get_public_schema_name():
        with at_hand(schema):
            yield
        return
    client = Client.objects.filter(schema_name=schema).first()
    if client is None:
        raise Unusable(_("There is no client with the schema “%(schema)s”."), schema=schema)
    if hindrance := data_hindrance(client):
        raise hindrance
    with in_schema_of(client):
        yield


#: What shows how far it is, for as long as its block lasts.
Bar = AbstractContextManager[Watch]


class Bringing:
    """One file on its way: ``check`` it, ``require`` that it is good, ``bring_in``. Until the last
    nothing is written.

    To be used as a context manager in the schema that it is for; the file goes at its end. Both
    raise ``FileError`` and other ``ImportingError``.
    """

    def __init__(self, pages: ImportExportMixin, wishes: Wishes, bar: Bar) -> None:
        self._pages, self._wishes, self._bar = pages, wishes, bar
        self.import_ = Import(model=pages.opts.label_lower, by_provider=True)
        self._kept, self.is_done = "", False
        #: Where the rows in error go; it is there from the start, so that it can be written to.
        self._errors: BinaryIO | None = None

    def __enter__(self) -> Bringing:
        return self

    def __exit__(self, *of_error: Any) -> None:
        # What is named in a row that is there is that row's.
        storage.drop(self._kept, "" if self.is_done else self.import_.faulty)
        if self._errors is not None and self._wishes.errors is not None:
            is_empty = not self._errors.tell()
            self._errors.close()
            if is_empty:
                self._wishes.errors.unlink(missing_ok=True)

    def check(self, file: BinaryIO, name: str) -> Import:
        """Find out what would come of it; the import that is returned is in no table yet. Its
        state says whether there is something to settle first."""
        if self._wishes.errors is not None:
            self._errors = _new_file(self._wishes.errors)
        if not self._pages.is_offered():
            raise Unusable(_("This is not part of the client's plan."))
        source = File(file)
        if source.size > OF_TERMINALS.bytes:
            n = OF_TERMINALS.bytes >> 20
            raise FileError(_("The file is larger than %(n)s MB. Split it."), n=n)
        kept = storage.keep(source)
        self._kept, import_ = kept.name, self.import_
        # The system lets names have bytes that are no text.
        name = name.encode(errors="replace").decode()
        import_.file_name, import_.digest = shorten(name, 100), kept.digest
        import_.size, import_.stored_as = kept.size, kept.name
        import_.reading = asdict(self._wishes.reading)
        with self._bar as watch:
            check(
                import_,
                self._pages.make_resource,
                user=None,
                watch=watch,
                limits=OF_TERMINALS,
                adjust=self._adjust if self._wishes.columns else None,
            )
        return import_

    def _adjust(self, mapping: Mapping, table: Table, resource: KeyedResource) -> Mapping:
        """The mapping as it was remembered or is likely, but for what was said."""
        if not mapping.columns:
            rows = list(islice(iter(table), ROWS))
            mapping, _columns = suggest(table.headers, rows, resource)
        fields = {column.column_name for column in resource.columns}
        columns = dict(mapping.columns)
        for said, wanted in self._wishes.columns.items():
            name, chosen = heading(said), heading(wanted)
            if name not in table.headers:
                text = _("The file has no column “%(name)s”. It has: %(known)s.")
                raise Unusable(text, name=said, known=", ".join(table.headers))
            if chosen and chosen not in fields:
                text = _("There is no field “%(name)s”. There are: %(known)s.")
                raise Unusable(text, name=wanted, known=", ".join(sorted(fields)))
            columns = {one: "" if chosen == had else had for one, had in columns.items()}
            columns[name] = chosen
        return replace(mapping, columns=columns)

    def require(self) -> None:
        """Raise ``RowsInError``, or ``Unusable`` where it was imported before, unless the file,
        once it is checked, is to be imported all the same."""
        import_, wishes = self.import_, self._wishes
        is_wanted = wishes.good_rows_only and not wishes.only_check
        if import_.in_error and not (is_wanted and import_.new + import_.changed):
            self._write_errors()
            raise RowsInError
        if needs_again(import_) and not (wishes.again or wishes.only_check):
            text = _(
                "This very file was imported before, and would add its rows again. Give --again "
                "to have that."
            )
            raise Unusable(text)

    @property
    def has_something(self) -> bool:
        """Whether there is something to write."""
        return bool(self.import_.new + self.import_.changed) and not self._wishes.only_check

    def bring_in(self) -> Import:
        """Import it, in one transaction with its row."""
        import_ = self.import_
        now = timezone.now()
        import_.confirmed_at = import_.started_at = now
        import_.good_rows_only = bool(import_.in_error)
        of_check = import_.faulty
        try:
            with self._bar as watch, transaction.atomic():
                import_.save()
                bring_in(
                    import_,
                    self._pages.make_resource,
                    user=None,
                    watch=watch,
                    limits=OF_TERMINALS,
                )
            self.is_done = True
        except IntegrityError as error:
            raise ConflictError from error
        finally:
            storage.drop(of_check)
        try:
            self._write_errors()
        except (OSError, KeyboardInterrupt) as error:
            why = getattr(error, "strerror", None) or _("stopped")
            raise ErrorsNotWritten(path=str(self._wishes.errors), why=why) from error
        return import_

    def _write_errors(self) -> None:
        """Copy the file of rows in error to where it is wanted."""
        if self._errors is None or not self.import_.faulty:
            return
        with storage.look(self.import_.faulty) as faulty:
            shutil.copyfileobj(faulty, self._errors)
            self._errors.flush()


def _new_file(path: Path) -> BinaryIO:
    """An empty file, for its owner alone. Raises ``Unusable`` where it cannot be made."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise Unusable(_("%(path)s is there already."), path=str(path)) from error
    except OSError as error:
        text = _("%(path)s cannot be written: %(why)s.")
        raise Unusable(text, path=str(path), why=error.strerror) from error
    return os.fdopen(handle, "wb")
